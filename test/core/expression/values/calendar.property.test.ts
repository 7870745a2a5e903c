import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { civilFromDays, daysFromCivil } from '#core/civil-date.ts';
import {
  formatDate,
  formatTimestamp,
  parseDate,
  parseTimestamp,
  truncateDate,
  truncateTimestamp,
} from '#core/expression/values/calendar.ts';

/** Days of the years 0001 to 9999, which JavaScript's Date prints with four digits. */
const days = fc.integer({ min: -719_162, max: 2_932_896 });
const micros = fc
  .tuple(days, fc.integer({ min: 0, max: 86_399_999 }), fc.integer({ min: 0, max: 999 }))
  .map(
    ([day, milli, micro]) => (BigInt(day) * 86_400_000n + BigInt(milli)) * 1_000n + BigInt(micro),
  );

describe('dates', () => {
  it('agree with the calendar of Date', () => {
    fc.assert(
      fc.property(days, (day) => {
        const date = new Date(day * 86_400_000);
        expect(civilFromDays(day)).toEqual({
          year: date.getUTCFullYear(),
          month: date.getUTCMonth() + 1,
          day: date.getUTCDate(),
        });
        expect(daysFromCivil(civilFromDays(day))).toBe(day);
        expect(formatDate(day)).toBe(date.toISOString().slice(0, 10));
        expect(parseDate(formatDate(day))).toBe(day);
      }),
      { seed: 51, numRuns: 3_000 },
    );
  });

  it('truncate to the Monday of their week', () => {
    fc.assert(
      fc.property(days, (day) => {
        const monday = truncateDate('week', day);
        expect(new Date(monday * 86_400_000).getUTCDay()).toBe(1);
        expect(day - monday).toBeGreaterThanOrEqual(0);
        expect(day - monday).toBeLessThan(7);
      }),
      { seed: 52, numRuns: 1_000 },
    );
  });
});

describe('timestamps', () => {
  it('print and read back the same, and agree with Date', () => {
    fc.assert(
      fc.property(micros, (moment) => {
        const text = formatTimestamp(moment);
        expect(parseTimestamp(text)).toBe(moment);
        const wholeMillis = moment - (((moment % 1_000n) + 1_000n) % 1_000n);
        const iso = new Date(Number(wholeMillis / 1_000n)).toISOString();
        expect(text.slice(0, 23)).toBe(iso.slice(0, 23).replace('T', ' '));
      }),
      { seed: 53, numRuns: 3_000 },
    );
  });

  it('truncate to a start at or before them, and stay there', () => {
    const unit = fc.constantFrom(
      'millisecond',
      'second',
      'minute',
      'hour',
      'day',
      'week',
      'month',
      'quarter',
      'year',
    );
    fc.assert(
      fc.property(micros, unit, (moment, name) => {
        const start = truncateTimestamp(name as 'day', moment);
        expect(start <= moment).toBe(true);
        expect(truncateTimestamp(name as 'day', start)).toBe(start);
      }),
      { seed: 54, numRuns: 2_000 },
    );
  });
});
