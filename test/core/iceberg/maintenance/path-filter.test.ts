import { describe, expect, it } from 'vitest';
import { createPathFilter } from '#core/iceberg/maintenance/path-filter.ts';

const path = (n: number) => `/ticks/data/_ingested_at_hour=2026-11-20-${n % 24}/shard_${n}.parquet`;

describe('createPathFilter', () => {
  it.each([0, 1, -7, 0x7fffffff])('never forgets a path, with seed %i', (seed) => {
    const filter = createPathFilter({ sizeBytes: 65_536, seed });
    for (let n = 0; n < 50_000; n++) filter.add(path(n));
    for (let n = 0; n < 50_000; n++) expect(filter.mayHave(path(n))).toBe(true);
  });

  it('is rarely wrong about others', () => {
    const filter = createPathFilter({ sizeBytes: 65_536, seed: 3 });
    for (let n = 0; n < 26_000; n++) filter.add(path(n));
    let wrong = 0;
    for (let n = 100_000; n < 150_000; n++) if (filter.mayHave(path(n))) wrong++;
    expect(wrong).toBeLessThan(50);
  });
});
