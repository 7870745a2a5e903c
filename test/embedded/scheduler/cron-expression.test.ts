import { describe, expect, it } from 'vitest';
import { nextWallTime, parseCron } from '#embedded/scheduler/cron-expression.ts';

/** The next runs after a moment, as the clock shows them. */
function runs(expression: string, after: string, count = 3): readonly string[] {
  const cron = parseCron(expression);
  const found: string[] = [];
  let wallMs: number | null = Date.parse(`${after}:00Z`);
  while (found.length < count) {
    wallMs = nextWallTime(cron, wallMs);
    if (wallMs === null) break;
    found.push(new Date(wallMs).toISOString().slice(0, 16));
  }
  return found;
}

describe('a cron expression', () => {
  // 2026-01-31 is a Saturday.
  it.each([
    ['0 3 * * ? *', ['2026-02-01T03:00', '2026-02-02T03:00', '2026-02-03T03:00']],
    ['*/20 * * * ? *', ['2026-01-31T12:20', '2026-01-31T12:40', '2026-01-31T13:00']],
    ['50/5 12 * * ? *', ['2026-01-31T12:50', '2026-01-31T12:55', '2026-02-01T12:50']],
    ['0 8-10/2 ? * MON-FRI *', ['2026-02-02T08:00', '2026-02-02T10:00', '2026-02-03T08:00']],
    ['30 0 1,15 * ? *', ['2026-02-01T00:30', '2026-02-15T00:30', '2026-03-01T00:30']],
    ['0 0 L * ? *', ['2026-02-28T00:00', '2026-03-31T00:00', '2026-04-30T00:00']],
    ['0 0 31 * ? *', ['2026-03-31T00:00', '2026-05-31T00:00', '2026-07-31T00:00']],
    ['0 0 29 2 ? *', ['2028-02-29T00:00', '2032-02-29T00:00', '2036-02-29T00:00']],
    ['0 9 1W * ? *', ['2026-02-02T09:00', '2026-03-02T09:00', '2026-04-01T09:00']],
    ['0 9 31W * ? *', ['2026-03-31T09:00', '2026-05-29T09:00', '2026-07-31T09:00']],
    ['0 9 ? * 5L *', ['2026-02-26T09:00', '2026-03-26T09:00', '2026-04-30T09:00']],
    ['0 9 ? * 3#2 *', ['2026-02-10T09:00', '2026-03-10T09:00', '2026-04-14T09:00']],
    ['0 9 ? * L *', ['2026-02-07T09:00', '2026-02-14T09:00', '2026-02-21T09:00']],
    ['0 9 ? FEB SUN 2026-2027', ['2026-02-01T09:00', '2026-02-08T09:00', '2026-02-15T09:00']],
  ])('%s', (expression, expected) => {
    expect(runs(expression, '2026-01-31T12:00')).toEqual(expected);
  });

  it('has no run at the moment it is asked after', () => {
    expect(runs('0 12 * * ? *', '2026-01-31T12:00', 1)).toEqual(['2026-02-01T12:00']);
  });

  it('ends with its years', () => {
    expect(runs('0 0 1 1 ? 2026,2028', '2026-01-31T12:00')).toEqual(['2028-01-01T00:00']);
    expect(runs('0 0 30 2 ? *', '2026-01-31T12:00')).toEqual([]);
  });

  it.each([
    ['0 3 * * *', /expected 6 fields .* got 5/],
    ['0 3 * * * *', /expected \? in one of day-of-month and day-of-week .* got "\*" and "\*"/],
    ['0 3 ? * ? *', /expected \? in one of/],
    ['60 3 * * ? *', /minutes .* expected 0 to 59.* got "60"/],
    ['0 24 * * ? *', /hours .* got "24"/],
    ['0 0 0 * ? *', /day-of-month .* got "0"/],
    ['0 0 32W * ? *', /day-of-month .* got "32"/],
    ['0 0 ? * 8 *', /day-of-week .* SUN to SAT.* got "8"/],
    ['0 0 ? * MON#6 *', /day-of-week .* got "MON#6"/],
    ['0 0 ? * FRI-MON *', /day-of-week .* got "FRI-MON"/],
    ['0 0 ? 13 MON *', /month .* JAN to DEC.* got "13"/],
    ['0 0 ? * MON 1969', /year .* got "1969"/],
    ['0/0 0 * * ? *', /minutes .* got "0\/0"/],
    ['*-5 0 * * ? *', /minutes .* got "\*-5"/],
    [', 0 * * ? *', /minutes .* got ""/],
    ['1.5 0 * * ? *', /minutes .* got "1\.5"/],
    ['-1 0 * * ? *', /minutes .* got "-1"/],
  ])('%s is refused with what was expected', (expression, message) => {
    expect(() => parseCron(expression)).toThrow(message);
  });
});
