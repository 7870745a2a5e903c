import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createHashedIdBuckets } from '#core/delivery/hashed-id-buckets.ts';
import { hashText } from '#core/delivery/id-hash.ts';
import { createIdBuckets } from './oracles/id-buckets.ts';

const arrived = fc.array(
  fc.record({
    id: fc.integer({ min: 0, max: 5 }).map((number) => `id-${number}`),
    atMs: fc.integer({ min: 0, max: 400_000 }),
  }),
  { maxLength: 60 },
);
const horizons = fc.constantFrom(1, 20, 5_000, 60_000, 100_000, 300_000, 1_000_000);

function hashesOf(ids: readonly string[]): Int32Array {
  const hashes = new Int32Array(4 * ids.length);
  for (const [item, id] of ids.entries()) hashes.set(hashText(id), 4 * item);
  return hashes;
}

/** Both indexes with the same identities, in one file. */
function filled(
  horizonMs: number,
  all: readonly { readonly id: string; readonly atMs: number }[],
  hashes = hashesOf(all.map(({ id }) => id)),
) {
  const plain = createIdBuckets(horizonMs);
  const hashed = createHashedIdBuckets(horizonMs);
  const ids = all.map(({ id }) => id);
  const arrivalsMs = all.map(({ atMs }) => atMs);
  const numbers = plain.numbersIn(0, 400_000);
  for (const bucket of numbers) {
    plain.add(bucket, 'file', { ids, arrivalsMs });
    hashed.add(bucket, 'file', { hashes, arrivalsMs });
  }
  return { plain, hashed, numbers };
}

describe('createHashedIdBuckets', () => {
  it('knows what createIdBuckets knows', () => {
    fc.assert(
      fc.property(horizons, arrived, arrived, (horizonMs, all, asked) => {
        const { plain, hashed, numbers } = filled(horizonMs, all);
        const near = all.flatMap(({ id, atMs }) =>
          [-1, 0, 1].flatMap((aside) => [
            { id, atMs: atMs - horizonMs + aside },
            { id, atMs: atMs + horizonMs + aside },
          ]),
        );
        expect(hashed.numbersIn(0, 400_000)).toEqual(numbers);
        for (const { id, atMs } of [...asked, ...near]) {
          expect(hashed.has(hashText(id), 0, atMs)).toBe(plain.has(id, atMs));
        }
      }),
      { numRuns: 300 },
    );
  });

  it('drops buckets as createIdBuckets does', () => {
    fc.assert(
      fc.property(arrived, fc.nat({ max: 400_000 }), (all, timeMs) => {
        const { plain, hashed, numbers } = filled(100_000, all);
        expect(hashed.dropFarthest(timeMs, new Set([1]))).toBe(
          plain.dropFarthest(timeMs, new Set([1])),
        );
        for (const bucket of numbers) {
          expect(hashed.hasFile(bucket, 'file')).toBe(plain.hasFile(bucket, 'file'));
          expect(hashed.span(bucket)).toEqual(plain.span(bucket));
        }
        expect(hashed.dropStale(numbers, new Set())).toBe(plain.dropStale(numbers, new Set()));
        expect(hashed.size()).toBe(0);
      }),
    );
  });

  it('knows what was added after buckets were dropped', () => {
    const hashed = createHashedIdBuckets(240_000);
    const ids = Array.from({ length: 3_000 }, (_, index) => `id-${index}`);
    const arrivalsMs = ids.map((_, index) => index * 100);
    const hashes = hashesOf(ids);
    const numbers = hashed.numbersIn(0, 300_000);
    for (const bucket of numbers) hashed.add(bucket, `file-${bucket}`, { hashes, arrivalsMs });
    hashed.dropStale(numbers, new Set(['file-0', 'file-4']));
    const found = ids.filter((id, item) => hashed.has(hashText(id), 0, arrivalsMs[item]!));
    expect(found).toEqual(ids.filter((_, item) => item < 600 || item >= 2_400));
    for (const bucket of numbers) hashed.add(bucket, 'file', { hashes, arrivalsMs });
    expect(ids.every((_, item) => hashed.has(hashes, item, arrivalsMs[item]!))).toBe(true);
  });

  it('holds an identity of one horizon once', () => {
    const all = Array.from({ length: 100 }, (_, index) => ({ id: 'same', atMs: index }));
    expect(filled(60_000, all).hashed.size()).toBe(1);
  });

  it('grows beyond its first room', () => {
    const all = Array.from({ length: 5_000 }, (_, index) => ({ id: `id-${index}`, atMs: index }));
    const { hashed } = filled(60_000, all);
    expect(hashed.size()).toBe(5_000);
    expect(all.every(({ id, atMs }) => hashed.has(hashText(id), 0, atMs))).toBe(true);
    expect(hashed.has(hashText('id-5000'), 0, 10)).toBe(false);
  });

  // Looking at each before it would be 10^10 steps: the test would not end.
  it('takes no quadratic time when someone has made the hashes fall together', () => {
    const all = Array.from({ length: 100_000 }, () => ({ id: 'x', atMs: 1 }));
    const hashes = new Int32Array(4 * all.length);
    for (let item = 0; item < all.length; item++) hashes[4 * item + 3] = item;
    const { hashed } = filled(60_000, all, hashes);
    expect(hashed.size()).toBe(100_000);
    expect(hashed.has(Int32Array.of(0, 0, 0, 99_999), 0, 1)).toBe(true);
    expect(hashed.has(Int32Array.of(0, 0, 0, 100_000), 0, 1)).toBe(false);
  });
});
