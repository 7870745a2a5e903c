import {
  DeleteParameterCommand,
  DeleteParametersCommand,
  DescribeParametersCommand,
  type DescribeParametersRequest,
  GetParameterCommand,
  GetParameterHistoryCommand,
  GetParametersByPathCommand,
  GetParametersCommand,
  PutParameterCommand,
  type PutParameterRequest,
  paginateGetParametersByPath,
  type SSMClient,
} from '@aws-sdk/client-ssm';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openNamedItems } from '#embedded/named-items.ts';
import { put as putParameter } from '#embedded/ssm/put-parameter.ts';
import { createSsmService } from '#embedded/ssm/ssm-service.ts';
import type { StoredParameter } from '#embedded/ssm/stored-parameter.ts';
import { refusalOf } from '../gateway/start-guarded-cloud.ts';
import { type SecretServices, startSecretServices } from '../start-secret-services.ts';

async function setUp(): Promise<SecretServices & { readonly client: SSMClient }> {
  const services = await startSecretServices();
  onTestFinished(services.close);
  return { ...services, client: services.clients.ssm };
}

const put = (client: SSMClient, changes: Partial<PutParameterRequest> = {}) =>
  client.send(
    new PutParameterCommand({ Name: '/app/key', Value: 'v1', Type: 'SecureString', ...changes }),
  );
const get = async (client: SSMClient, Name: string, WithDecryption = true) =>
  (await client.send(new GetParameterCommand({ Name, WithDecryption }))).Parameter;
const codeOf = async (call: Promise<unknown>) => (await refusalOf(call))?.code;

describe('Parameter Store', () => {
  it('gives a SecureString in the clear only to whoever asks to decrypt it', async () => {
    const { client } = await setUp();
    await put(client);
    expect(await get(client, '/app/key')).toMatchObject({
      Name: '/app/key',
      Type: 'SecureString',
      Value: 'v1',
      Version: 1,
      ARN: 'arn:aws:ssm:us-east-1:000000000000:parameter/app/key',
    });
    const hidden = (await get(client, '/app/key', false))?.Value;
    expect(hidden).toMatch(/^AQICAH/);
    expect(hidden).not.toContain('v1');
  });

  it('counts versions, and gives each by its number, by name or ARN', async () => {
    const { client } = await setUp();
    await put(client);
    const { Version } = await put(client, { Value: 'v2', Overwrite: true });
    expect(Version).toBe(2);
    expect((await get(client, '/app/key'))?.Value).toBe('v2');
    const first = await get(client, '/app/key:1');
    expect([first?.Value, first?.Selector]).toEqual(['v1', ':1']);
    const arn = 'arn:aws:ssm:us-east-1:000000000000:parameter/app/key';
    expect((await get(client, arn))?.Value).toBe('v2');
    expect(await codeOf(get(client, '/app/key:3'))).toBe('ParameterVersionNotFound');
    const { Parameters } = await client.send(
      new GetParameterHistoryCommand({ Name: '/app/key', WithDecryption: true }),
    );
    expect(Parameters?.map(({ Value }) => Value)).toEqual(['v1', 'v2']);
  });

  it('keeps a hundred versions', async () => {
    const { folder } = await setUp();
    const parameters = openNamedItems<StoredParameter>(`${folder}/versions`);
    for (let version = 1; version <= 102; version++) {
      const request = { Name: 'key', Value: `v${version}`, Type: 'String', Overwrite: true };
      putParameter(parameters, request, version);
    }
    expect(parameters.get('key')?.versions.map(({ version }) => version)).toEqual(
      Array.from({ length: 100 }, (_, index) => index + 3),
    );
  });

  it('gives several at once and names those there are not', async () => {
    const { client } = await setUp();
    await put(client);
    await put(client, { Name: 'plain', Type: 'String', Value: 'p' });
    const Names = ['/app/key', 'plain', '/app/none', 'plain:7'];
    const answer = await client.send(new GetParametersCommand({ Names, WithDecryption: true }));
    expect(answer.Parameters?.map(({ Value }) => Value)).toEqual(['v1', 'p']);
    expect(answer.InvalidParameters).toEqual(['/app/none', 'plain:7']);
  });

  it('walks a path, one level or all below, by pages', async () => {
    const { client } = await setUp();
    for (const name of ['a', 'b', 'c/d', 'c/e']) {
      await put(client, { Name: `/app/${name}`, Type: 'String', Value: name });
    }
    await put(client, { Name: '/application/x' });
    const level = await client.send(new GetParametersByPathCommand({ Path: '/app' }));
    expect(level.Parameters?.map(({ Name }) => Name)).toEqual(['/app/a', '/app/b']);
    const names: (string | undefined)[] = [];
    const request = { Path: '/app/', Recursive: true };
    for await (const page of paginateGetParametersByPath({ client, pageSize: 3 }, request)) {
      names.push(...(page.Parameters ?? []).map(({ Name }) => Name));
    }
    expect(names).toEqual(['/app/a', '/app/b', '/app/c/d', '/app/c/e']);
  });

  it('describes parameters by filters, without their values', async () => {
    const { client } = await setUp();
    await put(client, { Tags: [{ Key: 'team', Value: 'a' }], KeyId: 'alias/own' });
    await put(client, { Name: 'plain', Type: 'String', Value: 'p' });
    const describeBy = async (input: DescribeParametersRequest) =>
      (await client.send(new DescribeParametersCommand(input))).Parameters ?? [];
    const [secret] = await describeBy({ ParameterFilters: [{ Key: 'tag:team', Values: ['a'] }] });
    expect(secret).toMatchObject({ Name: '/app/key', KeyId: 'alias/own', Tier: 'Standard' });
    expect(secret).not.toHaveProperty('Value');
    const byName = { Key: 'Name', Option: 'Contains', Values: ['lai'] };
    expect(await describeBy({ ParameterFilters: [byName] })).toHaveLength(1);
    const plain = await describeBy({ Filters: [{ Key: 'Type', Values: ['String'] }] });
    expect(plain.map(({ Name }) => Name)).toEqual(['plain']);
  });

  it('deletes one by name, and of several says which there were', async () => {
    const { client } = await setUp();
    await put(client);
    await put(client, { Name: 'plain' });
    await client.send(new DeleteParameterCommand({ Name: 'plain' }));
    expect(await codeOf(client.send(new DeleteParameterCommand({ Name: 'plain' })))).toBe(
      'ParameterNotFound',
    );
    const answer = await client.send(new DeleteParametersCommand({ Names: ['/app/key', 'plain'] }));
    expect([answer.DeletedParameters, answer.InvalidParameters]).toEqual([['/app/key'], ['plain']]);
  });

  it.each([
    ['a parameter that exists', {}, 'ParameterAlreadyExists'],
    ['another type', { Overwrite: true, Type: 'String' }, 'HierarchyTypeMismatchException'],
    [
      'tags with overwrite',
      { Overwrite: true, Tags: [{ Key: 'a', Value: 'b' }] },
      'ValidationException',
    ],
    ['no type for a new one', { Name: 'new', Type: undefined }, 'ValidationException'],
    ['an empty value', { Name: 'new', Value: '' }, 'ValidationException'],
    ['levels without a slash before them', { Name: 'a/b' }, 'ValidationException'],
    ['a reserved name', { Name: '/aws/key' }, 'AccessDeniedException'],
    ['sixteen levels', { Name: '/a'.repeat(16) }, 'HierarchyLevelLimitExceededException'],
    ['a value beyond the tier', { Name: 'new', Value: 'x'.repeat(4_097) }, 'ValidationException'],
    [
      'a value that does not match',
      { Name: 'new', AllowedPattern: '\\d+' },
      'ParameterPatternMismatchException',
    ],
    [
      'a pattern that is none',
      { Name: 'new', AllowedPattern: '(' },
      'InvalidAllowedPatternException',
    ],
    ['a key for plain text', { Name: 'new', Type: 'String', KeyId: 'k' }, 'ValidationException'],
    ['what is not emulated', { Name: 'new', Policies: '[]' }, 'ValidationException'],
  ] as const)('refuses %s', async (_what, changes, code) => {
    const { client } = await setUp();
    await put(client);
    const request = changes as Partial<PutParameterRequest>;
    expect(await codeOf(put(client, request))).toBe(code);
  });

  it('is there after a restart', async () => {
    const { client, folder } = await setUp();
    await put(client, { KeyId: 'k' });
    const again = createSsmService({ stateDir: `${folder}/ssm` });
    expect(again.keyOf('/app/key')).toBe('k');
    await again.close();
  });

  it('takes a parameter of a template, and its changed value as a new version', async () => {
    const { client, ssm } = await setUp();
    const template = {
      name: '/app/flag',
      type: 'String',
      value: 'on',
      description: null,
      allowedPattern: null,
      tier: 'Standard',
      tags: {},
    } as const;
    ssm.ensureParameter(template);
    ssm.ensureParameter(template);
    expect((await get(client, '/app/flag'))?.Version).toBe(1);
    ssm.ensureParameter({ ...template, value: 'off' });
    expect(await get(client, '/app/flag')).toMatchObject({ Value: 'off', Version: 2 });
    await put(client);
    expect(() => ssm.ensureParameter({ ...template, name: '/app/key' })).toThrow(
      'is SecureString, and a type cannot be changed',
    );
  });
});
