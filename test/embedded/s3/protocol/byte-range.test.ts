import { describe, expect, it } from 'vitest';
import { resolveRange } from '#embedded/s3/protocol/byte-range.ts';

describe('resolveRange', () => {
  it('resolves first-last, open and suffix ranges', () => {
    expect(resolveRange('bytes=2-5', 10)).toEqual({ start: 2, end: 5 });
    expect(resolveRange('bytes=7-', 10)).toEqual({ start: 7, end: 9 });
    expect(resolveRange('bytes=-3', 10)).toEqual({ start: 7, end: 9 });
  });

  it('cuts a range at the end of the object', () => {
    expect(resolveRange('bytes=8-99999999999999999999', 10)).toEqual({ start: 8, end: 9 });
    expect(resolveRange('bytes=-50', 10)).toEqual({ start: 0, end: 9 });
  });

  it('takes the whole object for headers HTTP asks to ignore', () => {
    for (const header of ['bytes=5-2', 'bytes=-', 'bytes=a-b', 'lines=1-2', 'bytes=0-1,4-5']) {
      expect(resolveRange(header, 10), header).toBeNull();
    }
    expect(resolveRange(undefined, 10)).toBeNull();
  });

  it('refuses ranges outside the object', () => {
    for (const header of ['bytes=10-', 'bytes=10-20', 'bytes=-0']) {
      expect(() => resolveRange(header, 10), header).toThrow(/not satisfiable/);
    }
    expect(() => resolveRange('bytes=0-0', 0)).toThrow(/not satisfiable/);
    expect(() => resolveRange('bytes=-1', 0)).toThrow(/not satisfiable/);
  });
});
