import { describe, expect, it } from 'vitest';
import { compileJsonReader, type JsonRow, MAX_ERRORS } from '#core/ingest/json-row.ts';
import { type Json, parseJson } from '#core/ingest/json-text.ts';
import type { Field, FieldType, Value } from '#core/schema/field.ts';

function field(name: string, type: FieldType, changes: Partial<Field> = {}): Field {
  return { name, type, optional: false, aliases: [], examples: [], allowNan: false, ...changes };
}

function read(text: string, fields: readonly Field[], identity: readonly string[] = []): JsonRow {
  return compileJsonReader(fields, { identity })(parseJson(text));
}

/** The value that a JSON text becomes in a field of the type; the whole result when it does not fit. */
function readValue(type: FieldType, json: string): Value | JsonRow {
  const result = read(`{"x":${json}}`, [field('x', type)]);
  return result.ok ? (Object.values(result.row)[0] ?? null) : result;
}

const decimal: FieldType = { kind: 'decimal', precision: 10, scale: 2 };
const money: FieldType = { kind: 'money', currency: 'USD' };
const side: FieldType = { kind: 'enum', symbols: ['bid', 'ask'] };

describe('a value of each type', () => {
  it.each<[FieldType, string, Value]>([
    [{ kind: 'string' }, '"a\\u00e9\\n"', 'aé\n'],
    [{ kind: 'string' }, '""', ''],
    [{ kind: 'boolean' }, 'false', false],
    [{ kind: 'int' }, '2147483647', 2_147_483_647],
    [{ kind: 'int' }, '-2147483648', -2_147_483_648],
    [{ kind: 'int' }, '1.0', 1],
    [{ kind: 'int' }, '-0', 0],
    [{ kind: 'long' }, '9007199254740993', 9_007_199_254_740_993n],
    [{ kind: 'long' }, '"9223372036854775807"', 2n ** 63n - 1n],
    [{ kind: 'long' }, '-9223372036854775808', -(2n ** 63n)],
    [{ kind: 'double' }, '0.1', 0.1],
    [{ kind: 'double' }, '1e308', 1e308],
    [{ kind: 'double' }, '-0', -0],
    [{ kind: 'float' }, '0.1', Math.fround(0.1)],
    [{ kind: 'float' }, '3.4028234663852886e38', 3.4028234663852886e38],
    [decimal, '12.34', 1_234n],
    [decimal, '"12.3"', 1_230n],
    [decimal, '99999999.99', 9_999_999_999n],
    [decimal, '1e2', 10_000n],
    [money, '0.1', 10n],
    [money, '"92233720368547758.07"', 2n ** 63n - 1n],
    [money, '-92233720368547758.08', -(2n ** 63n)],
    [{ kind: 'date' }, '"2024-02-29"', 19_782],
    [{ kind: 'date' }, '"0001-01-01"', -719_162],
    [{ kind: 'date' }, '"9999-12-31"', 2_932_896],
    [{ kind: 'timestamp_micros' }, '"1970-01-01T00:00:01.000001Z"', 1_000_001n],
    [{ kind: 'timestamp_micros' }, '"1970-01-01T02:00:00+02:00"', 0n],
    [{ kind: 'timestamp_micros' }, '"1970-01-01T00:00:00.100000000Z"', 100_000n],
    [{ kind: 'timestamp_micros' }, '1767261600000001', 1_767_261_600_000_001n],
    [{ kind: 'timestamp_millis' }, '"1969-12-31T23:59:59.999Z"', -1_000n],
    [{ kind: 'timestamp_millis' }, '1767261600001', 1_767_261_600_001_000n],
    [{ kind: 'timestamp_millis' }, '1.767261600001e12', 1_767_261_600_001_000n],
    [side, '"bid"', 'bid'],
    [{ kind: 'list', element: { kind: 'int' } }, '[1,2]', [1, 2]],
    [{ kind: 'list', element: { kind: 'int' } }, '[]', []],
    [{ kind: 'bytes' }, '"AAEC/w=="', new Uint8Array([0, 1, 2, 255])],
    [{ kind: 'bytes' }, '""', new Uint8Array()],
    [
      { kind: 'map', value: money },
      '{"a":1,"__proto__":2.5}',
      new Map([
        ['a', 100n],
        ['__proto__', 250n],
      ]),
    ],
    [{ kind: 'record', fields: [field('tax', money)] }, '{"tax":7}', { tax_cents: 700n }],
  ])('is read: %j %s', (type, json, expected) => {
    expect(readValue(type, json)).toEqual(expected);
  });

  it.each<[FieldType, string, string]>([
    [{ kind: 'string' }, '7', 'string'],
    [{ kind: 'string' }, '"\\ud800"', 'string'],
    [{ kind: 'boolean' }, '"true"', 'boolean'],
    [{ kind: 'boolean' }, '1', 'boolean'],
    [{ kind: 'int' }, '2147483648', 'int'],
    [{ kind: 'int' }, '1.5', 'int'],
    [{ kind: 'int' }, '"1"', 'int'],
    [{ kind: 'long' }, '9223372036854775808', 'long'],
    [{ kind: 'long' }, '" 1"', 'long'],
    [{ kind: 'long' }, '0.5', 'long'],
    [{ kind: 'double' }, '"1.5"', 'double'],
    [{ kind: 'double' }, '"NaN"', 'double'],
    [{ kind: 'double' }, '1e309', 'double'],
    [{ kind: 'float' }, '3.5e38', 'float'],
    [decimal, '12.345', 'decimal(10,2)'],
    [decimal, '100000000', 'decimal(10,2)'],
    [decimal, '"1,5"', 'decimal(10,2)'],
    [money, '0.001', 'money in USD'],
    [money, '92233720368547758.08', 'money in USD'],
    [{ kind: 'date' }, '"2023-02-29"', 'date'],
    [{ kind: 'date' }, '"0000-01-01"', 'date'],
    [{ kind: 'date' }, '19000', 'date'],
    [{ kind: 'date' }, '"2024-02-29T00:00:00Z"', 'date'],
    [{ kind: 'timestamp_micros' }, '"2026-01-31T10:20:30"', 'timestamp_micros'],
    [{ kind: 'timestamp_micros' }, '"2026-01-31 10:20:30Z"', 'timestamp_micros'],
    [{ kind: 'timestamp_micros' }, '"2026-01-31T10:20:30.1234567Z"', 'timestamp_micros'],
    [{ kind: 'timestamp_micros' }, '"2026-01-31T24:00:00Z"', 'timestamp_micros'],
    [{ kind: 'timestamp_micros' }, '"2016-12-31T23:59:60Z"', 'timestamp_micros'],
    [{ kind: 'timestamp_micros' }, '"2026-01-31"', 'timestamp_micros'],
    [{ kind: 'timestamp_micros' }, '1.5', 'timestamp_micros'],
    [{ kind: 'timestamp_micros' }, '"1767261600000001"', 'timestamp_micros'],
    [{ kind: 'timestamp_micros' }, '253402300800000000', 'timestamp_micros'],
    [{ kind: 'timestamp_micros' }, '-62135596800000001', 'timestamp_micros'],
    [{ kind: 'timestamp_micros' }, '"0001-01-01T00:00:00+01:00"', 'timestamp_micros'],
    [{ kind: 'timestamp_millis' }, '"2026-01-31T10:20:30.1234Z"', 'timestamp_millis'],
    [{ kind: 'timestamp_millis' }, '253402300800000', 'timestamp_millis'],
    [side, '"BID"', '"bid" or "ask"'],
    [{ kind: 'bytes' }, '"AAEC/w"', 'bytes'],
    [{ kind: 'bytes' }, '"AAEC_w=="', 'bytes'],
    [{ kind: 'bytes' }, '"AB=="', 'bytes'],
    [{ kind: 'list', element: { kind: 'int' } }, '{"0":1}', 'a list'],
    [{ kind: 'map', value: { kind: 'int' } }, '[["a",1]]', 'an object'],
    [{ kind: 'record', fields: [] }, '"x"', 'an object'],
  ])('is refused: %j %s', (type, json, expected) => {
    expect(readValue(type, json)).toMatchObject({
      ok: false,
      errors: [{ path: 'x', expected: expect.stringContaining(expected) }],
    });
  });
});

describe('an event', () => {
  const fields = [
    field('symbol', { kind: 'string' }),
    field('price', { kind: 'double' }),
    field('fee', money, { optional: true }),
    field('venue', { kind: 'string' }, { default: 'XNYS', aliases: ['exchange'] }),
  ];

  it('has null for what is optional and the default for what has one', () => {
    expect(read('{"symbol":"A","price":1}', fields)).toEqual({
      ok: true,
      row: { symbol: 'A', price: 1, fee_cents: null, venue: 'XNYS' },
    });
    expect(read('{"symbol":"A","price":1,"fee":null}', fields)).toMatchObject({ ok: true });
  });

  it('may use an earlier name of a field, but not both', () => {
    expect(read('{"symbol":"A","price":1,"exchange":"X"}', fields)).toMatchObject({
      row: { venue: 'X' },
    });
    expect(read('{"symbol":"A","price":1,"exchange":"X","venue":"Y"}', fields)).toEqual({
      ok: false,
      problems: 1,
      errors: [{ path: 'venue', expected: 'one of "venue", "exchange"', got: 'more' }],
    });
  });

  it('is told of all its problems at once', () => {
    const text = '{"pric":1,"price":"abc","fee":0.005,"venue":null,"fee_cents":1}';
    expect(read(text, fields)).toEqual({
      ok: false,
      problems: 6,
      errors: [
        { path: 'symbol', expected: 'string', got: 'nothing' },
        { path: 'price', expected: 'double', got: '"abc"' },
        {
          path: 'fee',
          expected: 'money in USD: a number or string with at most 2 decimals',
          got: '0.005',
        },
        { path: 'venue', expected: 'string', got: 'null' },
        {
          path: 'pric',
          expected: 'a field of the stream; did you mean "price"?',
          got: 'an unknown field',
        },
        { path: 'fee_cents', expected: 'a field of the stream', got: 'an unknown field' },
      ],
    });
  });

  it('shows where in lists, maps and records a problem is', () => {
    const legs: FieldType = {
      kind: 'list',
      element: { kind: 'record', fields: [field('price', decimal)] },
    };
    const tags: FieldType = { kind: 'map', value: { kind: 'int' } };
    const text = '{"legs":[{"price":1},{"price":"x","size":1},null],"tags":{"a":1,"odd key":null}}';
    const result = read(text, [field('legs', legs), field('tags', tags)]);
    expect(result.ok ? [] : result.errors.map(({ path, got }) => [path, got])).toEqual([
      ['legs[1].price', '"x"'],
      ['legs[1].size', 'an unknown field'],
      ['legs[2]', 'null'],
      ['tags["odd key"]', 'null'],
    ]);
  });

  it('has every key once', () => {
    expect(read('{"symbol":"A","price":1,"price":2}', fields)).toMatchObject({
      ok: false,
      errors: [{ path: 'price', expected: 'double', got: 'the key more than once' }],
    });
  });

  it('is an object', () => {
    expect(read('[1]', fields)).toMatchObject({
      errors: [{ path: '', expected: 'an object', got: 'a list' }],
    });
  });

  it('has a value for each field of its identity, optional or not', () => {
    const optional = [field('event_id', { kind: 'string' }, { optional: true })];
    expect(read('{}', optional)).toMatchObject({ ok: true });
    expect(read('{}', optional, ['event_id'])).toMatchObject({
      errors: [{ path: 'event_id', expected: 'string', got: 'nothing' }],
    });
  });

  it('is told of the first problems when there are many', () => {
    const keys = Array.from({ length: 100_000 }, (_, index) => `"k${index}":0`);
    const result = read(`{${keys.join()}}`, fields);
    expect(result).toMatchObject({ ok: false, problems: 100_002 });
    expect(result.ok ? [] : result.errors).toHaveLength(MAX_ERRORS);
  });

  it('repeats no more than the beginning of a value', () => {
    const result = read(`{"symbol":"A","price":"${'x'.repeat(10_000)}"}`, fields);
    expect(result.ok ? '' : result.errors[0]?.got).toHaveLength(63);
  });
});

describe('a hostile request', () => {
  it('is judged in a time that its size bounds', () => {
    const fields = Array.from({ length: 60 }, (_, index) =>
      field(`f${index}_${'x'.repeat(28)}`, { kind: 'string' }, { optional: true }),
    );
    const reader = compileJsonReader(fields, { identity: [] });
    const keys = Array.from({ length: 10 }, (_, index) => `"g${index}_${'y'.repeat(28)}":0`);
    const events = parseJson(`[${Array.from({ length: 300 }, () => `{${keys.join()}}`).join()}]`);
    const startedMs = performance.now();
    const results = (events as readonly Json[]).map(reader);
    expect(results.every((result) => !result.ok && result.problems === 10)).toBe(true);
    expect(performance.now() - startedMs).toBeLessThan(5_000);
  });
});
