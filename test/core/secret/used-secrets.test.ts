import { describe, expect, it } from 'vitest';
import type { Connector } from '#core/config/connector.ts';
import { resolveSecrets } from '#core/config/resolve/resolve-secrets.ts';
import { namesOf, projectSecrets, secretsIn, usedSecrets } from '#core/secret/used-secrets.ts';
import { projectOf } from '../config/project-fixture.ts';

const POLL = {
  name: 'poll_prices',
  kind: 'http-poll',
  url: `https://api.example.com/\${secret:tenant}?since=\${cursor}`,
  headers: { 'X-Plain': 'plain', 'X-Both': `\${secret:tenant}/\${secret:key}` },
  auth: { value: `\${secret:key}` },
};

describe('used secrets', () => {
  it('are found at any depth, with the place of each use', () => {
    expect(secretsIn({ connectors: [POLL], other: 1, none: null })).toEqual([
      { name: 'tenant', path: 'connectors.poll_prices.url' },
      { name: 'tenant', path: 'connectors.poll_prices.headers.X-Both' },
      { name: 'key', path: 'connectors.poll_prices.headers.X-Both' },
      { name: 'key', path: 'connectors.poll_prices.auth.value' },
    ]);
    expect(namesOf(secretsIn(POLL))).toEqual(['tenant', 'key']);
  });

  it('are not looked for in escaped text, nor in text that is no template', () => {
    expect(secretsIn([`$\${secret:key}`, `\${secret:key`])).toEqual([]);
  });

  it('of a domain are those outside of its streams', () => {
    const [domain] = projectOf().domains;
    if (domain === undefined) throw new Error('no domain');
    const [stream] = domain.streams;
    if (stream === undefined) throw new Error('no stream');
    const connectors = [POLL as unknown as Connector];
    const streams = [{ ...stream, description: `\${secret:no}` }];
    expect(namesOf(usedSecrets({ ...domain, streams, connectors }))).toEqual(['tenant', 'key']);
  });

  it('of a project name every user, and what opens Vault', () => {
    const project = projectOf();
    const [domain] = project.domains;
    if (domain === undefined) throw new Error('no domain');
    const secrets = resolveSecrets(
      {
        backend: 'vault',
        vault: { address: 'https://vault', auth: { token: `\${secret:vault_token}` } },
        named: { vault_token: { backend: 'ssm' } },
      },
      { platform: 'sluice', environment: 'prod' },
    );
    const found = projectSecrets({
      ...project,
      environment: { ...project.environment, secrets },
      domains: [{ ...domain, connectors: [POLL as unknown as Connector] }],
    });
    expect(found.map(({ name, backend, usedBy }) => [name, backend, usedBy.length])).toEqual([
      ['key', 'vault', 2],
      ['tenant', 'vault', 2],
      ['vault_token', 'ssm', 1],
    ]);
    expect(found[2]?.usedBy).toEqual(['secrets.vault.auth.token']);
    expect(found[0]?.usedBy[1]).toBe('domain market connectors.poll_prices.auth.value');
  });
});
