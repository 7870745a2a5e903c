import { describe, expect, it } from 'vitest';
import { createScratch, takeBytes, takeInt32s, takeNewCodes } from '#core/parquet/scratch.ts';

describe('scratch memory', () => {
  it('is the same array as long as it is long enough', () => {
    const scratch = createScratch();
    const first = takeBytes(scratch, 'page', 100);
    expect(takeBytes(scratch, 'page', 40)).toBe(first);
    expect(takeBytes(scratch, 'values', 40)).not.toBe(first);
    expect(takeInt32s(scratch, 'codes', 10)).toBe(takeInt32s(scratch, 'codes', 5));
  });

  it('grows by half at least, so that slow growth does not allocate every time', () => {
    const scratch = createScratch();
    takeInt32s(scratch, 'codes', 1000);
    expect(takeInt32s(scratch, 'codes', 1001)).toHaveLength(1500);
    expect(takeInt32s(scratch, 'codes', 9000)).toHaveLength(9000);
  });

  it('has new codes of zeros', () => {
    expect(Array.from(takeNewCodes(createScratch(), 3))).toEqual([0, 0, 0]);
  });
});
