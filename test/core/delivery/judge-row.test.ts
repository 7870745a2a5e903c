import { describe, expect, it } from 'vitest';
import { judgeRow } from '#core/delivery/judge-row.ts';
import { compileStreamPlan } from '#core/delivery/stream-plan.ts';
import { ARRIVAL_MICROS, READINGS, READINGS_PLAN } from './readings.ts';

const ROW = { id: 'a', at: 1000n, value: 5n };

describe('judgeRow', () => {
  it('accepts a row with its mapped columns, its identity and its time', () => {
    expect(judgeRow(READINGS_PLAN, ROW, ARRIVAL_MICROS)).toEqual({
      kind: 'accepted',
      mapped: { squared: 25n },
      flags: null,
      eventTimeMicros: 1000n,
      eventId: 'a',
    });
  });

  it('names the flag rules that do not hold', () => {
    const verdict = judgeRow(READINGS_PLAN, { ...ROW, value: 100n }, ARRIVAL_MICROS);
    expect(verdict).toMatchObject({ kind: 'accepted', flags: 'small' });
  });

  it('rejects by a rule, with its name', () => {
    expect(judgeRow(READINGS_PLAN, { ...ROW, value: 0n }, ARRIVAL_MICROS)).toEqual({
      kind: 'rejected',
      reason: 'quality rule "positive" does not hold',
    });
  });

  it('rejects a row whose mapping overflows, with the reason', () => {
    expect(judgeRow(READINGS_PLAN, { ...ROW, value: 2n ** 62n }, ARRIVAL_MICROS)).toEqual({
      kind: 'rejected',
      reason: expect.stringMatching(/value \* value|64/),
    });
  });

  it('rejects a mapping that gives an infinity', () => {
    const huge = {
      column: 'huge',
      expression: 'cast(value as double) * 1e308',
      type: { kind: 'double' },
    } as const;
    const plan = compileStreamPlan({ ...READINGS, mapping: [huge] }, { mappingVersion: 1 });
    expect(judgeRow(plan, { ...ROW, value: 50n }, ARRIVAL_MICROS)).toEqual({
      kind: 'rejected',
      reason: 'huge: expected a finite number, got Infinity',
    });
  });

  it.each([-(2n ** 63n), 2n ** 63n - 1n, -62_135_596_800_000_001n])(
    'rejects a time no engine reads: %d',
    (at) => {
      expect(judgeRow(READINGS_PLAN, { ...ROW, at }, ARRIVAL_MICROS)).toMatchObject({
        kind: 'rejected',
        reason: expect.stringContaining('years 1 to 9999'),
      });
    },
  );

  it.each([
    [90_000n, 'accepted'],
    [90_001n, 'rejected'],
  ] as const)('allows event times up to the skew ahead of arrival: %d', (at, kind) => {
    expect(judgeRow(READINGS_PLAN, { ...ROW, at }, ARRIVAL_MICROS).kind).toBe(kind);
  });

  it('throws what a bug throws', () => {
    const plan = {
      ...READINGS_PLAN,
      mapping: [
        {
          column: 'squared',
          rawColumn: null,
          reads: [],
          evaluate: () => {
            throw new TypeError('planted');
          },
        },
      ],
    };
    expect(() => judgeRow(plan, ROW, ARRIVAL_MICROS)).toThrow(TypeError);
  });
});
