import { describe, expect, it } from 'vitest';
import { commonPrefix, formatAge, formatDuration, plural, wrap } from '#cli/status/words.ts';

const MINUTE = 60_000;

describe('formatAge', () => {
  it.each([
    [-5, '0 s'],
    [999, '0 s'],
    [119_999, '119 s'],
    [120_000, '2 min'],
    [119 * MINUTE, '119 min'],
    [120 * MINUTE, '2 h'],
    [47 * 60 * MINUTE, '47 h'],
    [48 * 60 * MINUTE, '2 days'],
  ])('%d ms is %s', (ageMs, text) => {
    expect(formatAge(ageMs)).toBe(text);
  });
});

describe('formatDuration', () => {
  it.each([
    [0.4, '0 ms'],
    [812, '812 ms'],
    [1_529, '1.5 s'],
  ])('%d ms is %s', (durationMs, text) => {
    expect(formatDuration(durationMs)).toBe(text);
  });
});

describe('plural', () => {
  it.each([
    [0, '0 rows'],
    [1, '1 row'],
    [1_234, '1,234 rows'],
  ])('%d', (count, text) => {
    expect(plural(count, 'row')).toBe(text);
  });
});

describe('wrap', () => {
  it('cuts at blanks and leaves a long word whole', () => {
    expect(wrap('one two three fourteenletters x', 9)).toEqual([
      'one two',
      'three',
      'fourteenletters',
      'x',
    ]);
    expect(wrap('', 9)).toEqual([]);
  });
});

describe('commonPrefix', () => {
  it.each([
    [['sluice-local-storage', 'sluice-local-market-catalog'], 'sluice-local-'],
    [['sluice-local-storage', 'sluice-local-stock'], 'sluice-local-'],
    [['one', 'two'], ''],
    [['a-b'], 'a-'],
    [[], ''],
  ])('of %j', (names, prefix) => {
    expect(commonPrefix(names)).toBe(prefix);
  });
});
