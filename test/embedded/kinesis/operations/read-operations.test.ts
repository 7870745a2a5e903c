import {
  CreateStreamCommand,
  DeleteStreamCommand,
  GetRecordsCommand,
  type GetRecordsCommandOutput,
  GetShardIteratorCommand,
  type GetShardIteratorCommandInput,
  type KinesisClient,
  PutRecordCommand,
  SplitShardCommand,
} from '@aws-sdk/client-kinesis';
import { describe, expect, it } from 'vitest';
import { startKinesis } from '../start-kinesis.ts';

const StreamName = 'orders';
const ShardId = 'shardId-000000000000';
type IteratorInput = Omit<GetShardIteratorCommandInput, 'StreamName' | 'ShardId'>;

async function put(client: KinesisClient, text: string): Promise<string> {
  const Data = Buffer.from(text);
  const record = { StreamName, PartitionKey: 'key', Data };
  return (await client.send(new PutRecordCommand(record))).SequenceNumber ?? '';
}

async function iterator(client: KinesisClient, input: IteratorInput): Promise<string> {
  const command = new GetShardIteratorCommand({ StreamName, ShardId, ...input });
  return (await client.send(command)).ShardIterator ?? '';
}

async function get(
  client: KinesisClient,
  ShardIterator: string | undefined,
  Limit?: number,
): Promise<GetRecordsCommandOutput & { texts: string[] }> {
  const answer = await client.send(new GetRecordsCommand({ ShardIterator, Limit }));
  const texts = (answer.Records ?? []).map((record) => Buffer.from(record.Data ?? []).toString());
  return { ...answer, texts };
}

async function startWithRecords(texts: readonly string[]) {
  const clock = { nowMs: 1_763_600_000_000 };
  const running = await startKinesis({ nowMs: () => clock.nowMs });
  await running.client.send(new CreateStreamCommand({ StreamName, ShardCount: 1 }));
  const numbers: string[] = [];
  for (const text of texts) {
    clock.nowMs += 1000;
    numbers.push(await put(running.client, text));
  }
  return { ...running, clock, numbers };
}

describe('GetShardIterator and GetRecords', () => {
  it.each([
    ['TRIM_HORIZON', {}, ['a', 'b', 'c']],
    ['LATEST', {}, []],
    ['AT_SEQUENCE_NUMBER', { place: 1 }, ['b', 'c']],
    ['AFTER_SEQUENCE_NUMBER', { place: 1 }, ['c']],
    ['AT_TIMESTAMP', { Timestamp: new Date(1_763_600_002_000) }, ['b', 'c']],
    ['AT_TIMESTAMP', { Timestamp: new Date(1_763_600_001_001) }, ['b', 'c']],
    ['AT_TIMESTAMP', { Timestamp: new Date(1_763_500_000_000) }, ['a', 'b', 'c']],
  ] as const)('starts at %s %j', async (ShardIteratorType, options, expected) => {
    const { client, numbers } = await startWithRecords(['a', 'b', 'c']);
    const { place, ...rest }: { place?: number; Timestamp?: Date } = options;
    const StartingSequenceNumber = place === undefined ? undefined : numbers[place];
    const input = { ShardIteratorType, StartingSequenceNumber, ...rest };
    expect((await get(client, await iterator(client, input))).texts).toEqual(expected);
  });

  it('shows each record as it was put, with the time of its arrival', async () => {
    const { client, numbers } = await startWithRecords(['a']);
    const { Records } = await get(
      client,
      await iterator(client, { ShardIteratorType: 'TRIM_HORIZON' }),
    );
    expect(Records).toEqual([
      {
        SequenceNumber: numbers[0],
        ApproximateArrivalTimestamp: new Date(1_763_600_001_000),
        Data: new Uint8Array(Buffer.from('a')),
        PartitionKey: 'key',
        EncryptionType: 'NONE',
      },
    ]);
  });

  it('walks through the shard in pages and goes on with what arrives later', async () => {
    const { client, clock } = await startWithRecords(['a', 'b', 'c']);
    const start = await iterator(client, { ShardIteratorType: 'TRIM_HORIZON' });
    const first = await get(client, start, 2);
    expect(first.texts).toEqual(['a', 'b']);
    expect(first.MillisBehindLatest).toBe(1000);
    const second = await get(client, first.NextShardIterator, 2);
    expect(second.texts).toEqual(['c']);
    expect(second.MillisBehindLatest).toBe(0);
    const empty = await get(client, second.NextShardIterator);
    expect(empty.texts).toEqual([]);
    clock.nowMs += 60_000;
    await put(client, 'd');
    expect((await get(client, empty.NextShardIterator)).texts).toEqual(['d']);
  });

  it('starts LATEST of an empty shard before its first record', async () => {
    const { client } = await startWithRecords([]);
    const start = await iterator(client, { ShardIteratorType: 'LATEST' });
    await put(client, 'a');
    expect((await get(client, start)).texts).toEqual(['a']);
  });

  it('answers at most 10 MiB at once', async () => {
    const { client } = await startWithRecords([]);
    const text = 'x'.repeat(1024 * 1024 - 3);
    for (let i = 0; i < 11; i++) await put(client, text);
    const start = await iterator(client, { ShardIteratorType: 'TRIM_HORIZON' });
    const first = await get(client, start);
    expect(first.texts).toHaveLength(10);
    expect((await get(client, first.NextShardIterator)).texts).toHaveLength(1);
  });

  it('ends a closed shard with its children and no next iterator', async () => {
    const { client } = await startWithRecords(['a', 'b']);
    const NewStartingHashKey = (2n ** 127n).toString();
    const start = await iterator(client, { ShardIteratorType: 'TRIM_HORIZON' });
    await client.send(
      new SplitShardCommand({ StreamName, ShardToSplit: ShardId, NewStartingHashKey }),
    );
    const first = await get(client, start, 1);
    expect(first.NextShardIterator).toBeDefined();
    expect(first.ChildShards).toBeUndefined();
    const last = await get(client, first.NextShardIterator);
    expect(last.texts).toEqual(['b']);
    expect(last.NextShardIterator).toBeUndefined();
    expect(last.ChildShards).toEqual([
      {
        ShardId: 'shardId-000000000001',
        ParentShards: [ShardId],
        HashKeyRange: { StartingHashKey: '0', EndingHashKey: (2n ** 127n - 1n).toString() },
      },
      {
        ShardId: 'shardId-000000000002',
        ParentShards: [ShardId],
        HashKeyRange: {
          StartingHashKey: NewStartingHashKey,
          EndingHashKey: (2n ** 128n - 1n).toString(),
        },
      },
    ]);
  });

  it('reads past a stretch that expired instead of standing still', async () => {
    const { client, clock, numbers } = await startWithRecords(['a', 'b']);
    clock.nowMs += 25 * 3_600_000;
    const StartingSequenceNumber = numbers[0];
    const start = { ShardIteratorType: 'AFTER_SEQUENCE_NUMBER', StartingSequenceNumber } as const;
    const empty = await get(client, await iterator(client, start));
    expect(empty).toMatchObject({ texts: [], MillisBehindLatest: 0 });
    await put(client, 'c');
    expect((await get(client, empty.NextShardIterator)).texts).toEqual(['c']);
  });

  it('ends a closed shard whose last records expired', async () => {
    const { client, clock, numbers } = await startWithRecords(['a', 'b']);
    clock.nowMs += 23 * 3_600_000;
    const NewStartingHashKey = (2n ** 127n).toString();
    await client.send(
      new SplitShardCommand({ StreamName, ShardToSplit: ShardId, NewStartingHashKey }),
    );
    clock.nowMs += 2 * 3_600_000;
    const StartingSequenceNumber = numbers[0];
    const start = { ShardIteratorType: 'AFTER_SEQUENCE_NUMBER', StartingSequenceNumber } as const;
    const end = await get(client, await iterator(client, start));
    expect(end.texts).toEqual([]);
    expect(end.NextShardIterator).toBeUndefined();
    expect(end.ChildShards).toHaveLength(2);
  });

  it('refuses an iterator after five minutes', async () => {
    const { client, clock } = await startWithRecords(['a']);
    const start = await iterator(client, { ShardIteratorType: 'TRIM_HORIZON' });
    clock.nowMs += 300_000;
    expect((await get(client, start)).texts).toEqual(['a']);
    clock.nowMs += 1;
    await expect(get(client, start)).rejects.toMatchObject({
      name: 'ExpiredIteratorException',
      message: expect.stringContaining('300000 milliseconds'),
    });
  });

  it.each([
    'x',
    Buffer.from('[]').toString('base64'),
    Buffer.from('[1,"orders","stream-000001",0,0,0,"now"]').toString('base64'),
    Buffer.from('[2,"orders","stream-000001",0,0,0,0]').toString('base64'),
  ])('refuses the iterator %j', async (text) => {
    const { client } = await startWithRecords([]);
    await expect(get(client, text)).rejects.toMatchObject({
      name: 'InvalidArgumentException',
      message: 'Invalid ShardIterator.',
    });
  });

  it('refuses an iterator of a deleted stream even when one of the same name follows', async () => {
    const { client } = await startWithRecords(['a']);
    const start = await iterator(client, { ShardIteratorType: 'TRIM_HORIZON' });
    await client.send(new DeleteStreamCommand({ StreamName }));
    await client.send(new CreateStreamCommand({ StreamName, ShardCount: 1 }));
    await expect(get(client, start)).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  });

  it.each([
    [{ ShardIteratorType: 'AT_SEQUENCE_NUMBER' }, 'InvalidArgumentException'],
    [
      { ShardIteratorType: 'TRIM_HORIZON', StartingSequenceNumber: '1' },
      'InvalidArgumentException',
    ],
    [
      { ShardIteratorType: 'AFTER_SEQUENCE_NUMBER', StartingSequenceNumber: '12' },
      'InvalidArgumentException',
    ],
    [{ ShardIteratorType: 'AT_TIMESTAMP' }, 'InvalidArgumentException'],
    [
      { ShardIteratorType: 'AT_TIMESTAMP', Timestamp: new Date(1_863_600_000_000) },
      'InvalidArgumentException',
    ],
    [{ ShardIteratorType: 'NEWEST' }, 'ValidationException'],
    [{ ShardIteratorType: 'LATEST', ShardId: 'shardId-000000000009' }, 'ResourceNotFoundException'],
  ])('refuses the start %j', async (input, name) => {
    const { client } = await startWithRecords([]);
    await expect(iterator(client, input as IteratorInput)).rejects.toMatchObject({ name });
  });

  it.each([0, 10_001])('refuses the limit %i', async (limit) => {
    const { client } = await startWithRecords([]);
    const start = await iterator(client, { ShardIteratorType: 'TRIM_HORIZON' });
    await expect(get(client, start, limit)).rejects.toMatchObject({ name: 'ValidationException' });
  });

  it('refuses a sixth read within a second, and reads after 2 MiB were answered, when throttling is on', async () => {
    let nowMs = 1_000_000;
    const { client, service } = await startKinesis({ throttle: true, nowMs: () => nowMs });
    service.ensureStream({ name: StreamName, shardCount: 1, retentionHours: 24 });
    const start = await iterator(client, { ShardIteratorType: 'TRIM_HORIZON' });
    for (let i = 0; i < 5; i++) await get(client, start);
    await expect(get(client, start)).rejects.toMatchObject({
      name: 'ProvisionedThroughputExceededException',
    });
    for (let i = 0; i < 4; i++) {
      nowMs += 1000;
      await put(client, 'x'.repeat(1024 * 1024 - 3));
    }
    expect((await get(client, start)).texts).toHaveLength(4);
    await expect(get(client, start)).rejects.toMatchObject({
      name: 'ProvisionedThroughputExceededException',
    });
    nowMs += 1900;
    await expect(get(client, start)).rejects.toMatchObject({
      name: 'ProvisionedThroughputExceededException',
    });
    nowMs += 101;
    expect((await get(client, start)).texts).toHaveLength(4);
  });

  it('is closed for five seconds after an answer of 10 MiB, for mappings too, when throttling is on', async () => {
    let nowMs = 1_000_000;
    const { client, service } = await startKinesis({ throttle: true, nowMs: () => nowMs });
    service.ensureStream({ name: StreamName, shardCount: 1, retentionHours: 24 });
    for (let i = 0; i < 10; i++) {
      await put(client, 'x'.repeat(1024 * 1024 - 3));
      nowMs += 1000;
    }
    const start = await iterator(client, { ShardIteratorType: 'TRIM_HORIZON' });
    expect((await get(client, start)).texts).toHaveLength(10);
    const read = { afterSequenceNumber: null, limit: 1, maxBytes: 1 };
    nowMs += 4900;
    await expect(service.readAfter(StreamName, ShardId, read)).rejects.toThrow('Rate exceeded');
    nowMs += 101;
    expect(await service.readAfter(StreamName, ShardId, read)).toHaveLength(1);
  });
});
