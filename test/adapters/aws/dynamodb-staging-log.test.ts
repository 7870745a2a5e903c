import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDynamoDbStagingLog } from '#adapters/aws/dynamodb-staging-log.ts';
import { padSequence } from '#core/delivery/position.ts';
import type { SourceChain, StagedLink } from '#core/delivery/source-chain.ts';
import { encodeSourceChain } from '#core/delivery/source-chain-codec.ts';
import { hasCode } from '#core/errors.ts';
import { openDynamoDbService } from '#embedded/dynamodb/dynamodb-service.ts';
import { type Gateway, startGateway } from '#embedded/gateway/gateway.ts';
import { createDynamoDbClient, localTarget } from '#runtime/aws-clients.ts';
import { describeStagingLog } from '#test/contracts/staging-log.contract.ts';
import { type Fault, jsonAnswer, jsonError, startFaultyEndpoint } from './faulty-endpoint.ts';

const folder = mkdtempSync(path.join(os.tmpdir(), 'sluice-staging-'));
let service: Awaited<ReturnType<typeof openDynamoDbService>>;
let gateway: Gateway;
let tables = 0;

beforeAll(async () => {
  service = await openDynamoDbService({ stateDir: folder });
  gateway = await startGateway({ port: 0, services: { dynamodb: service }, health: () => null });
});

afterAll(async () => {
  await gateway.close();
  await service.close();
  rmSync(folder, { recursive: true, force: true });
});

async function openLog() {
  const table = `staging-${tables++}`;
  await service.ensureTable({
    name: table,
    keySchema: [
      { AttributeName: 'domain', KeyType: 'HASH' },
      { AttributeName: 'source', KeyType: 'RANGE' },
    ],
    attributeDefinitions: [
      { AttributeName: 'domain', AttributeType: 'S' },
      { AttributeName: 'source', AttributeType: 'S' },
    ],
  });
  const client = createDynamoDbClient(localTarget(gateway.endpoint));
  return {
    log: createDynamoDbStagingLog(client, table),
    close: async () => client.destroy(),
  };
}

describeStagingLog('DynamoDB', openLog);

const SHA = 'a'.repeat(64);
const at = (sequence: number) => ({ sequence: padSequence(String(sequence)), subSequence: 0 });

function linkTo(last: number): StagedLink {
  return {
    prev: last === 1 ? null : at(last - 1),
    last: at(last),
    tables: new Map([['local_market_bronze.trade', last === 1 ? null : at(last - 1)]]),
    descriptor: { uri: `s3://lake/staged/${last}.json`, sha256: SHA },
    stagedAtMs: 1_700_000_000_000 + last,
  };
}

function chainOf(source: string, links: number, version = 1): SourceChain {
  return {
    source,
    version,
    position: at(links),
    tables: new Map([
      ['local_market_bronze.trade', { position: at(links), maxEventTimeMicros: null }],
    ]),
    links: Array.from({ length: links }, (_, index) => linkTo(index + 1)),
  };
}

describe('DynamoDB staging log', () => {
  it('lists more sources than one page holds', async () => {
    const { log, close } = await openLog();
    // A page holds 1 MB. Source: DynamoDB API, Query.
    const sources = Array.from({ length: 9 }, (_, index) => `kinesis:s/shard-${index}`);
    const long = chainOf('s', 600);
    expect(encodeSourceChain(long).length * sources.length).toBeGreaterThan(1_048_576);
    await Promise.all(sources.map((source) => log.put('market', { ...long, source })));
    expect((await log.list('market')).map(({ source }) => source)).toEqual(sources);
    await close();
  });

  it('refuses what does not fit an item before it is sent', async () => {
    const { log, close } = await openLog();
    await expect(log.put('market', chainOf('s', 2_000))).rejects.toSatisfy((error) =>
      hasCode(error, 'CHAIN_TOO_LONG'),
    );
    expect(await log.read('market', 's')).toBeNull();
    await close();
  });
});

/** A log whose requests are answered as told; its client repeats them or not. */
async function faultyLog(faults: readonly Fault[], { isRepeated = true } = {}) {
  const { endpoint, requests } = await startFaultyEndpoint(faults);
  const target = localTarget(endpoint);
  const client = isRepeated
    ? createDynamoDbClient(target)
    : createDynamoDbClient(target, { requestTimeoutMs: 1_000 });
  return { log: createDynamoDbStagingLog(client, 'staging'), requests };
}

const CHAIN = chainOf('s', 1);
const REFUSED = jsonError('ConditionalCheckFailedException');
const stored = (chain: SourceChain) =>
  jsonAnswer({
    Item: {
      domain: { S: 'market' },
      source: { S: chain.source },
      version: { N: String(chain.version) },
      chain: { S: encodeSourceChain(chain) },
    },
  });
const NO_ITEM = jsonAnswer({});
const HANG_UP: Fault = { kind: 'hang-up' };

describe('DynamoDB staging log on a failing service', () => {
  it('takes a refusal of the first attempt for another version', async () => {
    const { log, requests } = await faultyLog([REFUSED]);
    expect(await log.put('market', CHAIN)).toBe(false);
    expect(requests).toEqual(['PutItem']);
  });

  it('knows its own change again when the first answer was lost', async () => {
    const { log, requests } = await faultyLog([HANG_UP, REFUSED, stored(CHAIN)]);
    expect(await log.put('market', CHAIN)).toBe(true);
    expect(requests).toEqual(['PutItem', 'PutItem', 'GetItem']);
  });

  it.each([
    ['a later version', stored(chainOf('s', 2, 2))],
    ['another chain of the same version', stored(chainOf('s', 2))],
    ['nothing', NO_ITEM],
  ])('cannot tell what happened when it then finds %s', async (_found, answer) => {
    const { log } = await faultyLog([HANG_UP, REFUSED, answer]);
    await expect(log.put('market', CHAIN)).rejects.toSatisfy((error) =>
      hasCode(error, 'SOURCE_UNAVAILABLE'),
    );
  });

  it('knows a removal again when the first answer was lost', async () => {
    const { log } = await faultyLog([HANG_UP, REFUSED, NO_ITEM]);
    expect(await log.remove('market', CHAIN)).toBe(true);
  });

  it('does not take a source that is there for one it has removed', async () => {
    const { log } = await faultyLog([HANG_UP, REFUSED, stored(CHAIN)]);
    await expect(log.remove('market', CHAIN)).rejects.toSatisfy((error) =>
      hasCode(error, 'SOURCE_UNAVAILABLE'),
    );
  });

  it.each([
    ['is throttled', jsonError('ProvisionedThroughputExceededException')],
    ['answers 503', jsonError('ServiceUnavailable', 503)],
    ['hangs up', HANG_UP],
  ])('is unavailable when it %s', async (_fault, fault) => {
    const { log } = await faultyLog([fault], { isRepeated: false });
    const calls = [
      log.read('market', 's'),
      log.list('market'),
      log.put('market', CHAIN),
      log.remove('market', CHAIN),
    ];
    for (const outcome of await Promise.allSettled(calls)) {
      expect(outcome).toMatchObject({ reason: { code: 'SOURCE_UNAVAILABLE' } });
    }
  });

  it('passes on what no repetition mends', async () => {
    const { log } = await faultyLog([jsonError('AccessDeniedException')]);
    const denied = { name: 'AccessDeniedException' };
    await expect(log.read('market', 's')).rejects.toMatchObject(denied);
    await expect(log.put('market', CHAIN)).rejects.toMatchObject(denied);
  });

  it('names the source of a document that is none', async () => {
    const item = { domain: { S: 'market' }, source: { S: 's' }, chain: { S: '{' } };
    const { log } = await faultyLog([jsonAnswer({ Item: item })]);
    await expect(log.read('market', 's')).rejects.toThrow(/staging log, s/);
  });
});
