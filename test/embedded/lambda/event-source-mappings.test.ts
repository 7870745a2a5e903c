import { describe, expect, it } from 'vitest';
import { callKinesis } from '../kinesis/call-kinesis.ts';
import { temporaryFolder } from '../kinesis/temporary-folder.ts';
import { waitUntil } from './start-lambda.ts';
import {
  createInProcessLambda,
  mapping,
  numbered,
  SHARD_0,
  SHARD_1,
  SHARD_2,
  startMappings,
  textsOf,
} from './start-mappings.ts';

function recordingLambda(batches: string[][]) {
  return createInProcessLambda((records) => void batches.push(textsOf(records)));
}

describe('an event source mapping', () => {
  it('delivers everything in order, in batches of at most the batch size', async () => {
    const batches: string[][] = [];
    const { mappings, put } = startMappings(recordingLambda(batches), {
      mapping: { batchSize: 30 },
    });
    const texts = numbered(100);
    await put(texts);
    mappings.start();
    await mappings.drained();
    expect(batches.map((batch) => batch.length)).toEqual([30, 30, 30, 10]);
    expect(batches.flat()).toEqual(texts);
  });

  it('hands over the event of Lambda', async () => {
    const events: unknown[] = [];
    const lambda = createInProcessLambda((records) => void events.push(...records));
    const { kinesis, mappings, put } = startMappings(lambda, { nowMs: () => 1_763_600_000_123 });
    await put(['ü']);
    mappings.start();
    await mappings.drained();
    const sequenceNumber = kinesis.latestSequenceNumber('orders', SHARD_0);
    expect(events).toEqual([
      {
        kinesis: {
          kinesisSchemaVersion: '1.0',
          partitionKey: 'key',
          sequenceNumber,
          data: Buffer.from('ü').toString('base64'),
          approximateArrivalTimestamp: 1_763_600_000.123,
        },
        eventSource: 'aws:kinesis',
        eventVersion: '1.0',
        eventID: `${SHARD_0}:${sequenceNumber}`,
        eventName: 'aws:kinesis:record',
        invokeIdentityArn: 'arn:aws:iam::000000000000:role/writer',
        awsRegion: 'us-east-1',
        eventSourceARN: 'arn:aws:kinesis:us-east-1:000000000000:stream/orders',
      },
    ]);
  });

  it('keeps every event within 6 MiB of JSON', async () => {
    const sizes: number[] = [];
    const texts: string[] = [];
    const lambda = createInProcessLambda((records) => {
      sizes.push(Buffer.byteLength(JSON.stringify({ Records: records })));
      texts.push(...textsOf(records).map((text) => text.slice(0, 12).trimEnd()));
    });
    const { mappings, put } = startMappings(lambda, { mapping: { batchSize: 10_000 } });
    const large = numbered(14).map((text) => text.padEnd(1_048_000));
    for (const text of large) await put([text]);
    const small = numbered(20_000, 's');
    await put(small);
    mappings.start();
    await mappings.drained();
    expect(Math.max(...sizes)).toBeLessThanOrEqual(6_291_456);
    expect(sizes[0]).toBeGreaterThan(5_000_000);
    expect(texts).toEqual([...numbered(14), ...small]);
  });

  it('wakes up on new records, without waiting for its poll', async () => {
    const batches: string[][] = [];
    const { mappings, put } = startMappings(recordingLambda(batches), { pollIntervalMs: 60_000 });
    mappings.start();
    await mappings.drained();
    await put(['a']);
    await mappings.drained();
    expect(batches).toEqual([['a']]);
  });

  it('sees a record that arrives while it reads', async () => {
    const batches: string[][] = [];
    const { kinesis, put } = startMappings(recordingLambda(batches));
    let reads = 0;
    const { mappings } = startMappings(recordingLambda(batches), {
      pollIntervalMs: 60_000,
      kinesis: {
        ...kinesis,
        readAfter: async (...request) => {
          const records = await kinesis.readAfter(...request);
          if (++reads === 1) await put(['late']);
          return records;
        },
      },
    });
    mappings.start();
    await waitUntil(() => batches.length === 1);
    expect(batches).toEqual([['late']]);
  });

  it('collects for the batching window, and not longer than until the batch is full', async () => {
    const batches: string[][] = [];
    const { mappings, put } = startMappings(recordingLambda(batches), {
      mapping: { batchingWindowMs: 400, batchSize: 5 },
    });
    mappings.start();
    const startMs = performance.now();
    await put(['a']);
    await put(['b']);
    await new Promise((resolve) => setTimeout(resolve, 30));
    await put(['c']);
    await mappings.drained();
    expect(batches).toEqual([['a', 'b', 'c']]);
    expect(performance.now() - startMs).toBeGreaterThan(390);
    await put(numbered(7));
    await waitUntil(() => batches.length === 2);
    expect(batches[1]).toEqual(numbered(5));
    await mappings.drained();
    expect(batches[2]).toEqual(numbered(7).slice(5));
  });

  it('starts LATEST behind what is there when it is created, also after a restart before its first record', async () => {
    const batches: string[][] = [];
    const stateDir = temporaryFolder();
    const latest = { startingPosition: 'LATEST' } as const;
    const first = startMappings(recordingLambda(batches), { stateDir, mapping: latest });
    await first.mappings.close();
    await first.kinesis.close();
    const second = startMappings(recordingLambda(batches), { stateDir, mapping: latest });
    await second.put(['after']);
    await second.mappings.close();
    const { kinesis } = second;
    const third = startMappings(recordingLambda(batches), { stateDir, mapping: latest, kinesis });
    third.mappings.start();
    await third.mappings.drained();
    expect(batches).toEqual([['after']]);
  });

  it('skips with LATEST the records of closed shards too, but none of their later children', async () => {
    const batches: string[][] = [];
    const lambda = recordingLambda(batches);
    const before = startMappings(lambda);
    await before.put(['old']);
    await split(before.kinesis, SHARD_0);
    const { mappings, put } = startMappings(lambda, {
      kinesis: before.kinesis,
      mapping: { startingPosition: 'LATEST' },
    });
    await put(['new']);
    mappings.start();
    await mappings.drained();
    expect(batches).toEqual([['new']]);
  });

  it('starts AT_TIMESTAMP with the first record that arrived then, in every shard', async () => {
    const clock = { nowMs: 1_763_600_000_000 };
    const batches: string[][] = [];
    const before = startMappings(recordingLambda(batches), {
      shardCount: 2,
      nowMs: () => clock.nowMs,
    });
    for (const text of ['0', '1000', '2000']) {
      await before.put([`low-${text}`], 0n);
      if (text !== '2000') await before.put([`high-${text}`], 2n ** 127n);
      clock.nowMs += 1000;
    }
    const { mappings, put } = startMappings(recordingLambda(batches), {
      kinesis: before.kinesis,
      nowMs: () => clock.nowMs,
      mapping: { startingPosition: 'AT_TIMESTAMP', startingTimestampMs: 1_763_600_001_000 },
    });
    mappings.start();
    await mappings.drained();
    await put(['later'], 2n ** 127n);
    await mappings.drained();
    expect(batches.flat().sort()).toEqual(['high-1000', 'later', 'low-1000', 'low-2000']);
  });

  it('refuses to start at a time to come', () => {
    const nowMs = 1_763_600_000_000;
    const { mappings } = startMappings(recordingLambda([]), { nowMs: () => nowMs });
    const later = { startingPosition: 'AT_TIMESTAMP', startingTimestampMs: nowMs + 1 } as const;
    expect(() => mappings.ensureMapping({ ...mapping, id: 'later', ...later })).toThrow(
      'StartingPositionTimestamp cannot be in the future',
    );
  });

  it('reads nothing while its template disables it, and starts where it would have', async () => {
    const stateDir = temporaryFolder();
    const batches: string[][] = [];
    const first = startMappings(recordingLambda(batches), {
      stateDir,
      mapping: { enabled: false },
    });
    await first.put(['a']);
    first.mappings.start();
    await first.mappings.drained();
    expect([batches, first.mappings.views()[0]?.state]).toEqual([[], 'Disabled']);
    await first.mappings.close();
    const { kinesis } = first;
    const second = startMappings(recordingLambda(batches), { stateDir, kinesis });
    second.mappings.start();
    await second.mappings.drained();
    expect(batches).toEqual([['a']]);
  });

  it('goes on from its checkpoint after a restart', async () => {
    const stateDir = temporaryFolder();
    const batches: string[][] = [];
    const first = startMappings(recordingLambda(batches), { stateDir });
    await first.put(['a', 'b']);
    first.mappings.start();
    await first.mappings.drained();
    const { kinesis } = first;
    expect(first.mappings.checkpoint(mapping.id, SHARD_0)).toBe(
      kinesis.latestSequenceNumber('orders', SHARD_0),
    );
    await first.mappings.close();
    const second = startMappings(recordingLambda(batches), { stateDir, kinesis });
    await second.put(['c']);
    second.mappings.start();
    await second.mappings.drained();
    expect(batches).toEqual([['a', 'b'], ['c']]);
  });

  it('delivers a batch again that was in flight when the process died', async () => {
    const stateDir = temporaryFolder();
    const batches: string[][] = [];
    const hanging = createInProcessLambda((records) => {
      batches.push(textsOf(records));
      return new Promise(() => undefined);
    });
    const first = startMappings(hanging, { stateDir, closeGraceMs: 1 });
    await first.put(['a']);
    first.mappings.start();
    await waitUntil(() => batches.length === 1);
    const { kinesis } = first;
    const second = startMappings(recordingLambda(batches), { stateDir, kinesis });
    second.mappings.start();
    await second.mappings.drained();
    expect(batches).toEqual([['a'], ['a']]);
  });

  it('does not move the checkpoint by an answer that comes after it was closed', async () => {
    const answers: (() => void)[] = [];
    const lambda = createInProcessLambda(
      () => new Promise<void>((resolve) => answers.push(resolve)),
    );
    const { mappings, put } = startMappings(lambda, { closeGraceMs: 1 });
    await put(['a']);
    mappings.start();
    await waitUntil(() => answers.length === 1);
    await mappings.close();
    answers[0]?.();
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(mappings.checkpoint(mapping.id, SHARD_0)).toBeNull();
  });

  it('records what is answered while it closes', async () => {
    const answers: (() => void)[] = [];
    const lambda = createInProcessLambda(
      () => new Promise<void>((resolve) => answers.push(resolve)),
    );
    const { kinesis, mappings, put } = startMappings(lambda);
    await put(['a']);
    mappings.start();
    await waitUntil(() => answers.length === 1);
    const closed = mappings.close();
    setTimeout(() => answers[0]?.(), 10);
    await closed;
    const latest = kinesis.latestSequenceNumber('orders', SHARD_0);
    expect(mappings.checkpoint(mapping.id, SHARD_0)).toBe(latest);
  });

  it('processes shards side by side, each one batch at a time', async () => {
    const running = new Map<string, number>();
    let most = 0;
    const lambda = createInProcessLambda(async (records) => {
      const shard = records[0]?.eventID.split(':')[0] ?? '';
      expect(running.get(shard) ?? 0).toBe(0);
      running.set(shard, 1);
      most = Math.max(most, [...running.values()].filter(Boolean).length);
      await new Promise((resolve) => setTimeout(resolve, 10));
      running.set(shard, 0);
    });
    const { mappings, put } = startMappings(lambda, { shardCount: 2, mapping: { batchSize: 5 } });
    await put(numbered(20), 0n);
    await put(numbered(20), 2n ** 127n);
    mappings.start();
    await mappings.drained();
    expect(most).toBe(2);
  });

  it('is not drained while a record waits, before it started, or after it is closed', async () => {
    const { mappings, put } = startMappings(createInProcessLambda(() => undefined));
    await put(['a']);
    let isDrained = false;
    const drained = mappings.drained().then(() => {
      isDrained = true;
    });
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect([isDrained, mappings.pending()]).toEqual([false, true]);
    mappings.start();
    await drained;
    expect(mappings.pending()).toBe(false);
    await mappings.close();
    await expect(mappings.drained()).rejects.toThrow('closed');
  });

  it('starts at the first record of a stream that was deleted and created again', async () => {
    const batches: string[][] = [];
    const { kinesis, mappings, put } = startMappings(recordingLambda(batches));
    await put(['old-1', 'old-2']);
    mappings.start();
    await mappings.drained();
    await callKinesis(kinesis, 'DeleteStream', { StreamName: 'orders' });
    await new Promise((resolve) => setTimeout(resolve, 5));
    kinesis.ensureStream({ name: 'orders', shardCount: 1, retentionHours: 24 });
    await put(['new']);
    await waitUntil(() => batches.length === 2);
    expect(batches[1]).toEqual(['new']);
  });

  it('reads a shard of such a stream even when its namesake was closed and finished', async () => {
    const batches: string[][] = [];
    const { kinesis, mappings, put } = startMappings(recordingLambda(batches), {
      pollIntervalMs: 20,
    });
    await put(['old']);
    mappings.start();
    await mappings.drained();
    await split(kinesis, SHARD_0);
    await mappings.drained();
    await callKinesis(kinesis, 'DeleteStream', { StreamName: 'orders' });
    await new Promise((resolve) => setTimeout(resolve, 5));
    kinesis.ensureStream({ name: 'orders', shardCount: 1, retentionHours: 24 });
    await put(['new']);
    await waitUntil(() => batches.length === 2);
    expect(batches).toEqual([['old'], ['new']]);
  });
});

async function split(kinesis: Parameters<typeof callKinesis>[0], ShardToSplit: string) {
  const { status } = await callKinesis(kinesis, 'SplitShard', {
    StreamName: 'orders',
    ShardToSplit,
    NewStartingHashKey: (2n ** 127n).toString(),
  });
  expect(status).toBe(200);
}

describe('a reshard', () => {
  it('makes children wait for their parent when it is split while it is consumed', async () => {
    const seen: string[] = [];
    const lambda = createInProcessLambda(async (records) => {
      await new Promise((resolve) => setTimeout(resolve, 5));
      seen.push(...textsOf(records));
    });
    const { kinesis, mappings, put } = startMappings(lambda, { mapping: { batchSize: 10 } });
    await put(numbered(100, 'parent'));
    mappings.start();
    await waitUntil(() => seen.length > 0);
    await split(kinesis, SHARD_0);
    await put(numbered(20, 'low'), 0n);
    await put(numbered(20, 'high'), 2n ** 127n);
    await mappings.drained();
    expect(seen.slice(0, 100)).toEqual(numbered(100, 'parent'));
    expect(seen.filter((text) => text.startsWith('low'))).toEqual(numbered(20, 'low'));
    expect(seen.filter((text) => text.startsWith('high'))).toEqual(numbered(20, 'high'));
    expect(seen).toHaveLength(140);
  });

  it('makes the child of a merge wait for both parents, over a restart too', async () => {
    const stateDir = temporaryFolder();
    const seen: string[] = [];
    let isSlowShardOpen = false;
    const lambda = createInProcessLambda((records) => {
      const texts = textsOf(records);
      if (!isSlowShardOpen && texts.some((text) => text.startsWith('slow'))) throw new Error('no');
      seen.push(...texts);
    });
    const first = startMappings(lambda, { stateDir, shardCount: 2, closeGraceMs: 50 });
    await first.put(numbered(5, 'fast'), 0n);
    await first.put(numbered(5, 'slow'), 2n ** 127n);
    const { kinesis } = first;
    await callKinesis(kinesis, 'MergeShards', {
      StreamName: 'orders',
      ShardToMerge: SHARD_0,
      AdjacentShardToMerge: SHARD_1,
    });
    await first.put(numbered(5, 'child'));
    first.mappings.start();
    await waitUntil(() => seen.length === 5);
    await new Promise((resolve) => setTimeout(resolve, 30));
    await first.mappings.close();
    expect(seen).toEqual(numbered(5, 'fast'));
    const second = startMappings(lambda, { stateDir, kinesis });
    second.mappings.start();
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(seen).toEqual(numbered(5, 'fast'));
    isSlowShardOpen = true;
    await second.mappings.drained();
    expect(seen.slice(5)).toEqual([...numbered(5, 'slow'), ...numbered(5, 'child')]);
    expect(second.mappings.checkpoint(mapping.id, SHARD_2)).toBe(
      kinesis.latestSequenceNumber('orders', SHARD_2),
    );
  });

  it('keeps the order of every key over many reshards', async () => {
    const perKey = new Map<string, string[]>();
    const lambda = createInProcessLambda((records) => {
      for (const text of textsOf(records)) {
        const [key = ''] = text.split('-');
        perKey.set(key, [...(perKey.get(key) ?? []), text]);
      }
    });
    const { kinesis, mappings, put } = startMappings(lambda, { mapping: { batchSize: 7 } });
    mappings.start();
    let count = 0;
    for (const TargetShardCount of [2, 3, 6, 3, 2, 1]) {
      for (let i = 0; i < 10; i++, count++) {
        for (const key of [0n, 1n, 2n, 3n]) await put([`${key}-${count}`], key * 2n ** 126n);
      }
      const input = { StreamName: 'orders', TargetShardCount, ScalingType: 'UNIFORM_SCALING' };
      expect((await callKinesis(kinesis, 'UpdateShardCount', input)).status).toBe(200);
    }
    await mappings.drained();
    for (const key of ['0', '1', '2', '3']) expect(perKey.get(key)).toEqual(numbered(60, key));
  });
});
