import { describe, expect, it } from 'vitest';
import { createDateReader, createTimestampReader, type FileTimes } from '#core/file/file-times.ts';
import { compileTimePattern } from '#core/file/time-pattern.ts';
import { isTimeZone } from '#core/file/time-zone.ts';

const UTC: FileTimes = { timeZone: 'UTC', timestampFormat: null, dateFormat: null };

function read(text: string, times: Partial<FileTimes> = {}): string {
  const result = createTimestampReader({ ...UTC, ...times })(text);
  if ('problem' in result) return result.problem;
  return new Date(Number(result.value / 1_000n)).toISOString();
}

describe('times of a file', () => {
  it('are ISO 8601 by default, local to the zone unless they have an offset', () => {
    const timeZone = 'Europe/Berlin';
    expect(read('2026-07-01T12:00:00')).toBe('2026-07-01T12:00:00.000Z');
    expect(read('2026-07-01T12:00:00', { timeZone })).toBe('2026-07-01T10:00:00.000Z');
    expect(read('2026-01-01 12:00', { timeZone })).toBe('2026-01-01T11:00:00.000Z');
    expect(read('2026-07-01T12:00:00Z', { timeZone })).toBe('2026-07-01T12:00:00.000Z');
    expect(read('2026-07-01T12:00:00-05:00', { timeZone })).toBe('2026-07-01T17:00:00.000Z');
    expect(read('yesterday')).toMatch(/^expected a time/);
  });

  it('do not exist when clocks go forward over them', () => {
    const timeZone = 'Europe/Berlin';
    expect(read('2026-03-29T01:59:59', { timeZone })).toBe('2026-03-29T00:59:59.000Z');
    expect(read('2026-03-29T02:30:00', { timeZone })).toMatch(/does not exist in Europe\/Berlin/);
    expect(read('2026-03-29T03:00:00', { timeZone })).toBe('2026-03-29T01:00:00.000Z');
  });

  it('are the earlier moment when clocks show them twice', () => {
    expect(read('2026-10-25T02:30:00', { timeZone: 'Europe/Berlin' })).toBe(
      '2026-10-25T00:30:00.000Z',
    );
    expect(read('2026-11-01T01:30:00', { timeZone: 'America/New_York' })).toBe(
      '2026-11-01T05:30:00.000Z',
    );
  });

  it('know zones with odd offsets, and the time before zones', () => {
    expect(read('2026-01-01T00:00:00', { timeZone: 'Asia/Kathmandu' })).toBe(
      '2025-12-31T18:15:00.000Z',
    );
    expect(read('1880-01-01T00:00:00', { timeZone: 'Europe/Berlin' })).toBe(
      '1879-12-31T23:06:32.000Z',
    );
    expect([isTimeZone('Europe/Berlin'), isTimeZone('Europe/Belin'), isTimeZone('+01:00')]).toEqual(
      [true, false, false],
    );
  });

  it.each([
    ['dd.MM.yyyy HH:mm:ss', '20.11.2026 18:30:05', '2026-11-20T18:30:05.000Z'],
    ['MMM d yyyy', 'Nov 5 2026', '2026-11-05T00:00:00.000Z'],
    ['MMMM d, yyyy h:mm a', 'november 5, 2026 12:05 AM', '2026-11-05T00:05:00.000Z'],
    ["yyyy-MM-dd'T'HH:mm:ss.SSSXXX", '2026-11-20T18:30:05.250+02:00', '2026-11-20T16:30:05.250Z'],
    ['epoch_millis', '1700000000123', '2023-11-14T22:13:20.123Z'],
    ['epoch_seconds', '1700000000.5', '2023-11-14T22:13:20.500Z'],
  ])('are read by %s', (timestampFormat, text, expected) => {
    expect(read(text, { timestampFormat })).toBe(expected);
  });

  it('must be times of the calendar', () => {
    for (const text of ['30.02.2026 00:00', '01.13.2026 00:00', '01.01.2026 24:00', '1.1.2026']) {
      expect(read(text, { timestampFormat: 'dd.MM.yyyy HH:mm' })).toMatch(
        /^expected a time such as/,
      );
    }
  });
});

describe('dates of a file', () => {
  it('are read by their format', () => {
    expect(createDateReader({ dateFormat: 'MMM d yyyy' })('Jan 2 1970')).toEqual({ value: 1 });
    expect(createDateReader({ dateFormat: null })('1970-01-03')).toEqual({ value: 2 });
    expect(createDateReader({ dateFormat: null })('x')).toHaveProperty('problem');
  });
});

describe('a time format', () => {
  it.each([
    ['YYYY-MM-dd', /got "YYYY"/],
    ['MM/dd', /expected a year/],
    ['yyyy-MM', /expected a day/],
    ['yyyy-MM-dd hh:mm', /h and a .* together/],
    ['yyyy-MM-dd mm', /hours before minutes/],
    ["yyyy-MM-dd 'x", /never closed/],
    ['yyyy-MM-dd yyyy', /once, got it twice/],
  ])('%s is refused', (format, problem) => {
    const reading = compileTimePattern(format);
    expect(reading.ok ? '' : reading.problem).toMatch(problem);
  });
});
