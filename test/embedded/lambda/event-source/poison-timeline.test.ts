import { describe, expect, it } from 'vitest';
import { type Handler, SHARD_0, textsOf } from '../start-mappings.ts';
import { startVirtualMapping } from './start-virtual-mapping.ts';

type Options = Parameters<typeof startVirtualMapping>[1];

/** A shard with a poison record and one behind it, and the milliseconds at which each is tried. */
function startWithPoison(options: Options = {}, onRecords: Handler = () => undefined) {
  const tries: (readonly [string, number])[] = [];
  const running = startVirtualMapping(
    (records) => {
      const texts = textsOf(records);
      tries.push([texts.join(' '), running.clock.nowMs() - startMs]);
      if (texts.includes('poison')) throw new Error('cannot take it');
      return onRecords(records);
    },
    { ...options, mapping: { batchSize: 1, ...options.mapping } },
  );
  const startMs = running.clock.nowMs();
  running.source.put(SHARD_0, 'a', 'poison');
  running.source.put(SHARD_0, 'b', 'behind');
  running.mappings.start();
  const triesOf = (text: string) => tries.filter(([tried]) => tried === text).map(([, ms]) => ms);
  return { ...running, startMs, tries, triesOf };
}

const HOUR_MS = 3_600_000;

describe('a record that always fails', () => {
  it('holds its shard as long as its retries take, and not longer', async () => {
    const { clock, triesOf, letters } = startWithPoison({ mapping: { maxRetryAttempts: 3 } });
    await clock.advance(10_000);
    expect(triesOf('poison')).toEqual([0, 100, 300, 700]);
    expect(triesOf('behind')).toEqual([700]);
    expect(letters).toHaveLength(1);
  });

  it('holds its shard until it is too old, to the millisecond, whatever the back-off', async () => {
    const { clock, source, triesOf, letters, startMs } = startWithPoison({
      mapping: { maxRecordAgeSeconds: 60 },
    });
    await clock.advance(30_000);
    source.put(SHARD_0, 'a', 'later');
    await clock.advance(HOUR_MS);
    expect(triesOf('poison')).toEqual([0, 100, 300, 700, 1500, 3100, 6300, 12_700, 25_500, 51_100]);
    expect(triesOf('later')).toEqual([60_001]);
    // What came together with it is as old, and has waited behind it.
    const times = letters.map((letter) => Date.parse(letter.timestamp) - startMs);
    expect(times).toEqual([60_001, 60_001]);
    expect(letters[0]?.requestContext).toMatchObject({
      condition: 'RecordAgeExceeded',
      approximateInvokeCount: 11,
    });
  });

  it('ends by whichever limit comes first', async () => {
    const limits = { maxRecordAgeSeconds: 60, maxRetryAttempts: 10_000 };
    const byAge = startWithPoison({ mapping: limits });
    await byAge.clock.advance(HOUR_MS);
    expect(byAge.letters[0]?.requestContext.condition).toBe('RecordAgeExceeded');
    const byRetries = startWithPoison({ mapping: { ...limits, maxRetryAttempts: 2 } });
    await byRetries.clock.advance(HOUR_MS);
    expect(byRetries.letters[0]?.requestContext.condition).toBe('RetryAttemptsExhausted');
  });

  it('holds its shard without limits, tried twice a minute, until the stream drops it', async () => {
    const { clock, source, startMs, triesOf, letters } = startWithPoison();
    await clock.advance(23 * HOUR_MS);
    expect(triesOf('behind')).toEqual([]);
    const lastHour = triesOf('poison').filter((ms) => ms > 22 * HOUR_MS);
    expect(lastHour).toHaveLength(120);
    source.trim(startMs + 1);
    source.put(SHARD_0, 'b', 'later');
    await clock.advance(30_000);
    expect(triesOf('later')).toHaveLength(1);
    expect(letters.map((letter) => letter.requestContext.condition)).toEqual(['RecordAgeExceeded']);
  });

  it('is split off its batch, and delays its neighbours by the splits only', async () => {
    const { clock, tries, letters } = startWithPoison({
      mapping: { batchSize: 2, bisectOnError: true, maxRetryAttempts: 1 },
    });
    await clock.advance(10_000);
    expect(tries).toEqual([
      ['poison behind', 0],
      ['poison', 100],
      ['poison', 300],
      ['behind', 300],
    ]);
    expect(letters.map((letter) => letter.KinesisBatchInfo.batchSize)).toEqual([1]);
  });

  it('holds its own lane only', async () => {
    const { clock, source, triesOf } = startWithPoison({ mapping: { parallelizationFactor: 10 } });
    for (const key of ['e', 'h', 'i', 'j']) source.put(SHARD_0, key, `other-${key}`);
    source.put(SHARD_0, 'a', 'same-key');
    await clock.advance(HOUR_MS);
    expect(triesOf('same-key')).toEqual([]);
    for (const key of ['e', 'h', 'i', 'j']) expect(triesOf(`other-${key}`)).toEqual([0]);
  });
});

describe('a function that cannot be invoked', () => {
  function startUnreachable(options: Options = {}) {
    const times: number[] = [];
    const state = { isThrottled: true };
    const calls: string[][] = [];
    const running = startVirtualMapping(() => undefined, {
      ...options,
      lambda: {
        hasFunction: () => true,
        roleArnOf: () => null,
        invoke: async (_name, payload) => {
          times.push(running.clock.nowMs() - startMs);
          if (state.isThrottled) throw new Error('Rate Exceeded.');
          calls.push(textsOf(JSON.parse(payload.toString()).Records));
          return { kind: 'success', payload: Buffer.from('null'), requestId: 'id' };
        },
      },
    });
    const startMs = running.clock.nowMs();
    running.source.put(SHARD_0, 'a', 'one');
    running.mappings.start();
    return { ...running, times, state, calls };
  }

  it('uses up no retries, however long it lasts', async () => {
    const { clock, times, state, calls, letters } = startUnreachable({
      mapping: { maxRetryAttempts: 0 },
    });
    await clock.advance(HOUR_MS);
    state.isThrottled = false;
    await clock.advance(30_000);
    expect(times.length).toBeGreaterThan(100);
    expect(calls).toEqual([['one']]);
    expect(letters).toEqual([]);
  });

  it('loses its records to the destination when the stream drops them meanwhile', async () => {
    const { clock, source, state, calls, letters } = startUnreachable();
    await clock.advance(HOUR_MS);
    source.trim(clock.nowMs());
    source.put(SHARD_0, 'a', 'two');
    await clock.advance(31_000);
    state.isThrottled = false;
    await clock.advance(31_000);
    expect(letters.map((letter) => letter.KinesisBatchInfo.batchSize)).toEqual([1]);
    expect(calls).toEqual([['two']]);
  });

  it('loses its records to the destination when they are too old, as never invoked', async () => {
    const { clock, letters, calls } = startUnreachable({ mapping: { maxRecordAgeSeconds: 60 } });
    await clock.advance(61_000);
    expect(calls).toEqual([]);
    expect(letters[0]?.requestContext).toMatchObject({
      condition: 'RecordAgeExceeded',
      approximateInvokeCount: 1,
    });
    expect(letters[0]?.responseContext).toBeUndefined();
  });
});
