import { describe, expect, it } from 'vitest';
import {
  compareCursors,
  comparisonOf,
  cursorLagSeconds,
  isCursorValue,
  withOverlap,
} from '#core/poll/cursor-value.ts';

describe('values of a cursor', () => {
  it.each([
    ['0', 'number'],
    ['1790000000000.5', 'number'],
    ['2026-01-31T00:00:00Z', 'time'],
    ['2026-01-31', 'time'],
    ['abc', 'text'],
    ['', 'text'],
  ])('that begin with %j compare as %s', (initial, kind) => {
    expect(comparisonOf(initial)).toBe(kind);
  });

  it('compare as numbers without loss of digits', () => {
    expect(compareCursors('number', '9', '10')).toBe(-1);
    expect(compareCursors('number', '9007199254740993', '9007199254740992')).toBe(1);
    expect(compareCursors('number', '1.50', '15e-1')).toBe(0);
  });

  it('compare as times whatever their form', () => {
    expect(compareCursors('time', '2026-01-31T00:00:00.5Z', '2026-01-31T00:00:00Z')).toBe(1);
    expect(compareCursors('time', '2026-01-31T01:00:00+02:00', '2026-01-31T00:00:00Z')).toBe(-1);
    expect(compareCursors('time', '2026-01-31T02:00:00+02:00', '2026-01-31T00:00:00Z')).toBe(0);
  });

  it('compare as texts by code units', () => {
    expect(compareCursors('text', 'a10', 'a9')).toBe(-1);
  });

  it('have a form of their kind, and none that would break a request', () => {
    expect(isCursorValue('number', 'x')).toBe(false);
    expect(isCursorValue('time', '7')).toBe(false);
    expect(isCursorValue('text', 'a b ä')).toBe(true);
    expect(isCursorValue('text', 'a\r\nb')).toBe(false);
    expect(isCursorValue('text', '')).toBe(false);
    expect(isCursorValue('text', 'x'.repeat(513))).toBe(false);
  });
});

describe('an overlap', () => {
  it('moves a time back, and keeps its microseconds', () => {
    const cursor = { compare: 'time', overlapMs: 90_000 } as const;
    expect(withOverlap(cursor, '2026-01-31T00:01:00Z')).toBe('2026-01-30T23:59:30.000Z');
    expect(withOverlap(cursor, '2026-01-31T00:01:00.123456Z')).toBe('2026-01-30T23:59:30.123456Z');
    expect(withOverlap(cursor, '1969-12-31T23:59:59.999999Z')).toBe('1969-12-31T23:58:29.999999Z');
  });

  it('of nothing leaves the value as the source wrote it', () => {
    expect(withOverlap({ compare: 'time', overlapMs: 0 }, '2026-01-31 00:01')).toBe(
      '2026-01-31 00:01',
    );
  });
});

describe('the lag of a cursor', () => {
  const nowMs = Date.UTC(2026, 0, 31, 0, 1);

  it('is its age where it is a time', () => {
    expect(cursorLagSeconds({ compare: 'time' }, '2026-01-31T00:00:00Z', nowMs)).toBe(60);
    expect(cursorLagSeconds({ compare: 'time' }, '2026-01-31T00:02:00Z', nowMs)).toBe(0);
  });

  it('is not known otherwise', () => {
    expect(cursorLagSeconds({ compare: 'number' }, '7', nowMs)).toBeNull();
    expect(cursorLagSeconds(null, null, nowMs)).toBeNull();
  });
});
