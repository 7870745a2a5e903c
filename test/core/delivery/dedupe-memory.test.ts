import { describe, expect, it } from 'vitest';
import { DEDUPE_BYTES_PER_ID, dedupeRoom, expectedIds } from '#core/delivery/dedupe-memory.ts';

function stream(expectedPerSecond: number, horizonMs: number) {
  return { rate: { expectedPerSecond, bytes: 100 }, dedupe: { horizonMs } };
}

describe('dedupe memory', () => {
  it('expects as many identities as arrive within the horizon', () => {
    expect(expectedIds(stream(200, 3_600_000))).toBe(720_000);
    expect(expectedIds(stream(0.1, 1_000))).toBe(1);
    expect(expectedIds(stream(200, 0))).toBe(0);
  });

  it('gives a quarter of the memory, divided by what the streams expect', () => {
    const room = dedupeRoom([stream(30, 60_000), stream(10, 60_000), stream(5, 0)], 1_200_000_000);
    expect(room).toEqual([1_500_000, 500_000, 0]);
    const bytes = room.reduce((sum, ids) => sum + ids * DEDUPE_BYTES_PER_ID, 0);
    expect(bytes).toBe(300_000_000);
  });

  it('gives nothing where nothing is expected', () => {
    expect(dedupeRoom([stream(200, 0)], 1_000_000_000)).toEqual([0]);
  });
});
