import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { CreateStreamCommand } from '@aws-sdk/client-kinesis';
import { describe, expect, it } from 'vitest';
import { createKinesisEventStream } from '#adapters/aws/kinesis-event-stream.ts';
import { startGateway } from '#embedded/gateway/gateway.ts';
import { createKinesisService } from '#embedded/kinesis/kinesis-service.ts';
import { createKinesisClient, localTarget } from '#runtime/aws-clients.ts';
import { describeEventStream } from '#test/contracts/event-stream.contract.ts';
import { kinesisResharding } from '#test/contracts/kinesis-resharding.ts';
import { type Fault, jsonAnswer, jsonError, startFaultyEndpoint } from './faulty-endpoint.ts';

const TWO_DAYS_MS = 2 * 86_400_000;

describeEventStream(
  'Kinesis',
  async ({ throttled }) => {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'sluice-kinesis-adapter-'));
    let aheadMs = 0;
    const service = createKinesisService({
      stateDir: folder,
      throttle: throttled,
      nowMs: () => Date.now() + aheadMs,
    });
    const services = { kinesis: service };
    const gateway = await startGateway({ port: 0, services, health: () => null });
    const client = createKinesisClient(localTarget(gateway.endpoint));
    const name = 'events';
    await client.send(new CreateStreamCommand({ StreamName: name, ShardCount: 2 }));
    return {
      stream: createKinesisEventStream(client),
      name,
      ...kinesisResharding(client, name),
      expire: async () => {
        aheadMs += TWO_DAYS_MS;
      },
      async close() {
        client.destroy();
        await gateway.close();
        await service.close();
        rmSync(folder, { recursive: true, force: true });
      },
    };
  },
  { throttle: true, expire: true },
);

async function pagesOf<T>(pages: AsyncIterable<T>): Promise<readonly T[]> {
  const all: T[] = [];
  for await (const page of pages) all.push(page);
  return all;
}

describe('Kinesis event stream on a failing service', () => {
  const record = { partitionKey: 'k', data: Uint8Array.of(1) };

  async function streamWith(...faults: readonly Fault[]) {
    const { endpoint, requests } = await startFaultyEndpoint(faults);
    return {
      stream: createKinesisEventStream(createKinesisClient(localTarget(endpoint))),
      requests,
    };
  }

  it.each<[string, Fault]>([
    ['throttling', jsonError('LimitExceededException')],
    ['a refusal', jsonError('AccessDeniedException')],
    ['an internal error', jsonError('InternalFailure', 500)],
    ['a broken connection', { kind: 'hang-up' }],
    ['half an answer', { kind: 'cut', status: 200, body: '{' }],
  ])('says SOURCE_UNAVAILABLE after %s, and asks once', async (_, fault) => {
    const { stream, requests } = await streamWith(fault);
    const unavailable = { code: 'SOURCE_UNAVAILABLE', retryable: true };
    await expect(stream.listShards('s')).rejects.toMatchObject(unavailable);
    await expect(stream.putRecords('s', [record])).rejects.toMatchObject(unavailable);
    const reader = stream.readShard('s', 'shardId-000000000000', null);
    await expect(reader[Symbol.asyncIterator]().next()).rejects.toMatchObject(unavailable);
    expect(requests).toEqual(['ListShards', 'PutRecords', 'GetShardIterator']);
  });

  it('reads on over empty answers until the service says that nothing lies behind', async () => {
    const answer = (records: readonly string[], MillisBehindLatest: number) =>
      jsonAnswer({
        Records: records.map((SequenceNumber) => ({ SequenceNumber, PartitionKey: 'k', Data: '' })),
        NextShardIterator: 'next',
        MillisBehindLatest,
      });
    const { stream, requests } = await streamWith(
      jsonAnswer({ ShardIterator: 'first' }),
      answer([], 5000),
      answer(['1', '2'], 4000),
      answer([], 3000),
      answer(['3'], 0),
      answer([], 0),
    );
    const pages: (readonly string[])[] = [];
    for await (const page of stream.readShard('s', 'shardId-000000000000', null)) {
      pages.push(page.map(({ sequenceNumber }) => sequenceNumber));
    }
    expect(pages).toEqual([['1', '2'], ['3']]);
    expect(requests).toHaveLength(6);
  });

  it('waits and reads on when the stream throttles, longer every time', async () => {
    const throttled = jsonError('ProvisionedThroughputExceededException');
    const { endpoint, requests } = await startFaultyEndpoint([
      throttled,
      jsonAnswer({ ShardIterator: 'first' }),
      throttled,
      throttled,
      throttled,
      jsonAnswer({
        Records: [{ SequenceNumber: '1', PartitionKey: 'k', Data: '' }],
        MillisBehindLatest: 0,
      }),
    ]);
    const slept: number[] = [];
    const stream = createKinesisEventStream(createKinesisClient(localTarget(endpoint)), {
      clock: {
        sleep: async (ms) => {
          slept.push(ms);
        },
      },
      random: { next: () => 1 },
    });
    const pages = await pagesOf(stream.readShard('s', 'shardId-000000000000', null));
    expect(pages).toHaveLength(1);
    expect(requests).toHaveLength(6);
    expect(slept).toEqual([200, 200, 400, 800]);
  });

  it('says SOURCE_UNAVAILABLE when the stream throttles every read', async () => {
    const throttled = jsonError('ProvisionedThroughputExceededException');
    const { endpoint, requests } = await startFaultyEndpoint([
      jsonAnswer({ ShardIterator: 'first' }),
      ...Array.from({ length: 20 }, () => throttled),
    ]);
    const stream = createKinesisEventStream(createKinesisClient(localTarget(endpoint)), {
      clock: { sleep: async () => {} },
      random: { next: () => 0 },
    });
    const reader = stream.readShard('s', 'shardId-000000000000', null);
    await expect(pagesOf(reader)).rejects.toMatchObject({ code: 'SOURCE_UNAVAILABLE' });
    expect(requests).toHaveLength(1 + 15);
  });

  it('opens the shard again after the last record when its iterator has expired', async () => {
    const page = (SequenceNumber: string) =>
      jsonAnswer({
        Records: [{ SequenceNumber, PartitionKey: 'k', Data: '' }],
        NextShardIterator: 'next',
        MillisBehindLatest: 1,
      });
    const { stream, requests } = await streamWith(
      jsonAnswer({ ShardIterator: 'first' }),
      page('1'),
      jsonError('ExpiredIteratorException'),
      jsonAnswer({ ShardIterator: 'second' }),
      page('2'),
      jsonAnswer({ Records: [], MillisBehindLatest: 0 }),
    );
    const pages = await pagesOf(stream.readShard('s', 'shardId-000000000000', null));
    expect(pages.flat().map(({ sequenceNumber }) => sequenceNumber)).toEqual(['1', '2']);
    expect(requests).toEqual([
      'GetShardIterator',
      'GetRecords',
      'GetRecords',
      'GetShardIterator',
      'GetRecords',
      'GetRecords',
    ]);
  });

  it('follows the pages of a list of shards', async () => {
    const page = (ShardId: string, NextToken?: string) =>
      jsonAnswer({
        Shards: [{ ShardId, HashKeyRange: { StartingHashKey: '0', EndingHashKey: '9' } }],
        NextToken,
      });
    const { stream } = await streamWith(page('a', 'more'), page('b'));
    expect((await stream.listShards('s')).map(({ shardId }) => shardId)).toEqual(['a', 'b']);
  });

  it('says of a record without an outcome that it failed', async () => {
    const { stream } = await streamWith(
      jsonAnswer({ FailedRecordCount: 1, Records: [{ ErrorCode: 'InternalFailure' }] }),
    );
    expect(await stream.putRecords('s', [record])).toEqual([
      {
        kind: 'failed',
        errorCode: 'InternalFailure',
        message: 'the service gave no reason',
      },
    ]);
  });
});
