import { describe, expect, it } from 'vitest';
import { jsonValue, rowObject } from '#cli/commands/sql.ts';

describe('jsonValue', () => {
  it.each([
    ['bigint', '42', 42],
    ['bigint', '9007199254740993', '9007199254740993'],
    ['bigint', '-9007199254740991', -9007199254740991],
    ['integer', '-7', -7],
    ['double', '1.0E10', 1e10],
    ['double', 'NaN', 'NaN'],
    ['double', '-Infinity', '-Infinity'],
    ['decimal(10,2)', '12.30', '12.30'],
    ['boolean', 'true', true],
    ['boolean', 'false', false],
    ['varchar', '007', '007'],
    ['timestamp', '2026-01-02 03:04:05.678', '2026-01-02T03:04:05.678000Z'],
    ['timestamp(6)', '2026-01-02 03:04:05.123456', '2026-01-02T03:04:05.123456Z'],
    ['date', '2026-01-02', '2026-01-02'],
    ['varchar', null, null],
  ])('turns %s %j into %j', (type, text, expected) => {
    expect(jsonValue(type, text)).toBe(expected);
  });
});

describe('rowObject', () => {
  it('hides no column of a repeated name', () => {
    const columns = [
      { name: 'n', type: 'bigint' },
      { name: 'n', type: 'bigint' },
    ];
    expect(rowObject(columns, ['1', '2'])).toEqual({ n: 1, n_2: 2 });
  });
});
