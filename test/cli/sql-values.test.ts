import { parse } from 'csv-parse/sync';
import { describe, expect, it } from 'vitest';
import { csvCell, jsonValue, rowObject } from '#cli/commands/sql.ts';

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
    ['timestamp with time zone', '2026-01-02 03:04:05.678 UTC', '2026-01-02T03:04:05.678000Z'],
    ['timestamp with time zone', '2026-01-02 03:04:05 +02:00', '2026-01-02T03:04:05.000000+02:00'],
    [
      'timestamp with time zone',
      '2026-01-02 03:04:05 Asia/Tokyo',
      '2026-01-02 03:04:05 Asia/Tokyo',
    ],
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

describe('csvCell', () => {
  it('is read back as it was, and an empty text is not NULL', () => {
    const cells = ['plain', 'a "b"', 'a,b', 'two\nlines', 'cr\r\n', ''];
    const line = cells.map(csvCell).join(',');
    expect(parse(line)).toEqual([cells]);
    expect(line.endsWith(',""')).toBe(true);
  });
});
