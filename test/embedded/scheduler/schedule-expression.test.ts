import { describe, expect, it } from 'vitest';
import { parseTimetable } from '#embedded/scheduler/schedule-expression.ts';

function runs(expression: string, timeZone: string, after: string): readonly string[] {
  const { nextRun } = parseTimetable(expression, timeZone);
  const found: string[] = [];
  let ms = Date.parse(after);
  for (let i = 0; i < 3; i++) {
    const next = nextRun(ms, Date.parse(after));
    if (next === null) break;
    found.push(new Date(next).toISOString().slice(0, 16));
    ms = next;
  }
  return found;
}

describe('daylight saving', () => {
  it('skips a time that the clock skips in spring', () => {
    expect(runs('cron(30 2 * * ? *)', 'Europe/Berlin', '2026-03-28T00:00Z')).toEqual([
      '2026-03-28T01:30',
      '2026-03-30T00:30',
      '2026-03-31T00:30',
    ]);
  });

  it('runs once at a time that the clock shows twice in autumn', () => {
    expect(runs('cron(30 2 * * ? *)', 'Europe/Berlin', '2026-10-24T22:00Z')).toEqual([
      '2026-10-25T00:30',
      '2026-10-26T01:30',
      '2026-10-27T01:30',
    ]);
  });

  it('does not touch rates', () => {
    expect(runs('rate(1 day)', 'Europe/Berlin', '2026-03-28T12:00Z')).toEqual([
      '2026-03-29T12:00',
      '2026-03-30T12:00',
      '2026-03-31T12:00',
    ]);
  });
});

describe('schedule expressions', () => {
  it.each(['rate(1 minute)', 'rate(5 minutes)', 'rate(2 hours)', 'rate(1 days)'])(
    'knows %s',
    (text) => {
      expect(runs(text, 'UTC', '2026-01-31T12:00Z')).toHaveLength(3);
    },
  );

  it.each([
    'at(2026-01-31T12:00:00)',
    'rate(0 minutes)',
    'rate(5 seconds)',
    'rate(5)',
    'rate(5 minutes) ',
    'every day',
    'cron()',
    '',
  ])('refuses "%s"', (text) => {
    expect(() => parseTimetable(text, 'UTC')).toThrow(/expected .* got /);
  });

  it('refuses a time zone that nobody knows', () => {
    expect(() => parseTimetable('rate(1 day)', 'Europe/Atlantis')).toThrow(
      /time zone: expected a name such as Europe\/Berlin or UTC, got "Europe\/Atlantis"/,
    );
  });
});
