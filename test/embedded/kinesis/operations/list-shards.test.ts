import {
  type KinesisClient,
  ListShardsCommand,
  type ListShardsCommandInput,
  SplitShardCommand,
} from '@aws-sdk/client-kinesis';
import { describe, expect, it } from 'vitest';
import { startKinesis } from '../start-kinesis.ts';

const StreamName = 'orders';
const HOUR_MS = 3_600_000;
const CREATED_MS = 1_763_600_000_000;

async function list(client: KinesisClient, input: ListShardsCommandInput) {
  const answer = await client.send(new ListShardsCommand(input));
  const indexes = (answer.Shards ?? []).map((shard) => Number(shard.ShardId?.slice(8)));
  return { indexes, NextToken: answer.NextToken };
}

/** Shard 0 is split after one hour into 1 and 2, shard 1 after two hours into 3 and 4. */
async function startWithSplits() {
  const clock = { nowMs: CREATED_MS };
  const { client, service } = await startKinesis({ nowMs: () => clock.nowMs });
  service.ensureStream({ name: StreamName, shardCount: 1, retentionHours: 24 });
  for (const [ShardToSplit, key] of [
    ['shardId-000000000000', 2n ** 127n],
    ['shardId-000000000001', 2n ** 126n],
  ] as const) {
    clock.nowMs += HOUR_MS;
    const NewStartingHashKey = key.toString();
    await client.send(new SplitShardCommand({ StreamName, ShardToSplit, NewStartingHashKey }));
  }
  clock.nowMs += HOUR_MS;
  return { client, clock };
}

describe('ListShards', () => {
  it('lists closed and open shards', async () => {
    const { client } = await startWithSplits();
    expect((await list(client, { StreamName })).indexes).toEqual([0, 1, 2, 3, 4]);
  });

  it('goes through the pages of a listing with tokens that carry everything', async () => {
    const { client } = await startWithSplits();
    const first = await list(client, { StreamName, MaxResults: 2 });
    const second = await list(client, { NextToken: first.NextToken, MaxResults: 2 });
    const third = await list(client, { NextToken: second.NextToken, MaxResults: 2 });
    expect([first.indexes, second.indexes, third.indexes]).toEqual([[0, 1], [2, 3], [4]]);
    expect(third.NextToken).toBeUndefined();
  });

  it('starts after a shard', async () => {
    const { client } = await startWithSplits();
    const ExclusiveStartShardId = 'shardId-000000000002';
    expect((await list(client, { StreamName, ExclusiveStartShardId })).indexes).toEqual([3, 4]);
  });

  it.each([
    [{ Type: 'AT_LATEST' }, [2, 3, 4]],
    [{ Type: 'AT_TRIM_HORIZON' }, [0]],
    [{ Type: 'FROM_TRIM_HORIZON' }, [0, 1, 2, 3, 4]],
    [{ Type: 'AFTER_SHARD_ID', ShardId: 'shardId-000000000001' }, [2, 3, 4]],
    [{ Type: 'AT_TIMESTAMP', Timestamp: new Date(CREATED_MS + 1.5 * HOUR_MS) }, [1, 2]],
    [{ Type: 'FROM_TIMESTAMP', Timestamp: new Date(CREATED_MS + 1.5 * HOUR_MS) }, [1, 2, 3, 4]],
  ] as const)('filters by %j', async (ShardFilter, expected) => {
    const { client } = await startWithSplits();
    expect((await list(client, { StreamName, ShardFilter })).indexes).toEqual(expected);
    const page = await list(client, { StreamName, ShardFilter, MaxResults: 1 });
    const indexes = [...page.indexes];
    for (let { NextToken } = page; NextToken !== undefined; ) {
      const next = await list(client, { NextToken, MaxResults: 1 });
      indexes.push(...next.indexes);
      NextToken = next.NextToken;
    }
    expect(indexes).toEqual(expected);
  });

  it('refuses an old, a foreign and a doubled token', async () => {
    const { client, clock } = await startWithSplits();
    const { NextToken } = await list(client, { StreamName, MaxResults: 1 });
    await expect(list(client, { StreamName, NextToken })).rejects.toMatchObject({
      name: 'InvalidArgumentException',
    });
    await expect(list(client, { NextToken: 'e30=' })).rejects.toMatchObject({
      name: 'InvalidArgumentException',
    });
    clock.nowMs += 300_001;
    await expect(list(client, { NextToken })).rejects.toMatchObject({
      name: 'ExpiredNextTokenException',
    });
  });

  it('refuses an unknown filter and a filter without its member', async () => {
    const { client } = await startWithSplits();
    for (const ShardFilter of [
      { Type: 'NEWEST' as 'AT_LATEST' },
      { Type: 'AFTER_SHARD_ID' as const },
    ]) {
      await expect(list(client, { StreamName, ShardFilter })).rejects.toMatchObject({
        name: 'ValidationException',
      });
    }
    const noTimestamp = { StreamName, ShardFilter: { Type: 'AT_TIMESTAMP' as const } };
    await expect(list(client, noTimestamp)).rejects.toMatchObject({
      name: 'InvalidArgumentException',
    });
  });
});
