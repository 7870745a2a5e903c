import {
  GetRecordsCommand,
  GetShardIteratorCommand,
  type KinesisClient,
  ListShardsCommand,
  MergeShardsCommand,
  PutRecordCommand,
  type Shard,
  SplitShardCommand,
  UpdateShardCountCommand,
} from '@aws-sdk/client-kinesis';
import { describe, expect, it } from 'vitest';
import { createKinesisService } from '#embedded/kinesis/kinesis-service.ts';
import { startKinesis } from '../start-kinesis.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const StreamName = 'orders';
const HALF = (2n ** 127n).toString();
const [SHARD_0, SHARD_1, SHARD_2] = [0, 1, 2].map((i) => `shardId-00000000000${i}`);

async function start(shardCount: number, options = {}) {
  const running = await startKinesis(options);
  running.service.ensureStream({ name: StreamName, shardCount, retentionHours: 24 });
  return running;
}

async function put(client: KinesisClient, hashKey: bigint, text = 'x') {
  const ExplicitHashKey = hashKey.toString();
  const Data = Buffer.from(text);
  return client.send(
    new PutRecordCommand({ StreamName, PartitionKey: 'k', ExplicitHashKey, Data }),
  );
}

async function shards(client: KinesisClient): Promise<Shard[]> {
  return (await client.send(new ListShardsCommand({ StreamName }))).Shards ?? [];
}

async function texts(client: KinesisClient, ShardId: string | undefined): Promise<string[]> {
  const input = { StreamName, ShardId, ShardIteratorType: 'TRIM_HORIZON' } as const;
  const { ShardIterator } = await client.send(new GetShardIteratorCommand(input));
  const { Records = [] } = await client.send(new GetRecordsCommand({ ShardIterator }));
  return Records.map((record) => Buffer.from(record.Data ?? []).toString());
}

describe('SplitShard', () => {
  it('closes the parent and divides its range and its later records among two children', async () => {
    const { client } = await start(1);
    const before = await put(client, 0n, 'before');
    await client.send(
      new SplitShardCommand({ StreamName, ShardToSplit: SHARD_0, NewStartingHashKey: HALF }),
    );
    const low = await put(client, 5n, 'low');
    const high = await put(client, 2n ** 127n, 'high');
    const [parent, lower, upper] = await shards(client);
    expect(BigInt(parent?.SequenceNumberRange?.EndingSequenceNumber ?? 0)).toBeGreaterThan(
      BigInt(before.SequenceNumber ?? 0),
    );
    expect(lower).toMatchObject({ ShardId: SHARD_1, ParentShardId: SHARD_0 });
    expect(lower?.AdjacentParentShardId).toBeUndefined();
    expect(lower?.SequenceNumberRange?.EndingSequenceNumber).toBeUndefined();
    expect(upper?.HashKeyRange).toEqual({
      StartingHashKey: HALF,
      EndingHashKey: (2n ** 128n - 1n).toString(),
    });
    expect([low.ShardId, high.ShardId]).toEqual([SHARD_1, SHARD_2]);
    expect(BigInt(low.SequenceNumber ?? 0)).toBeGreaterThan(
      BigInt(parent?.SequenceNumberRange?.EndingSequenceNumber ?? 0),
    );
    expect(await texts(client, SHARD_0)).toEqual(['before']);
    expect(await texts(client, SHARD_2)).toEqual(['high']);
  });

  it.each(['0', '1', (2n ** 128n - 1n).toString()])(
    'refuses %s as the new starting hash key of the whole range',
    async (NewStartingHashKey) => {
      const { client } = await start(1);
      const split = new SplitShardCommand({
        StreamName,
        ShardToSplit: SHARD_0,
        NewStartingHashKey,
      });
      await expect(client.send(split)).rejects.toMatchObject({
        name: 'InvalidArgumentException',
        message: expect.stringContaining('greater than one plus'),
      });
    },
  );

  it('refuses an unknown and a closed shard', async () => {
    const { client } = await start(1);
    const split = (ShardToSplit?: string) =>
      client.send(new SplitShardCommand({ StreamName, ShardToSplit, NewStartingHashKey: HALF }));
    await expect(split(SHARD_2)).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
    await split(SHARD_0);
    await expect(split(SHARD_0)).rejects.toMatchObject({ name: 'InvalidArgumentException' });
  });

  it('survives a kill right after the answer', async () => {
    const stateDir = temporaryFolder();
    const { client } = await start(1, { stateDir });
    await put(client, 0n, 'before');
    await client.send(
      new SplitShardCommand({ StreamName, ShardToSplit: SHARD_0, NewStartingHashKey: HALF }),
    );
    const restarted = createKinesisService({ stateDir });
    expect(restarted.listShards(StreamName)).toEqual([
      { shardId: SHARD_0, parentShardIds: [], closed: true },
      { shardId: SHARD_1, parentShardIds: [SHARD_0], closed: false },
      { shardId: SHARD_2, parentShardIds: [SHARD_0], closed: false },
    ]);
  });
});

describe('MergeShards', () => {
  it('closes both parents and opens one child over their ranges', async () => {
    const { client } = await start(2);
    await put(client, 0n, 'low');
    await put(client, 2n ** 127n, 'high');
    await client.send(
      new MergeShardsCommand({ StreamName, ShardToMerge: SHARD_0, AdjacentShardToMerge: SHARD_1 }),
    );
    const merged = await put(client, 2n ** 127n, 'merged');
    expect(merged.ShardId).toBe(SHARD_2);
    const [first, second, child] = await shards(client);
    expect(first?.SequenceNumberRange?.EndingSequenceNumber).toBeDefined();
    expect(second?.SequenceNumberRange?.EndingSequenceNumber).toBeDefined();
    expect(child).toMatchObject({
      ParentShardId: SHARD_0,
      AdjacentParentShardId: SHARD_1,
      HashKeyRange: { StartingHashKey: '0', EndingHashKey: (2n ** 128n - 1n).toString() },
    });
  });

  it('refuses shards that are not adjacent', async () => {
    const { client } = await start(3);
    const merge = new MergeShardsCommand({
      StreamName,
      ShardToMerge: SHARD_0,
      AdjacentShardToMerge: SHARD_2,
    });
    await expect(client.send(merge)).rejects.toMatchObject({
      name: 'InvalidArgumentException',
      message: expect.stringContaining('not an adjacent pair'),
    });
  });
});

describe('UpdateShardCount', () => {
  it('reshards to equal ranges and answers both counts', async () => {
    const { client } = await start(2);
    const answer = await client.send(
      new UpdateShardCountCommand({
        StreamName,
        TargetShardCount: 3,
        ScalingType: 'UNIFORM_SCALING',
      }),
    );
    expect(answer).toMatchObject({ CurrentShardCount: 2, TargetShardCount: 3 });
    const open = (await shards(client)).filter(
      (shard) => shard.SequenceNumberRange?.EndingSequenceNumber === undefined,
    );
    expect(open).toHaveLength(3);
    const third = (2n ** 128n / 3n).toString();
    expect(open.map((shard) => shard.HashKeyRange?.StartingHashKey)).toContain(third);
  });

  it.each([1, 9])('refuses to go from 4 shards to %i', async (TargetShardCount) => {
    const { client } = await start(4);
    const update = new UpdateShardCountCommand({
      StreamName,
      TargetShardCount,
      ScalingType: 'UNIFORM_SCALING',
    });
    await expect(client.send(update)).rejects.toMatchObject({
      name: 'InvalidArgumentException',
      message: expect.stringContaining('between half and twice'),
    });
  });
});
