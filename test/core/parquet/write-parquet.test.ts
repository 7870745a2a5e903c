import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasCode } from '#core/errors.ts';
import type { IcebergType, NestedField, PrimitiveType } from '#core/iceberg/spec/schema.ts';
import type { Encoding } from '#core/parquet/page.ts';
import { type ParquetColumn, writeParquet } from '#core/parquet/write-parquet.ts';
import type { Value } from '#core/schema/field.ts';
import { PRIMITIVE_TYPES } from './arbitrary-columns.ts';
import { type DuckDb, openDuckDb, readFooter, readWithHyparquet } from './foreign-readers.ts';
import { seededRandom } from './seeded-random.ts';

const OPTIONS = { icebergSchemaJson: '{}' };

const field = (id: number, type: IcebergType, required = false): NestedField => ({
  id,
  name: `f${id}`,
  required,
  type,
});
const column = (type: IcebergType, values: ArrayLike<Value>, required = false): ParquetColumn => ({
  field: field(1, type, required),
  values,
});
const rows = <T>(count: number, value: (row: number) => T): T[] =>
  Array.from({ length: count }, (_, row) => value(row));

const encodingsOf = (bytes: Uint8Array) =>
  readFooter(bytes).row_groups[0]?.columns[0]?.meta_data?.encodings;

const EXTREMES: Readonly<Record<string, readonly Value[]>> = {
  boolean: [true, false],
  int: [0, -1, -(2 ** 31), 2 ** 31 - 1],
  long: [0n, -1n, -(2n ** 63n), 2n ** 63n - 1n],
  float: [0, -0, 1.5, -Infinity, Infinity, Number.NaN, 2 ** -149],
  double: [0, -0, 0.1, -Infinity, Infinity, Number.NaN, 5e-324, 1.7976931348623157e308],
  date: [0, -719162, 2932896],
  timestamp: [0n, -62135596800000000n, 253402300799999999n],
  string: ['', 'é', '€', '😀', 'z\ufeff', '\u0000', '\uffff', 'x'.repeat(5000)],
  binary: [new Uint8Array(0), Uint8Array.of(0, 255), new Uint8Array(5000).fill(7)],
  'decimal(9, 2)': [0n, -1n, 999999999n, -999999999n],
  'decimal(18, 6)': [0n, -1n, 10n ** 18n - 1n, -(10n ** 18n) + 1n],
  'decimal(19, 0)': [0n, -1n, 10n ** 19n - 1n, -(10n ** 19n) + 1n],
  'decimal(38, 10)': [0n, -1n, 10n ** 38n - 1n, -(10n ** 38n) + 1n],
};

describe('writeParquet, read by two foreign readers', () => {
  let duckDb: DuckDb;
  beforeAll(async () => {
    duckDb = await openDuckDb();
  });
  afterAll(() => duckDb.close());

  async function expectRoundTrip(
    columns: readonly ParquetColumn[],
    options: { rowGroupRows?: number; pageBytes?: number } = {},
  ) {
    const { bytes } = writeParquet(columns, { ...OPTIONS, ...options });
    const fields = columns.map((item) => item.field);
    const expected = rows(columns[0]?.values.length ?? 0, (row) =>
      Object.fromEntries(columns.map((item) => [item.field.name, item.values[row] ?? null])),
    );
    expect(await readWithHyparquet(bytes, fields)).toEqual(expected);
    expect(await duckDb.read(bytes, fields)).toEqual(expected);
    return bytes;
  }

  it.each(PRIMITIVE_TYPES)('keeps extreme values of %s', async (type) => {
    const values = EXTREMES[type] ?? [];
    await expectRoundTrip([
      column(type, values, true),
      { field: field(2, type), values: [null, ...values.slice(0, -2), null] },
    ]);
  });

  it.each(PRIMITIVE_TYPES)('writes a column of %s that is all null', async (type) => {
    await expectRoundTrip([column(type, [null, null, null])]);
  });

  it.each(PRIMITIVE_TYPES)('writes no rows of %s', async (type) => {
    await expectRoundTrip([column(type, []), { field: field(2, type, true), values: [] }]);
  });

  it.each<[string, PrimitiveType, (row: number) => Value, Encoding]>([
    ['few strings', 'string', (row) => `kind-${(row * row) % 300}`, 'RLE_DICTIONARY'],
    ['one string', 'string', () => 'same', 'RLE_DICTIONARY'],
    ['few doubles', 'double', (row) => (row % 100) / 8, 'RLE_DICTIONARY'],
    [
      'few wide decimals',
      'decimal(30, 3)',
      (row) => BigInt(row % 9) * -(10n ** 20n),
      'RLE_DICTIONARY',
    ],
    [
      'few strings, null pages',
      'string',
      (row) => (row % 2000 < 1000 ? null : `k-${row % 3}`),
      'RLE_DICTIONARY',
    ],
    [
      'close longs',
      'long',
      (row) => 10n ** 15n + BigInt((row * 7919) % 5000),
      'DELTA_BINARY_PACKED',
    ],
    [
      'rising ints, null pages',
      'int',
      (row) => (row % 2000 < 1000 ? null : row),
      'DELTA_BINARY_PACKED',
    ],
    ['distinct strings', 'string', (row) => `unique-${row}`, 'DELTA_LENGTH_BYTE_ARRAY'],
    [
      'distinct strings, null pages',
      'string',
      (row) => (row % 2000 < 1000 ? null : `unique-${row}`),
      'DELTA_LENGTH_BYTE_ARRAY',
    ],
    [
      'distinct bytes',
      'binary',
      (row) => Uint8Array.of(row, row >> 8, 7),
      'DELTA_LENGTH_BYTE_ARRAY',
    ],
    ['distinct doubles', 'double', (row) => row / 7, 'PLAIN'],
    ['booleans', 'boolean', (row) => (row % 7 === 0 ? null : row % 3 === 0), 'PLAIN'],
  ])('keeps %s over many pages and row groups', async (_, type, value, encoding) => {
    const options = { rowGroupRows: 4096, pageBytes: 1024 };
    const bytes = await expectRoundTrip([column(type, rows(10_000, value))], options);
    expect(encodingsOf(bytes)).toContain(encoding);
  });

  it('keeps dictionary indices of 16 bits', async () => {
    const random = seededRandom(3);
    const values = rows(120_000, () => Math.floor(random() * 40_000) * 50_021);
    const bytes = await expectRoundTrip([column('int', values, true)]);
    expect(encodingsOf(bytes)).toContain('RLE_DICTIONARY');
  });

  it('keeps nested rows over many pages and row groups', async () => {
    const type: IcebergType = {
      type: 'list',
      'element-id': 2,
      'element-required': false,
      element: {
        type: 'struct',
        fields: [
          field(3, 'string', true),
          field(4, {
            type: 'map',
            'key-id': 5,
            key: 'string',
            'value-id': 6,
            value: 'decimal(12, 2)',
            'value-required': false,
          }),
        ],
      },
    };
    const item = (row: number, index: number): Value =>
      index === 3
        ? null
        : { f3: `s${row % 10}`, f4: row % 4 === 0 ? null : new Map([[`k${index}`, BigInt(row)]]) };
    const values = rows(
      3000,
      (row): Value => (row % 11 === 0 ? null : rows(row % 6, (index) => item(row, index))),
    );
    await expectRoundTrip([column(type, values)], { rowGroupRows: 700, pageBytes: 500 });
  });

  it('writes map keys of any primitive type', async () => {
    const type: IcebergType = {
      type: 'map',
      'key-id': 2,
      key: 'long',
      'value-id': 3,
      value: 'string',
      'value-required': true,
    };
    const map = new Map<unknown, Value>([
      [5n, 'five'],
      [-(2n ** 63n), 'least'],
    ]);
    const { bytes } = writeParquet([column(type, [map as unknown as Value])], OPTIONS);
    const query = 'SELECT map_keys(f1) AS keys, f1[5] AS five FROM read_parquet($file)';
    expect(await duckDb.query(bytes, query)).toEqual([
      { keys: ['5', '-9223372036854775808'], five: 'five' },
    ]);
  });

  it('takes 64-bit values as a BigInt64Array, in one or several row groups', async () => {
    const values = BigInt64Array.from(rows(1000, (row) => BigInt(row) * -(2n ** 40n)));
    await expectRoundTrip(
      [
        column('long', values),
        { ...column('timestamp', values), field: field(2, 'timestamp', true) },
      ],
      {
        rowGroupRows: 300,
      },
    );
  });

  it('lets DuckDB find columns by field id', async () => {
    const { bytes } = writeParquet([column('long', [7n])], OPTIONS);
    const query = `SELECT renamed FROM read_parquet($file, schema = MAP {
      1: {name: 'renamed', type: 'BIGINT', default_value: NULL}})`;
    expect(await duckDb.query(bytes, query)).toEqual([{ renamed: '7' }]);
  });

  it('lets DuckDB filter and aggregate by statistics without losing a row', async () => {
    const values = rows(5000, (row) => `${'p'.repeat(70)}${String(row).padStart(5, '0')}`);
    const { bytes } = writeParquet([column('string', values)], { ...OPTIONS, rowGroupRows: 500 });
    const query = `SELECT count(*) AS hits, (SELECT max(f1) FROM read_parquet($file)) AS top
      FROM read_parquet($file) WHERE f1 = '${values[4321]}'`;
    expect(await duckDb.query(bytes, query)).toEqual([{ hits: '1', top: values[4999] }]);
  });
});

describe('writeParquet', () => {
  const mixed = () => [
    column(
      'string',
      rows(500, (row) => `name-${row % 40}`),
    ),
    { field: field(2, 'double'), values: rows(500, (row) => (row % 9 === 0 ? null : row / 7)) },
  ];

  it('gives the same bytes and metrics for the same input', () => {
    expect(writeParquet(mixed(), OPTIONS)).toEqual(writeParquet(mixed(), OPTIONS));
  });

  it('leaves typed input untouched and independent of the file', () => {
    const values = BigInt64Array.from(rows(100, (row) => BigInt(row) * 2n ** 50n));
    const { bytes } = writeParquet([column('long', values, true)], OPTIONS);
    const before = createHash('sha256').update(bytes).digest('hex');
    values.fill(0n);
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(before);
  });

  it('writes no rows as a file without row groups', () => {
    const { bytes, metrics } = writeParquet([column('int', [])], OPTIONS);
    expect(readFooter(bytes)).toMatchObject({ num_rows: 0n, row_groups: [] });
    expect(metrics).toEqual({
      recordCount: 0n,
      fileSizeBytes: BigInt(bytes.length),
      columnSizes: new Map([[1, 0n]]),
      valueCounts: new Map([[1, 0n]]),
      nullValueCounts: new Map([[1, 0n]]),
      nanValueCounts: new Map(),
      lowerBounds: new Map(),
      upperBounds: new Map(),
      splitOffsets: [],
    });
  });

  it('names the row of a wrong value in a later row group', () => {
    const values: Value[] = [1, 2, 3, 4, 'x'];
    expect(() => writeParquet([column('int', values)], { ...OPTIONS, rowGroupRows: 2 })).toThrow(
      /column "f1" row 4/,
    );
  });

  it.each<
    [
      string,
      ParquetColumn[],
      Partial<{ rowGroupRows: number; rowGroupBytes: number; pageBytes: number }>,
      RegExp,
    ]
  >([
    ['no columns', [], {}, /got no columns/],
    [
      'columns of different length',
      [column('int', [1, 2]), { field: field(2, 'int'), values: [1] }],
      {},
      /"f2": got 1 values, expected 2 like column "f1"/,
    ],
    ['a field id used twice', [column('int', [1]), column('int', [1])], {}, /field id 1/],
    ['rowGroupRows of 0', [column('int', [1])], { rowGroupRows: 0 }, /rowGroupRows: got 0/],
    ['rowGroupBytes of -1', [column('int', [1])], { rowGroupBytes: -1 }, /rowGroupBytes: got -1/],
    ['pageBytes of 1.5', [column('int', [1])], { pageBytes: 1.5 }, /pageBytes: got 1.5/],
  ])('refuses %s', (_, columns, options, message) => {
    expect(() => writeParquet(columns, { ...OPTIONS, ...options })).toThrow(
      expect.toSatisfy((error) => hasCode(error, 'CONFIG_INVALID') && message.test(error.message)),
    );
  });
});
