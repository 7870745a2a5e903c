import { describe, expect, it } from 'vitest';
import { issuesOf, PLATFORM, projectOf } from '../project-fixture.ts';

const LOCAL = 'config/environments/local.yaml';
const issues = (secrets: string): string =>
  issuesOf({ [LOCAL]: `stream: { retention: 168h }\nsecrets: ${secrets}\n` });

describe('secrets of an environment', () => {
  it('are in Secrets Manager when nothing is said', () => {
    expect(projectOf().environment.secrets).toMatchObject({
      backend: 'secretsmanager',
      prefix: 'sluice/local/',
      cacheSeconds: 300,
      named: {},
      vault: null,
    });
  });

  it('take the environment over the platform, key by key', () => {
    const platform = 'secrets: { cache: 1m, named: { a: { path: x }, b: { path: y } } }\n';
    const { secrets } = projectOf({
      'config/platform.yaml': `${PLATFORM}${platform}`,
      [LOCAL]:
        'stream: { retention: 168h }\nsecrets: { backend: ssm, named: { b: { path: z } } }\n',
    }).environment;
    expect(secrets.cacheSeconds).toBe(60);
    expect(Object.entries(secrets.named).map(([name, { path }]) => [name, path])).toEqual([
      ['a', 'x'],
      ['b', 'z'],
    ]);
  });

  it('drop what the platform names with null', () => {
    const { secrets } = projectOf({
      'config/platform.yaml': `${PLATFORM}secrets: { named: { a: { path: x } } }\n`,
      [LOCAL]: 'stream: { retention: 168h }\nsecrets: { named: null }\n',
    }).environment;
    expect(secrets.named).toEqual({});
  });

  it.each([
    ['{ backend: valt }', 'did you mean "vault"?'],
    ['{ named: { API-Key: { path: x } } }', 'lower-case letters'],
    ['{ named: { a: { path: x, value: geheim } } }', 'value'],
    ['{ prefix: "a b" }', 'secrets.prefix: expected a name of letters, digits and /_+=.@-'],
    ['{ backend: file, named: { a: { path: ../b } } }', 'expected a path below the folder'],
    ['{ named: { a: { backend: env, path: 1A } } }', 'the name of an environment variable'],
    ['{ named: { a: { backend: ssm, path: x/y } } }', 'such as /sluice/prod/api_key'],
    ['{ named: { a: { backend: ssm, path: /a, key: k } } }', 'ssm keeps one value per secret'],
    ['{ named: { a: { path: a, version: 2 } } }', 'secretsmanager gives the newest only'],
    ['{ backend: vault }', 'secrets.vault.address: expected the address of Vault'],
    ['{ backend: vault }', 'secrets.vault.auth: expected { token }'],
    ['{ vault: { address: "http://vault:8200" } }', 'expected https: over http the token'],
    ['{ vault: { address: "https://vault/kv" } }', 'expected an address such as'],
    ['{ vault: { auth: { role_id: a } } }', 'expected either token, or role_id and secret_id'],
    ['{ vault: { auth: { token: s.abc } } }', 'a credential must not stand in the configuration'],
    [`{ vault: { auth: { token: "\${secret:a" } } }`, `column 1: "\${" is not closed`],
    [`{ vault: { auth: { token: "\${cursor}" } } }`, 'got another name in the braces'],
    [`{ backend: vault, vault: { auth: { token: "\${secret:a}" } } }`, 'which is in Vault itself'],
    ['{ secretsmanager: { kms_key: alias/key } }', 'expected the ARN of a key'],
    ['{ cache: 1500ms }', 'expected whole seconds'],
  ])('refuse %s at its place', (secrets, message) => {
    const found = issues(secrets);
    expect(found).toContain(message);
    expect(found).toContain(LOCAL);
  });

  it.each([
    '{ backend: env }',
    '{ backend: local, file: { folder: /run/secrets } }',
    '{ vault: { address: "http://127.0.0.1:8200" } }',
    '{ named: { a: { path: "arn:aws:secretsmanager:eu-central-1:111122223333:secret:a-AbCdEf" } } }',
    '{ named: { a: { path: shared/db#password } } }',
    `{ backend: vault, vault: { address: "https://v", auth: { token: "\${secret:t}" } }, named: { t: { backend: ssm } } }`,
    '{ secretsmanager: { kms_key: "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab" } }',
  ])('take %s', (secrets) => {
    expect(issues(secrets)).toBe('');
  });

  it('are not those of a laptop anywhere else', () => {
    const prod = 'config/environments/prod.yaml';
    const named = 'secrets: { named: { a: { backend: local } } }\n';
    expect(issuesOf({ [prod]: 'secrets: { backend: local }\n' })).toContain(
      'prod.yaml:1:21 secrets.backend: expected a backend that functions in AWS can reach',
    );
    expect(issuesOf({ [prod]: named })).toContain('secrets.named.a.backend: expected a backend');
  });

  it('are checked for environments that are not in use', () => {
    const text = 'secrets: { backend: vault }\n';
    expect(issuesOf({ 'config/environments/prod.yaml': text })).toContain('prod.yaml');
  });
});

describe('texts of connectors', () => {
  it('that begin a secret and do not end one are refused at their place', () => {
    const domain = `domain: market
owner: data@example.com
streams:
  trade:
    category: sensor.reading
    key: sensor_id
    fields: { sensor_id: string, value: double }
    identity: [sensor_id]
connectors:
  poll:
    kind: http-poll
    stream: trade
    every: 1m
    url: https://api.example.com/
    auth: { header: X-Key, value: "\${secret:Key}" }
    select: { sensor_id: id, value: v }
`;
    expect(issuesOf({ 'domains/market.yaml': domain })).toContain(
      "connectors.poll.auth.value: column 1: expected a secret's name of lower-case letters",
    );
  });
});
