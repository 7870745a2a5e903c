import { describe, expect, it } from 'vitest';
import { hasCode, type SluiceError } from '#core/errors.ts';
import { createRecordMapper, type FieldAssignment } from '#core/expression/map-record.ts';
import type { Field, FieldType, Value } from '#core/schema/field.ts';

function field(name: string, type: FieldType, options: Partial<Field> = {}): Field {
  return { name, type, optional: false, aliases: [], examples: [], allowNan: false, ...options };
}

const TRADE_FIELDS = [
  field('trade_id', { kind: 'string' }),
  field('symbol', { kind: 'string' }),
  field('timestamp', { kind: 'timestamp_micros' }),
  field('price', { kind: 'double' }),
  field('fee', { kind: 'money', currency: 'USD' }, { optional: true }),
];

function failureOf(run: () => unknown): SluiceError {
  try {
    run();
  } catch (error) {
    return error as SluiceError;
  }
  throw new Error('expected a failure');
}

/** Maps one text to one field. */
function assign(
  type: FieldType,
  cell: string,
  options: { expression?: string; field?: Partial<Field> } = {},
) {
  const target = field('x', type, options.field);
  const assignments =
    options.expression === undefined ? [] : [{ field: 'x', expression: options.expression }];
  const map = createRecordMapper({
    stream: { name: 's', fields: [target] },
    assignments,
    columns: ['x'],
  });
  return map({ x: cell }, 1);
}

describe('createRecordMapper', () => {
  const map = createRecordMapper({
    stream: { name: 'trade', fields: TRADE_FIELDS },
    assignments: [
      { field: 'trade_id', expression: "concat('sp500-', cast(_row as string))" },
      { field: 'symbol', expression: "'spx'" },
      { field: 'timestamp', expression: 'date' },
      { field: 'price', expression: 'close' },
    ],
    columns: ['date', 'close', 'fee'],
  });

  it('fills fields from expressions, columns of equal name and null', () => {
    expect(map({ date: '2000-01-03', close: '1455.22', fee: '' }, 7)).toEqual({
      ok: true,
      row: {
        trade_id: 'sp500-7',
        symbol: 'spx',
        timestamp: 946_857_600_000_000n,
        price: 1455.22,
        fee_cents: null,
      },
    });
  });

  it('reads money in units and stores cents', () => {
    expect(map({ date: '2000-01-03', close: '1', fee: '12.3' }, 1)).toMatchObject({
      row: { fee_cents: 1230n },
    });
  });

  it('says which field of a record is wrong, without its value', () => {
    const result = map({ date: '2000-01-03', close: 'secret', fee: '' }, 1);
    expect(result).toEqual({
      ok: false,
      reason: 'field price: the text is no double, or loses digits as one',
    });
  });

  it('rejects a record without a required value', () => {
    expect(map({ date: '2000-01-03', close: '', fee: '' }, 1)).toEqual({
      ok: false,
      reason: 'field price: no value, expected double',
    });
    expect(map({ date: '2000-01-03' }, 1)).toMatchObject({ ok: false });
  });

  it('goes on after a rejected record', () => {
    map({ date: 'x', close: '', fee: '' }, 1);
    expect(map({ date: '2000-01-03', close: '1', fee: '' }, 2).ok).toBe(true);
  });

  it('rejects a record whose expression fails', () => {
    const divide = createRecordMapper({
      stream: { name: 's', fields: [field('x', { kind: 'double' })] },
      assignments: [{ field: 'x', expression: '1 / cast(n as double)' }],
      columns: ['n'],
    });
    expect(divide({ n: '0' }, 1)).toMatchObject({
      ok: false,
      reason: expect.stringContaining('division by zero'),
    });
  });

  it('takes defaults for fields without column', () => {
    const withDefault = createRecordMapper({
      stream: { name: 's', fields: [field('x', { kind: 'long' }, { default: 5n })] },
      assignments: [],
      columns: [],
    });
    expect(withDefault({}, 1)).toEqual({ ok: true, row: { x: 5n } });
  });

  it('handles columns of any name', () => {
    const odd = createRecordMapper({
      stream: { name: 's', fields: [field('x', { kind: 'string' })] },
      assignments: [{ field: 'x', expression: '"__proto__"' }],
      columns: ['__proto__', 'a "b"'],
    });
    const record = JSON.parse('{"__proto__": "safe", "a \\"b\\"": "y"}');
    expect(odd(record, 1)).toEqual({ ok: true, row: { x: 'safe' } });
    expect(odd({}, 1)).toMatchObject({ ok: false });
  });

  it('lets a column named _row hide the row number', () => {
    const rows = createRecordMapper({
      stream: { name: 's', fields: [field('x', { kind: 'string' })] },
      assignments: [{ field: 'x', expression: '_row' }],
      columns: ['_row'],
    });
    expect(rows({ _row: 'own' }, 9)).toEqual({ ok: true, row: { x: 'own' } });
  });
});

describe('conversion to the type of the field', () => {
  it.each<[string, FieldType, string, Value]>([
    ['int', { kind: 'int' }, ' 42 ', 42],
    ['long', { kind: 'long' }, '9007199254740993', 9_007_199_254_740_993n],
    ['float', { kind: 'float' }, '0.1', Math.fround(0.1)],
    ['boolean', { kind: 'boolean' }, 'TRUE', true],
    ['decimal', { kind: 'decimal', precision: 5, scale: 2 }, '1.50', 150n],
    ['decimal with more zeros', { kind: 'decimal', precision: 5, scale: 2 }, '1.5000', 150n],
    ['date', { kind: 'date' }, '1970-01-02', 1],
    ['timestamp_millis', { kind: 'timestamp_millis' }, '1970-01-01 00:00:00.005', 5_000n],
    ['enum', { kind: 'enum', symbols: ['BUY', 'SELL'] }, 'SELL', 'SELL'],
    ['text as it is', { kind: 'string' }, ' a ', ' a '],
  ])('reads %s', (_name, type, cell, value) => {
    expect(assign(type, cell)).toEqual({ ok: true, row: { x: value } });
  });

  it.each<[string, FieldType, string, string]>([
    [
      'a fraction of a cent',
      { kind: 'money', currency: 'USD' },
      '12.345',
      'is no decimal(19, 2), or loses digits',
    ],
    [
      'money beyond 64 bits',
      { kind: 'money', currency: 'USD' },
      '99999999999999999.99',
      'does not fit 64 bits of cents',
    ],
    [
      'a decimal that would be rounded',
      { kind: 'decimal', precision: 5, scale: 2 },
      '1.005',
      'loses digits',
    ],
    [
      'an unknown symbol',
      { kind: 'enum', symbols: ['BUY', 'SELL'] },
      'buy',
      'expected one of BUY, SELL',
    ],
    ['NaN', { kind: 'double' }, 'NaN', 'expected a finite number'],
    ['a double beyond float', { kind: 'float' }, '1e300', 'expected a finite number'],
    [
      'microseconds in a timestamp_millis',
      { kind: 'timestamp_millis' },
      '1970-01-01 00:00:00.000005',
      'whole milliseconds',
    ],
    ['an int beyond 32 bits', { kind: 'int' }, '2147483648', 'is no int'],
  ])('rejects %s', (_name, type, cell, reason) => {
    expect(assign(type, cell)).toEqual({ ok: false, reason: expect.stringContaining(reason) });
  });

  it('accepts NaN where the field does', () => {
    expect(assign({ kind: 'double' }, 'NaN', { field: { allowNan: true } })).toEqual({
      ok: true,
      row: { x: Number.NaN },
    });
  });

  it('widens numbers and narrows integers and decimals without loss', () => {
    expect(assign({ kind: 'double' }, '', { expression: '_row' })).toEqual({
      ok: true,
      row: { x: 1 },
    });
    expect(assign({ kind: 'int' }, '', { expression: '_row * 2' })).toEqual({
      ok: true,
      row: { x: 2 },
    });
    expect(assign({ kind: 'money', currency: 'USD' }, '', { expression: '1.5 * 1.00' })).toEqual({
      ok: true,
      row: { x_cents: 150n },
    });
  });

  it('takes cents under the stored name of a money field', () => {
    const map = createRecordMapper({
      stream: { name: 's', fields: [field('fee', { kind: 'money', currency: 'USD' })] },
      assignments: [{ field: 'fee_cents', expression: 'c' }],
      columns: ['c'],
    });
    expect(map({ c: '1230' }, 1)).toEqual({ ok: true, row: { fee_cents: 1230n } });
  });

  it.each<[string, FieldType, string]>([
    ['a double for a long', { kind: 'long' }, '1e0 / 2'],
    ['a double for money', { kind: 'money', currency: 'USD' }, '1e0'],
    ['a number for a string', { kind: 'string' }, '_row'],
    ['a text for a list', { kind: 'list', element: { kind: 'string' } }, 'x'],
    ['a text for bytes', { kind: 'bytes' }, 'x'],
  ])('refuses %s before any record is read', (_name, type, expression) => {
    const error = failureOf(() => assign(type, '', { expression }));
    expect(hasCode(error, 'EXPRESSION_INVALID')).toBe(true);
    expect(error.message).toContain('field x is ');
  });
});

describe('wrong mappings', () => {
  const create = (assignments: readonly FieldAssignment[], columns: readonly string[]) =>
    failureOf(() =>
      createRecordMapper({ stream: { name: 'trade', fields: TRADE_FIELDS }, assignments, columns }),
    );

  it('lists all required fields without source at once', () => {
    const error = create([], ['symbol', 'fee']);
    expect(hasCode(error, 'USAGE')).toBe(true);
    expect(error.message).toContain(
      'without column or assignment: trade_id, timestamp, price; columns of the file are symbol, fee',
    );
  });

  it('suggests the field that was meant', () => {
    expect(create([{ field: 'prise', expression: '1' }], []).message).toContain(
      'did you mean "price"?',
    );
  });

  it('suggests the column that was meant, with field and place', () => {
    const error = create([{ field: 'price', expression: '1 + clsoe' }], ['close']);
    expect(hasCode(error, 'EXPRESSION_INVALID')).toBe(true);
    expect(error.message).toBe(
      'price = 1 + clsoe, column 5: unknown field "clsoe"; did you mean "close"?',
    );
  });

  it('refuses to assign a field twice', () => {
    const twice = { field: 'price', expression: '1.0' };
    expect(create([twice, twice], []).message).toContain('field price is assigned twice');
  });

  it('refuses two columns of one name', () => {
    expect(create([], ['a', 'a']).message).toContain('two columns of the file have the same name');
  });
});
