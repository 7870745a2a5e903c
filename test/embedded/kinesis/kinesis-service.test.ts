import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { createKinesisService } from '#embedded/kinesis/kinesis-service.ts';
import type { KinesisService } from '#embedded/services.ts';
import { callKinesis } from './call-kinesis.ts';
import { startKinesis } from './start-kinesis.ts';
import { temporaryFolder } from './temporary-folder.ts';

const everything = { afterSequenceNumber: null, limit: 10_000, maxBytes: 1e9 };
const SHARD_0 = 'shardId-000000000000';
const stream = { name: 'orders', shardCount: 1, retentionHours: 24 };

async function put(service: KinesisService, text: string): Promise<void> {
  const Data = Buffer.from(text).toString('base64');
  const { status } = await callKinesis(service, 'PutRecord', {
    StreamName: 'orders',
    PartitionKey: 'key',
    Data,
  });
  expect(status).toBe(200);
}

async function texts(service: KinesisService, shardId = SHARD_0): Promise<string[]> {
  const records = await service.readAfter('orders', shardId, everything);
  return records.map((record) => record.data.toString());
}

describe('createKinesisService', () => {
  it('keeps streams, shards and records over a restart without a close', async () => {
    const stateDir = temporaryFolder();
    const before = createKinesisService({ stateDir });
    before.ensureStream({ ...stream, shardCount: 2 });
    await put(before, 'a');
    const latest = before.latestSequenceNumber('orders', 'shardId-000000000001');
    const after = createKinesisService({ stateDir });
    expect(after.listShards('orders')).toEqual(before.listShards('orders'));
    const kept = [...(await texts(after)), ...(await texts(after, 'shardId-000000000001'))];
    expect(kept).toEqual(['a']);
    expect(after.latestSequenceNumber('orders', 'shardId-000000000001')).toBe(latest);
  });

  it('never gives a sequence number out again when the clock goes back between two starts', async () => {
    const stateDir = temporaryFolder();
    const numbers: string[] = [];
    for (const nowMs of [1_000_000, 999_000, 500]) {
      const service = createKinesisService({ stateDir, nowMs: () => nowMs });
      service.ensureStream(stream);
      await put(service, String(nowMs));
      numbers.push(service.latestSequenceNumber('orders', SHARD_0) ?? '');
      await service.close();
    }
    expect([...new Set(numbers)].sort()).toEqual(numbers);
    expect(numbers).toHaveLength(3);
  });

  it('reads on after a sequence number, up to a number of records', async () => {
    const { service } = await startKinesis();
    service.ensureStream(stream);
    for (const text of ['a', 'b', 'c', 'd']) await put(service, text);
    const [first] = await service.readAfter('orders', SHARD_0, { ...everything, limit: 1 });
    const afterSequenceNumber = first?.sequenceNumber ?? null;
    const next = await service.readAfter('orders', SHARD_0, {
      ...everything,
      afterSequenceNumber,
      limit: 2,
    });
    expect(next.map((record) => record.data.toString())).toEqual(['b', 'c']);
  });

  it('refuses a sequence number of another shard', async () => {
    const { service } = await startKinesis();
    service.ensureStream({ ...stream, shardCount: 2 });
    await put(service, 'a');
    const [taken, other] =
      service.latestSequenceNumber('orders', SHARD_0) === null ? [1, 0] : [0, 1];
    const afterSequenceNumber = service.latestSequenceNumber(
      'orders',
      `shardId-00000000000${taken}`,
    );
    const read = service.readAfter('orders', `shardId-00000000000${other}`, {
      ...everything,
      afterSequenceNumber,
    });
    await expect(read).rejects.toThrow('is not a sequence number of shardId');
  });

  it('knows no latest sequence number of an empty shard', async () => {
    const { service } = await startKinesis();
    service.ensureStream(stream);
    expect(service.latestSequenceNumber('orders', SHARD_0)).toBeNull();
  });

  it('calls listeners back after each append and shard map change until they stop listening', async () => {
    const { service } = await startKinesis();
    service.ensureStream(stream);
    const seen: string[] = [];
    const stop = service.onChange('orders', (shardId) => seen.push(shardId));
    await put(service, 'a');
    expect(seen).toEqual([SHARD_0]);
    service.ensureStream({ ...stream, shardCount: 2 });
    expect(seen.slice(1)).toEqual([SHARD_0, 'shardId-000000000001', 'shardId-000000000002']);
    stop();
    await put(service, 'b');
    expect(seen).toHaveLength(4);
  });

  it('accepts an unchanged stream and keeps a reshard by hand until the template changes', async () => {
    const stateDir = temporaryFolder();
    const { service } = await startKinesis({ stateDir });
    service.ensureStream(stream);
    await callKinesis(service, 'SplitShard', {
      StreamName: 'orders',
      ShardToSplit: SHARD_0,
      NewStartingHashKey: '12345',
    });
    service.ensureStream(stream);
    expect(service.listShards('orders').filter((shard) => !shard.closed)).toHaveLength(2);
    service.ensureStream({ ...stream, shardCount: 3 });
    expect(service.listShards('orders').filter((shard) => !shard.closed)).toHaveLength(3);
  });

  it('applies a changed retention period', async () => {
    const { service } = await startKinesis();
    service.ensureStream(stream);
    service.ensureStream({ ...stream, retentionHours: 168 });
    const { body } = await callKinesis(service, 'DescribeStreamSummary', { StreamName: 'orders' });
    expect(body).toMatchObject({ StreamDescriptionSummary: { RetentionPeriodHours: 168 } });
  });

  it.each([
    [{ ...stream, shardCount: 0 }, 'ShardCount is 0'],
    [{ ...stream, retentionHours: 23 }, 'RetentionPeriodHours is 23'],
    [{ ...stream, retentionHours: 9000 }, 'RetentionPeriodHours is 9000'],
  ])('names the property of an impossible stream %j', async (wanted, message) => {
    const { service } = await startKinesis();
    expect(() => service.ensureStream(wanted)).toThrow(message);
  });

  it('forgets records past the retention period, and closed shards with nothing left', async () => {
    const stateDir = temporaryFolder();
    let nowMs = 1_000_000_000;
    const options = { stateDir, nowMs: () => nowMs, segmentBytes: 100 };
    const service = createKinesisService(options);
    service.ensureStream(stream);
    for (const text of ['old-1', 'old-2', 'old-3']) await put(service, text);
    service.ensureStream({ ...stream, shardCount: 2 });
    nowMs += 20 * 3_600_000;
    await put(service, 'young');
    nowMs += 5 * 3_600_000;
    expect(await texts(service)).toEqual([]);
    await service.close();
    const restarted = createKinesisService(options);
    expect(restarted.listShards('orders').map((shard) => shard.shardId)).toEqual([
      'shardId-000000000001',
      'shardId-000000000002',
    ]);
    const kept = await Promise.all(
      restarted.listShards('orders').map((shard) => texts(restarted, shard.shardId)),
    );
    expect(kept.flat()).toEqual(['young']);
    expect(readdirSync(path.join(stateDir, 'stream-000001'))).toHaveLength(2);
  });

  it('deletes the folder that a killed delete left behind', async () => {
    const stateDir = temporaryFolder();
    const service = createKinesisService({ stateDir });
    service.ensureStream(stream);
    await service.close();
    mkdirSync(path.join(stateDir, 'stream-000077'));
    await createKinesisService({ stateDir }).close();
    expect(readdirSync(stateDir).sort()).toEqual(['stream-000001', 'streams.json']);
  });

  it('refuses a stream map that is not one', () => {
    const stateDir = temporaryFolder();
    writeFileSync(path.join(stateDir, 'streams.json'), '{"version":1,"stre');
    expect(() => createKinesisService({ stateDir })).toThrow(/streams.json is not a stream map/);
  });

  it('gives a stream that is created again after a delete none of the old records', async () => {
    const { service } = await startKinesis();
    service.ensureStream(stream);
    await put(service, 'old');
    await callKinesis(service, 'DeleteStream', { StreamName: 'orders' });
    expect(() => service.listShards('orders')).toThrow('not found');
    service.ensureStream(stream);
    await put(service, 'new');
    expect(await texts(service)).toEqual(['new']);
  });
});
