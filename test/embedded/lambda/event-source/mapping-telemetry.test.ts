import { describe, expect, it } from 'vitest';
import { type Handler, mapping, SHARD_0, textsOf } from '../start-mappings.ts';
import { startVirtualMapping } from './start-virtual-mapping.ts';

type Options = Parameters<typeof startVirtualMapping>[1];

function start(handler: Handler, options: Options = {}) {
  const running = startVirtualMapping(handler, {
    ...options,
    mapping: { countEvents: true, ...options.mapping },
  });
  const sum = (name: string) =>
    running.data
      .filter((datum) => datum.name === name)
      .reduce((total, datum) => total + datum.value, 0);
  const sums = () => ({
    polled: sum('PolledEventCount'),
    invoked: sum('InvokedEventCount'),
    failed: sum('FailedInvokeEventCount'),
    dropped: sum('DroppedEventCount'),
    delivered: sum('OnFailureDestinationDeliveredEventCount'),
  });
  return { ...running, sums };
}

function failOn(poison: string): Handler {
  return (records) => {
    if (textsOf(records).includes(poison)) throw new Error('no');
  };
}

describe('metrics of an event source mapping', () => {
  it('count what is polled, invoked and failed, retries each time', async () => {
    let attempts = 0;
    const { clock, source, mappings, sums } = start(() => {
      if (++attempts < 3) throw new Error('no');
    });
    for (const text of ['a', 'b', 'c']) source.put(SHARD_0, 'key', text);
    mappings.start();
    await clock.advance(1000);
    expect(sums()).toEqual({ polled: 3, invoked: 9, failed: 6, dropped: 0, delivered: 0 });
  });

  it('count a partial failure from its first failed record on', async () => {
    let attempts = 0;
    const { clock, source, mappings, sums } = start(
      (records) => {
        const itemIdentifier = records[1]?.kinesis.sequenceNumber;
        return { batchItemFailures: ++attempts === 1 ? [{ itemIdentifier }] : [] };
      },
      { mapping: { reportBatchItemFailures: true } },
    );
    for (const text of ['a', 'b', 'c']) source.put(SHARD_0, 'key', text);
    mappings.start();
    await clock.advance(1000);
    expect(sums()).toMatchObject({ invoked: 5, failed: 2 });
  });

  it('count events at the failure destination as delivered, not as dropped', async () => {
    const { clock, source, mappings, sums, data } = start(failOn('a'), {
      mapping: { maxRetryAttempts: 0 },
    });
    for (const text of ['a', 'b']) source.put(SHARD_0, 'key', text);
    mappings.start();
    await clock.advance(1000);
    expect(sums()).toMatchObject({ dropped: 0, delivered: 2 });
    expect(data.find(({ name }) => name === 'OnFailureDestinationDeliveredEventCount')).toEqual({
      namespace: 'AWS/Lambda',
      name: 'OnFailureDestinationDeliveredEventCount',
      dimensions: { EventSourceMappingUUID: mapping.id },
      value: 2,
      atMs: expect.any(Number),
    });
  });

  it('count events as dropped that are given up without a destination', async () => {
    const { clock, source, mappings, sums } = start(failOn('a'), {
      mapping: { maxRetryAttempts: 0, onFailureBucket: null },
    });
    source.put(SHARD_0, 'key', 'a');
    mappings.start();
    await clock.advance(1000);
    expect(sums()).toMatchObject({ dropped: 1, delivered: 0 });
  });

  it('do not count as dropped what the stream itself dropped', async () => {
    const { clock, source, mappings, sums, notices } = start(failOn('a'), {
      mapping: { onFailureBucket: null },
    });
    source.put(SHARD_0, 'key', 'a');
    mappings.start();
    await clock.advance(1000);
    source.trim(clock.nowMs());
    await clock.advance(30_000);
    expect(sums()).toMatchObject({ dropped: 0 });
    expect(notices.at(-1)).toContain('are lost: RecordExpired');
  });

  it('report zero for a poll that finds nothing, and nothing at all unless they are asked for', async () => {
    const polls = (data: readonly { readonly name: string; readonly value: number }[]) =>
      data.filter(({ name }) => name === 'PolledEventCount').map(({ value }) => value);
    const counted = start(() => undefined);
    counted.mappings.start();
    await counted.clock.advance(3500);
    expect(polls(counted.data)).toEqual([0, 0, 0, 0]);
    const silent = start(() => undefined, { mapping: { countEvents: false } });
    silent.source.put(SHARD_0, 'key', 'a');
    silent.mappings.start();
    await silent.clock.advance(3500);
    expect(silent.data.map(({ name }) => name)).toEqual(['IteratorAge']);
  });

  it('tell the age of the last record of each batch when it goes to the function', async () => {
    let attempts = 0;
    const { clock, source, mappings, data } = start(() => {
      if (++attempts < 3) throw new Error('no');
    });
    source.put(SHARD_0, 'key', 'old');
    await clock.advance(4000);
    source.put(SHARD_0, 'key', 'young');
    await clock.advance(1000);
    mappings.start();
    await clock.advance(1000);
    const ages = data.filter(({ name }) => name === 'IteratorAge');
    expect(ages.map(({ value }) => value)).toEqual([1000, 1100, 1300]);
    expect(ages[0]).toMatchObject({
      namespace: 'AWS/Lambda',
      dimensions: { FunctionName: 'writer' },
    });
  });

  it('sum up: what is polled is processed, delivered, dropped or still there', async () => {
    const { clock, source, mappings, sums } = start(failOn('x'), {
      mapping: { maxRetryAttempts: 0, bisectOnError: true },
    });
    for (const text of ['a', 'x', 'b', 'x', 'c']) source.put(SHARD_0, 'key', text);
    mappings.start();
    await clock.until(() => !mappings.pending());
    const { polled, invoked, failed, delivered } = sums();
    expect([polled, delivered]).toEqual([5, 2]);
    expect(invoked - failed).toBe(polled - delivered);
  });
});

describe('the last processing result', () => {
  it('is in the words of Lambda', async () => {
    const state = { isFailing: true };
    const { clock, source, mappings } = start(() => {
      if (state.isFailing) throw new Error('no');
    });
    const result = () => mappings.views()[0]?.lastProcessingResult;
    mappings.start();
    await clock.advance(2000);
    expect(result()).toBe('No records processed');
    source.put(SHARD_0, 'key', 'a');
    await clock.advance(1000);
    expect(result()).toBe('PROBLEM: Function call failed');
    state.isFailing = false;
    await clock.advance(30_000);
    expect(result()).toBe('OK');
  });
});
