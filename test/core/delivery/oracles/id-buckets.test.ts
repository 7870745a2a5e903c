import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ArrivedIds, createIdBuckets, type IdBuckets } from './id-buckets.ts';

const HOUR_MS = 3_600_000;
const START_MS = Date.UTC(2026, 10, 20, 12);

function arrived(entries: readonly (readonly [string, number])[]): ArrivedIds {
  return { ids: entries.map(([id]) => id), arrivalsMs: entries.map(([, at]) => at) };
}

/** Adds a file to every bucket it reaches into. */
function addFile(
  buckets: IdBuckets,
  path: string,
  entries: readonly (readonly [string, number])[],
): void {
  const times = entries.map(([, at]) => at);
  for (const bucket of buckets.numbersIn(Math.min(...times), Math.max(...times))) {
    buckets.add(bucket, path, arrived(entries));
  }
}

describe('createIdBuckets', () => {
  it('finds an identity exactly within the horizon of its arrival, before and after', () => {
    const gap = fc.integer({ min: -3 * HOUR_MS, max: 3 * HOUR_MS });
    const edges = fc.constantFrom(-HOUR_MS - 1, -HOUR_MS, 0, HOUR_MS, HOUR_MS + 1);
    fc.assert(
      fc.property(fc.nat({ max: 10 * HOUR_MS }), fc.oneof(gap, edges), (offset, distance) => {
        const buckets = createIdBuckets(HOUR_MS);
        const at = START_MS + offset;
        addFile(buckets, 'f', [['a', at]]);
        expect(buckets.has('a', at + distance)).toBe(Math.abs(distance) <= HOUR_MS);
        expect(buckets.has('b', at)).toBe(false);
      }),
    );
  });

  it('holds an identity of two arrivals, each with a horizon of its own', () => {
    const buckets = createIdBuckets(HOUR_MS);
    addFile(buckets, 'f', [
      ['a', START_MS],
      ['a', START_MS + 5 * HOUR_MS],
    ]);
    const found = [0, 2, 5, 7].map((hours) => buckets.has('a', START_MS + hours * HOUR_MS));
    expect(found).toEqual([true, false, true, false]);
  });

  it.each([
    [
      'older',
      [
        ['a', START_MS + 30_000],
        ['a', START_MS],
      ],
    ],
    [
      'newer',
      [
        ['a', START_MS],
        ['a', START_MS + 30_000],
      ],
    ],
  ] as const)('holds two arrivals in one bucket, of which the %s is added last', (_, arrivals) => {
    const buckets = createIdBuckets(10_000);
    for (const [index, arrival] of arrivals.entries()) addFile(buckets, `f${index}`, [arrival]);
    const found = [0, 9, 20, 35, 41].map((seconds) => buckets.has('a', START_MS + seconds * 1000));
    expect(found).toEqual([true, true, true, true, false]);
  });

  it('counts the identities it holds', () => {
    const buckets = createIdBuckets(HOUR_MS);
    addFile(buckets, 'f', [
      ['a', START_MS],
      ['b', START_MS],
    ]);
    addFile(buckets, 'g', [
      ['b', START_MS],
      ['c', START_MS + 2 * HOUR_MS],
    ]);
    expect(buckets.size()).toBe(3);
  });

  it('drops a bucket whole when one of its files is no longer live', () => {
    const buckets = createIdBuckets(HOUR_MS);
    addFile(buckets, 'old', [['a', START_MS]]);
    addFile(buckets, 'new', [['b', START_MS]]);
    addFile(buckets, 'later', [['c', START_MS + HOUR_MS]]);
    const numbers = buckets.numbersIn(START_MS, START_MS + HOUR_MS);
    expect(buckets.dropStale(numbers, new Set(['old', 'new', 'later', 'other']))).toBe(false);
    expect(buckets.dropStale(numbers, new Set(['new', 'later']))).toBe(true);
    expect(buckets.size()).toBe(1);
    expect(buckets.hasFile(numbers[0]!, 'new')).toBe(false);
    expect(buckets.has('c', START_MS + HOUR_MS)).toBe(true);
  });

  it('drops the bucket farthest away first, and none that is kept', () => {
    const buckets = createIdBuckets(HOUR_MS);
    for (const hours of [0, 2, 9]) {
      addFile(buckets, `f${hours}`, [[`id-${hours}`, START_MS + hours * HOUR_MS]]);
    }
    const kept = new Set(buckets.numbersIn(START_MS, START_MS));
    expect(buckets.dropFarthest(START_MS, kept)).toBe(true);
    expect(buckets.has('id-9', START_MS + 9 * HOUR_MS)).toBe(false);
    expect(buckets.dropFarthest(START_MS, kept)).toBe(true);
    expect(buckets.dropFarthest(START_MS, kept)).toBe(false);
    expect(buckets.size()).toBe(1);
  });

  it('has buckets that cover all time without a gap', () => {
    const buckets = createIdBuckets(HOUR_MS);
    const numbers = buckets.numbersIn(START_MS - HOUR_MS, START_MS + HOUR_MS);
    const spans = numbers.map((bucket) => buckets.span(bucket));
    for (const [index, { fromMs }] of spans.entries()) {
      expect(fromMs).toBe(index === 0 ? fromMs : spans[index - 1]!.toMs + 1);
    }
    expect(spans[0]!.fromMs).toBeLessThanOrEqual(START_MS - HOUR_MS);
    expect(spans.at(-1)!.toMs).toBeGreaterThanOrEqual(START_MS + HOUR_MS);
  });
});
