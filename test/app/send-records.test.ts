import { describe, expect, it } from 'vitest';
import { type ProducedEvent, packRecords } from '#app/producer-lane.ts';
import { sendRecords } from '#app/send-records.ts';
import { SluiceError } from '#core/errors.ts';
import { decodeRecord } from '#core/kinesis/aggregated-record.ts';
import type { PutOutcome, StreamRecordIn } from '#ports/event-stream.ts';

const SHARD = {
  shardId: '1',
  source: 'kafka:t/1',
  startingHashKey: 1n,
  endingHashKey: 1n,
  open: true,
  parentShardIds: [],
};
const LIMITS = { maxRetries: 3, retryBaseMs: 100 };

function event(text: string): ProducedEvent {
  return { stream: 'trade', partitionKey: text, data: Buffer.from(text) };
}

function record(text: string): StreamRecordIn {
  return { partitionKey: text, data: Buffer.from(text) };
}

/** A stream that answers each request by what `answers` says of it. */
function streamOf(answers: readonly ((texts: readonly string[]) => readonly PutOutcome[])[]) {
  const requests: string[][] = [];
  return {
    requests,
    deps: {
      stream: {
        putRecords: async (_name: string, records: readonly StreamRecordIn[]) => {
          const texts = records.map(({ partitionKey }) => partitionKey);
          requests.push(texts);
          return answers[Math.min(requests.length, answers.length) - 1]?.(texts) ?? [];
        },
      },
      clock: { nowMs: () => 0, sleep: async () => {} },
      random: { next: () => 0, bytes: () => new Uint8Array() },
    },
  };
}

const accepted = (shardId: string): PutOutcome => ({
  kind: 'accepted',
  shardId,
  sequenceNumber: '0',
});
const failed: PutOutcome = { kind: 'failed', errorCode: 'Busy', message: 'later' };
const send = (deps: ReturnType<typeof streamOf>['deps'], texts: readonly string[]) =>
  sendRecords(deps, texts.map(record), { streamName: 't', limits: LIMITS });

describe('packRecords', () => {
  it('makes a record of each event where the layout is plain, without a place of its own', () => {
    const records = packRecords('plain', SHARD, [event('a'), event('b')]);
    expect(records).toEqual([record('a'), record('b')]);
  });

  it('makes one record of all where the layout is aggregated, placed by its shard', () => {
    const [only, ...others] = packRecords('aggregated', SHARD, [event('a'), event('b')]);
    expect(others).toEqual([]);
    expect(only?.explicitHashKey).toBe(1n);
    const parts = decodeRecord(only?.data ?? new Uint8Array(), 'a');
    expect(parts.map(({ partitionKey }) => partitionKey)).toEqual(['a', 'b']);
  });

  it('makes nothing of nothing', () => {
    expect(packRecords('aggregated', SHARD, [])).toEqual([]);
  });
});

describe('sendRecords', () => {
  it('repeats only what failed, in its order, and names every shard', async () => {
    const { deps, requests } = streamOf([
      (texts) => texts.map((text) => (text === 'b' || text === 'c' ? failed : accepted('1'))),
      (texts) => texts.map(() => accepted('2')),
    ]);
    const { shardIds, retries } = await send(deps, ['a', 'b', 'c', 'd']);
    expect(requests).toEqual([
      ['a', 'b', 'c', 'd'],
      ['b', 'c'],
    ]);
    expect([...shardIds]).toEqual(['1', '2']);
    expect(retries).toBe(1);
  });

  it('gives up after the last retry and says what the stream said', async () => {
    const { deps, requests } = streamOf([(texts) => texts.map(() => failed)]);
    await expect(send(deps, ['a'])).rejects.toMatchObject({
      code: 'DELIVERY_FAILED',
      message: expect.stringContaining('refused a record 4 times, last with Busy: later'),
    });
    expect(requests).toHaveLength(4);
  });

  it('takes a service that names no outcomes for one that refuses', async () => {
    const { deps } = streamOf([() => []]);
    await expect(send(deps, ['a'])).rejects.toThrow(/NoOutcome/);
  });

  it('lets a topic that was created again end the sending', async () => {
    const { deps } = streamOf([
      () => {
        throw new SluiceError('SOURCE_REPLACED', 'another topic');
      },
    ]);
    await expect(send(deps, ['a'])).rejects.toMatchObject({ code: 'SOURCE_REPLACED' });
  });
});
