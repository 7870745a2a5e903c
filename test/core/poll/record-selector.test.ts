import { describe, expect, it } from 'vitest';
import { compileJsonPath } from '#adapters/jsonpath/compile-json-path.ts';
import type { PollSelection } from '#core/config/connector.ts';
import { hasCode } from '#core/errors.ts';
import { jsonTextOf, readJsonDocument } from '#core/poll/json-document.ts';
import { createRecordSelector } from '#core/poll/record-selector.ts';
import type { Field, FieldType, Value } from '#core/schema/field.ts';

function field(name: string, type: FieldType, changes: Partial<Field> = {}): Field {
  return { name, type, optional: true, aliases: [], examples: [], allowNan: false, ...changes };
}

/** The value that one field gets from a record, or the reason why it gets none. */
function select(
  type: FieldType,
  from: string,
  record: string,
  options: { readonly epoch?: PollSelection['epoch']; readonly field?: Partial<Field> } = {},
): Value | { readonly reason: string } {
  const stream = { fields: [field('f', type, options.field)], identity: [] };
  const selection = { field: 'f', from, epoch: options.epoch ?? null };
  const selected = createRecordSelector(
    stream,
    [selection],
    compileJsonPath,
  )(readJsonDocument(record));
  if (!selected.ok) return { reason: selected.reason };
  return selected.row[type.kind === 'money' ? 'f_cents' : 'f'] ?? null;
}

const STRING: FieldType = { kind: 'string' };
const DOUBLE: FieldType = { kind: 'double' };
const LONG: FieldType = { kind: 'long' };
const MONEY: FieldType = { kind: 'money', currency: 'USD' };
const MICROS: FieldType = { kind: 'timestamp_micros' };
const DECIMAL: FieldType = { kind: 'decimal', precision: 30, scale: 10 };

describe('a member of a record', () => {
  it.each<[FieldType, string, Value]>([
    [STRING, '"ä"', 'ä'],
    [STRING, '12.50', '12.50'],
    [STRING, 'true', 'true'],
    [DOUBLE, '0.1', 0.1],
    [DOUBLE, '"0.1"', 0.1],
    [LONG, '9007199254740993', 9_007_199_254_740_993n],
    [LONG, '"-7"', -7n],
    [DECIMAL, '12345678901234567890.0123456789', 123_456_789_012_345_678_900_123_456_789n],
    [DECIMAL, '1.5e3', 15_000_000_000_000n],
    [MONEY, '12.34', 1_234n],
    [{ kind: 'boolean' }, 'false', false],
    [{ kind: 'date' }, '"1970-01-02"', 1],
    [MICROS, '"1970-01-01T00:00:01.5+00:00"', 1_500_000n],
    [{ kind: 'enum', symbols: ['BUY'] }, '"BUY"', 'BUY'],
    [{ kind: 'list', element: LONG }, '[1,2]', [1n, 2n]],
  ])('is read as %j from %s', (type, json, value) => {
    expect(select(type, 'm', `{"m":${json}}`)).toEqual(value);
  });

  it.each<[FieldType, string]>([
    [DOUBLE, '"none"'],
    [LONG, '1.5'],
    [LONG, '1e400'],
    [MONEY, '12.345'],
    [STRING, '"\\ud800"'],
    [STRING, '{}'],
    [STRING, '[1]'],
    [{ kind: 'enum', symbols: ['BUY'] }, '"SELL"'],
    [{ kind: 'list', element: LONG }, '["x"]'],
  ])('is no %j when it is %s', (type, json) => {
    const selected = select(type, 'm', `{"m":${json}}`);
    expect(selected).toEqual({ reason: expect.stringMatching(/^field f: /) });
    expect(JSON.stringify(selected)).not.toContain('none');
  });

  it('that is missing is null, and a problem where a value is needed', () => {
    expect(select(STRING, 'm', '{}')).toBeNull();
    expect(select(STRING, 'a.b', '{"a":null}')).toBeNull();
    expect(select(STRING, 'm', '{}', { field: { optional: false } })).toEqual({
      reason: 'field f: no value, expected string',
    });
  });

  it('may be inside others, and have any name', () => {
    expect(select(STRING, 'a.b.c', '{"a":{"b":{"c":"x"}}}')).toBe('x');
    expect(select(STRING, '"odd name"', '{"odd name":"x"}')).toBe('x');
    expect(select(STRING, '"__proto__"', '{"__proto__":"x"}')).toBe('x');
  });

  it('that stands twice is none', () => {
    expect(select(STRING, 'm', '{"m":"a","m":"b"}')).toEqual({
      reason: expect.stringContaining('the key more than once'),
    });
  });
});

describe('an expression', () => {
  it('takes members as texts', () => {
    expect(select(STRING, "concat(upper(trim(s)), '-', x)", '{"s":" a ","x":7}')).toBe('A-7');
    expect(select(DOUBLE, 'cast(p as double) * cast(q as double)', '{"p":"1.5","q":2}')).toBe(3);
    expect(select(STRING, "'fixed'", '{}')).toBe('fixed');
    expect(select(STRING, "case when a.s = 'x' then 'yes' else b end", '{"a":{"s":"x"}}')).toBe(
      'yes',
    );
  });

  it('that has no result makes the record bad', () => {
    expect(select(LONG, 'cast(p as long)', '{"p":"x"}')).toEqual({
      reason: expect.stringContaining('cannot be read as'),
    });
  });

  it.each([
    ['p +', /expected/],
    ['p * 2', /./],
    ['nofunction(p)', /nofunction/],
    ['cast(p as double)', /field f is/],
  ])('%s is refused before any record', (from, message) => {
    const type = from.startsWith('cast') ? LONG : DOUBLE;
    expect(() => select(type, from, '{}')).toThrow(
      expect.toSatisfy(
        (error) => hasCode(error, 'EXPRESSION_INVALID') && message.test(error.message),
      ),
    );
  });
});

describe('a JSONPath', () => {
  it('gives the value at its place', () => {
    expect(select(LONG, '$.a[1].b', '{"a":[{},{"b":9007199254740993}]}')).toBe(
      9_007_199_254_740_993n,
    );
    expect(select(LONG, '$.a[?@.k=="x"].v', '{"a":[{"k":"x","v":1},{"k":"y","v":2}]}')).toBe(1n);
    expect(select(LONG, '$.nothing', '{}')).toBeNull();
  });

  it('gives a list where the field is one', () => {
    const type: FieldType = { kind: 'list', element: LONG };
    expect(select(type, '$.legs[*].q', '{"legs":[{"q":1},{"q":2}]}')).toEqual([1n, 2n]);
    expect(select(type, '$.legs', '{"legs":[3]}')).toEqual([3n]);
    expect(select(type, '$.legs', '{}')).toBeNull();
  });

  it('of several places is no single value', () => {
    expect(select(LONG, '$.a[*]', '{"a":[1,2]}')).toEqual({
      reason: 'field f: $.a[*]: expected one value, got several',
    });
  });

  it('that is none is refused with the column', () => {
    expect(() => select(LONG, '$.a[', '{}')).toThrow(/no JSONPath \(RFC 9535\)/);
  });
});

describe('a time since 1970', () => {
  it.each<[NonNullable<PollSelection['epoch']>, string, bigint]>([
    ['s', '1700000000', 1_700_000_000_000_000n],
    ['s', '1700000000.123456', 1_700_000_000_123_456n],
    ['ms', '"1700000000123"', 1_700_000_000_123_000n],
    ['ms', '1700000000123.5', 1_700_000_000_123_500n],
    ['us', '1700000000123456', 1_700_000_000_123_456n],
    ['ns', '1700000000123456789', 1_700_000_000_123_456n],
  ])('in %s is %s', (epoch, json, micros) => {
    expect(select(MICROS, 'm', `{"m":${json}}`, { epoch })).toBe(micros);
  });

  it('loses what a field of milliseconds has no place for', () => {
    expect(
      select({ kind: 'timestamp_millis' }, 'm', '{"m":1700000000123456}', { epoch: 'us' }),
    ).toBe(1_700_000_000_123_000n);
  });

  it('is a number, for a field that is a time', () => {
    expect(select(MICROS, 'm', '{"m":"soon"}', { epoch: 's' })).toEqual({
      reason: 'field f: expected a number of s since 1970',
    });
    expect(() => select(LONG, 'm', '{}', { epoch: 's' })).toThrow(/expected a timestamp/);
  });
});

describe('a field that is not selected', () => {
  const stream = {
    fields: [
      field('a', STRING),
      field('b', LONG, { default: 7n, optional: false }),
      field('c', STRING),
    ],
    identity: ['a'],
  };

  it('gets its default or null, and one of the identity needs a value', () => {
    const selection = [{ field: 'a', from: 'a', epoch: null }];
    const selectRow = createRecordSelector(stream, selection, compileJsonPath);
    expect(selectRow(readJsonDocument('{"a":"x","c":"not named"}'))).toEqual({
      ok: true,
      row: { a: 'x', b: 7n, c: null },
    });
    expect(selectRow(readJsonDocument('{}'))).toEqual({
      ok: false,
      reason: 'field a: no value, expected string',
    });
  });
});

describe('the text of a record', () => {
  it('has its digits and every key', () => {
    const text = '{"a":[1.50,null,true,"\\"ä"],"b":{"__proto__":1e400}}';
    expect(jsonTextOf(readJsonDocument(text))).toBe(text);
    expect(jsonTextOf(readJsonDocument('{"a":1,"a":2}'))).toBe('{"a":2}');
  });
});
