import { describe, expect, it, onTestFinished } from 'vitest';
import { createConfluentSchemaRegistry } from '#adapters/http/confluent-schema-registry.ts';
import { hasCode } from '#core/errors.ts';
import { definitionOf, describeSchemaRegistry } from '#test/contracts/schema-registry.contract.ts';
import { type ConfluentServerOptions, startConfluentServer } from './confluent-server.ts';

const V1 = definitionOf([{ name: 'price', type: 'double' }]);

async function connect(
  options: ConfluentServerOptions & {
    readonly login?: string;
    readonly requestTimeoutMs?: number;
  } = {},
) {
  const server = await startConfluentServer(options);
  onTestFinished(() => server.close());
  const sleeps: number[] = [];
  const registry = createConfluentSchemaRegistry({
    url: server.url,
    auth:
      options.login === undefined
        ? null
        : { user: 'sluice', password: async () => options.login ?? '' },
    clock: {
      nowMs: Date.now,
      sleep: async (ms) => {
        sleeps.push(ms);
      },
    },
    requestTimeoutMs: options.requestTimeoutMs ?? 2_000,
  });
  return { registry, server, sleeps };
}

describeSchemaRegistry('Confluent client on a registry of the published API', async () => {
  const { registry, server } = await connect();
  return { registry, close: server.close };
});

const code = (expected: Parameters<typeof hasCode>[1]) =>
  expect.toSatisfy((error) => hasCode(error, expected));

describe('createConfluentSchemaRegistry', () => {
  it('logs in with user and password', async () => {
    const auth = { user: 'sluice', password: 'pä:ss' };
    const { registry } = await connect({ auth, login: 'pä:ss' });
    expect(await registry.register('s', V1)).toMatchObject({ version: 1 });
  });

  it('says nothing of the password when it is refused, and does not try again', async () => {
    const auth = { user: 'sluice', password: 'right' };
    const { registry, server } = await connect({ auth, login: 'wrong-secret' });
    const failure = await registry.get('1').catch((error: unknown) => error);
    expect(hasCode(failure, 'SOURCE_UNAVAILABLE')).toBe(true);
    expect(String(failure)).not.toMatch(/wrong-secret|Basic/);
    expect(server.requests).toHaveLength(1);
  });

  it.each([
    ['500', [500, '{}'] as const],
    ['503 of a proxy', [503, '<html>'] as const],
    ['429', [429, '{"error_code":42901}'] as const],
    ['a cut connection', 'cut' as const],
  ])('repeats a call after %s, with growing pauses', async (_name, fault) => {
    const { registry, sleeps } = await connect({ faults: [fault, fault] });
    expect(await registry.versions('s')).toEqual([]);
    expect(sleeps).toEqual([100, 200]);
  });

  it('gives up after four attempts', async () => {
    const faults = Array.from({ length: 10 }, () => [500, '{}'] as const);
    const { registry, server } = await connect({ faults });
    await expect(registry.get('1')).rejects.toEqual(code('SOURCE_UNAVAILABLE'));
    expect(server.requests).toHaveLength(4);
  });

  it('does not wait for ever', async () => {
    const faults = Array.from({ length: 4 }, () => 'hang' as const);
    const { registry } = await connect({ faults, requestTimeoutMs: 30 });
    await expect(registry.get('1')).rejects.toEqual(code('SOURCE_UNAVAILABLE'));
  });

  it('takes no redirect, which could lead the password elsewhere', async () => {
    const faults = Array.from({ length: 4 }, () => [302, ''] as const);
    const { registry } = await connect({ faults });
    await expect(registry.get('1')).rejects.toEqual(code('SOURCE_UNAVAILABLE'));
  });

  it('takes a page that is no registry for an outage, not for an answer that there is none', async () => {
    const { registry } = await connect({ faults: [[200, '<html>welcome</html>']] });
    await expect(registry.get('1')).rejects.toEqual(code('SOURCE_UNAVAILABLE'));
  });

  it('takes another 404 for an outage of the path, not of the schema', async () => {
    const body = '{"error_code":40499,"message":"no such context"}';
    const { registry } = await connect({ faults: [[404, body]] });
    await expect(registry.get('1')).rejects.toEqual(code('SOURCE_UNAVAILABLE'));
  });

  it('tells a request that the registry calls wrong', async () => {
    const { registry } = await connect({ faults: [[400, '{"error_code":400,"message":"bad"}']] });
    await expect(registry.versions('s')).rejects.toEqual(code('CONFIG_INVALID'));
  });

  it('knows no schema of another format', async () => {
    const faults = [[200, '{"schemaType":"PROTOBUF","schema":"message x {}"}'] as const];
    const { registry } = await connect({ faults });
    expect(await registry.get('1')).toBeNull();
  });

  it('asks nothing for an id that no Confluent header can carry', async () => {
    const { registry, server } = await connect();
    expect(await registry.get('0af13c2e-5b1d-4f6a-9c3e-0123456789ab')).toBeNull();
    expect(server.requests).toEqual([]);
  });

  it('has no mode that makes a subject read-only', async () => {
    const { registry } = await connect();
    await registry.register('s', V1);
    await expect(registry.setCompatibility('s', 'DISABLED')).rejects.toEqual(
      code('FEATURE_UNSUPPORTED'),
    );
  });

  it('sets the mode of a new subject before its first version', async () => {
    const { registry, server } = await connect();
    await registry.register('market/trade ä', V1, { compatibility: 'FULL' });
    const writes = server.requests.filter((request) => !request.startsWith('GET'));
    expect(writes.slice(0, 3)).toEqual([
      'POST /subjects/market%2Ftrade%20%C3%A4',
      'PUT /config/market%2Ftrade%20%C3%A4',
      'POST /subjects/market%2Ftrade%20%C3%A4/versions',
    ]);
  });
});
