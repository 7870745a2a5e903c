import { deserializeTCompactProtocol } from 'hyparquet/src/thrift.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { IcebergType, NestedField } from '#core/iceberg/spec/schema.ts';
import { DEFAULT_CREATED_BY, writeParquet } from '#core/parquet/write-parquet.ts';
import type { Value } from '#core/schema/field.ts';
import { type DuckDb, openDuckDb, readFooter } from './foreign-readers.ts';

const field = (id: number, name: string, type: IcebergType, required = false): NestedField => ({
  id,
  name,
  required,
  type,
});

const ITEMS: IcebergType = {
  type: 'list',
  'element-id': 20,
  'element-required': true,
  element: {
    type: 'struct',
    fields: [field(21, 'sku', 'string', true), field(22, 'price', 'decimal(12, 2)')],
  },
};
const LABELS: IcebergType = {
  type: 'map',
  'key-id': 30,
  key: 'string',
  'value-id': 31,
  value: 'long',
  'value-required': false,
};

const COLUMNS: readonly { field: NestedField; values: Value[] }[] = [
  { field: field(1, 'flag', 'boolean', true), values: [true] },
  { field: field(2, 'count', 'int'), values: [1] },
  { field: field(3, 'total', 'long', true), values: [1n] },
  { field: field(4, 'ratio', 'float'), values: [1] },
  { field: field(5, 'score', 'double'), values: [Number.NaN] },
  { field: field(6, 'day', 'date'), values: [1] },
  { field: field(7, 'at', 'timestamp'), values: [1n] },
  { field: field(8, 'name', 'string'), values: ['x'] },
  { field: field(9, 'body', 'binary'), values: [Uint8Array.of(1)] },
  { field: field(10, 'fee', 'decimal(9, 3)'), values: [1n] },
  { field: field(11, 'big', 'decimal(38, 0)'), values: [1n] },
  { field: field(12, 'items', ITEMS), values: [[{ sku: 'a', price: null }]] },
  { field: field(13, 'labels', LABELS), values: [new Map([['a', 1n]])] },
];

const FILE = writeParquet(COLUMNS, { icebergSchemaJson: '{"type":"struct"}' }).bytes;

describe('schema elements, as DuckDB reads them', () => {
  let duckDb: DuckDb;
  let elements: Record<string, unknown>[];
  beforeAll(async () => {
    duckDb = await openDuckDb();
    elements = await duckDb.query(FILE, 'SELECT * FROM parquet_schema($file)');
  });
  afterAll(() => duckDb.close());

  const element = (name: string) => elements.find((row) => row['name'] === name);

  it.each([
    ['flag', 'BOOLEAN', 'REQUIRED', null, null],
    ['count', 'INT32', 'OPTIONAL', null, null],
    ['total', 'INT64', 'REQUIRED', null, null],
    ['ratio', 'FLOAT', 'OPTIONAL', null, null],
    ['score', 'DOUBLE', 'OPTIONAL', null, null],
    ['day', 'INT32', 'OPTIONAL', 'DATE', 'DateType()'],
    [
      'at',
      'INT64',
      'OPTIONAL',
      null,
      'TimestampType(isAdjustedToUTC=0, unit=TimeUnit(MILLIS=<null>, MICROS=MicroSeconds(), NANOS=<null>))',
    ],
    ['name', 'BYTE_ARRAY', 'OPTIONAL', 'UTF8', 'StringType()'],
    ['body', 'BYTE_ARRAY', 'OPTIONAL', null, null],
    ['fee', 'INT32', 'OPTIONAL', 'DECIMAL', 'DecimalType(scale=3, precision=9)'],
    ['big', 'FIXED_LEN_BYTE_ARRAY', 'OPTIONAL', 'DECIMAL', 'DecimalType(scale=0, precision=38)'],
    ['price', 'INT64', 'OPTIONAL', 'DECIMAL', 'DecimalType(scale=2, precision=12)'],
    ['items', null, 'OPTIONAL', 'LIST', 'ListType()'],
    ['labels', null, 'OPTIONAL', 'MAP', 'MapType()'],
  ])('%s is %s %s', (name, type, repetition, convertedType, logicalType) => {
    expect(element(name)).toMatchObject({
      type,
      repetition_type: repetition,
      converted_type: convertedType,
      logical_type: logicalType,
    });
  });

  it('gives fixed-length decimals their width', () => {
    expect(element('big')).toMatchObject({ type_length: '16', scale: '0', precision: '38' });
  });

  it('carries a field id on every element but the root and the repeated groups', () => {
    expect(elements.map((row) => [row['name'], row['field_id']])).toEqual([
      ['table', null],
      ...COLUMNS.slice(0, 11).map((column) => [column.field.name, String(column.field.id)]),
      ['items', '12'],
      ['list', null],
      ['element', '20'],
      ['sku', '21'],
      ['price', '22'],
      ['labels', '13'],
      ['key_value', null],
      ['key', '30'],
      ['value', '31'],
    ]);
  });

  it('requires map keys', () => {
    expect(element('key')).toMatchObject({ repetition_type: 'REQUIRED' });
    expect(element('value')).toMatchObject({ repetition_type: 'OPTIONAL' });
  });
});

describe('file metadata', () => {
  const footer = readFooter(FILE);

  it('stores the Iceberg schema and the writer', () => {
    expect(footer.key_value_metadata).toEqual([
      { key: 'iceberg.schema', value: '{"type":"struct"}' },
    ]);
    expect(footer.created_by).toBe(DEFAULT_CREATED_BY);
  });

  it('takes another writer name', () => {
    const { bytes } = writeParquet(COLUMNS, { icebergSchemaJson: '{}', createdBy: 'x version 2' });
    expect(readFooter(bytes).created_by).toBe('x version 2');
  });

  it('says version 1', () => {
    expect(footer.version).toBe(1);
  });

  it('starts and ends with the magic', () => {
    const text = Buffer.from(FILE).toString('latin1');
    expect([text.slice(0, 4), text.slice(-4)]).toEqual(['PAR1', 'PAR1']);
  });

  it('declares the type-defined order for every leaf', () => {
    const { byteLength } = FILE;
    const view = new DataView(FILE.buffer, FILE.byteOffset, byteLength);
    const offset = byteLength - 8 - view.getUint32(byteLength - 8, true);
    const raw = deserializeTCompactProtocol({ view, offset });
    expect(raw['field_7']).toEqual(Array.from({ length: 15 }, () => ({ field_1: {} })));
  });

  it('counts NaN of floating-point columns only', () => {
    const { byteLength } = FILE;
    const view = new DataView(FILE.buffer, FILE.byteOffset, byteLength);
    const offset = byteLength - 8 - view.getUint32(byteLength - 8, true);
    const chunks = deserializeTCompactProtocol({ view, offset })['field_4'][0]['field_1'];
    const nanCounts = chunks.map(
      (chunk: Record<string, Record<string, Record<string, unknown>>>) =>
        chunk['field_3']?.['field_12']?.['field_9'],
    );
    expect(nanCounts.slice(2, 6)).toEqual([undefined, 0n, 1n, undefined]);
  });
});

describe('row groups', () => {
  const values = Array.from({ length: 10 }, (_, row) => `value-${row % 2}`);
  const { bytes } = writeParquet(
    [
      { field: field(1, 'a', 'string'), values },
      { field: field(2, 'b', 'string', true), values: values.map((value, row) => value + row) },
    ],
    { icebergSchemaJson: '{}', rowGroupRows: 4, pageBytes: 10 },
  );
  const { row_groups: rowGroups, num_rows: rowCount } = readFooter(bytes);

  it('holds rowGroupRows rows each, the last one the rest', () => {
    expect(rowGroups.map((rowGroup) => rowGroup.num_rows)).toEqual([4n, 4n, 2n]);
    expect(rowCount).toBe(10n);
  });

  it('says where the dictionary and the first data page start', () => {
    const [first, second] = (rowGroups[0]?.columns ?? []).map((column) => column.meta_data);
    expect(first?.dictionary_page_offset).toBe(4n);
    expect(first?.data_page_offset).toBeGreaterThan(4n);
    expect(second?.dictionary_page_offset).toBeUndefined();
    expect(second?.data_page_offset).toBe(4n + (first?.total_compressed_size ?? 0n));
  });

  it('lists the encodings in use, with pages per encoding', () => {
    const [first, second] = (rowGroups[0]?.columns ?? []).map((column) => column.meta_data);
    expect(first?.encodings).toEqual(['RLE_DICTIONARY', 'PLAIN', 'RLE']);
    expect(first?.encoding_stats).toMatchObject([
      { page_type: 'DICTIONARY_PAGE', encoding: 'PLAIN', count: 1 },
      { page_type: 'DATA_PAGE', encoding: 'RLE_DICTIONARY', count: 2 },
    ]);
    expect(second?.encodings).toEqual(['PLAIN']);
    expect(second?.encoding_stats).toMatchObject([
      { page_type: 'DATA_PAGE', encoding: 'PLAIN', count: 4 },
    ]);
  });

  it('sums sizes up', () => {
    for (const rowGroup of rowGroups) {
      const sizes = rowGroup.columns.map((column) => column.meta_data);
      const sum = (key: 'total_uncompressed_size' | 'total_compressed_size') =>
        sizes.reduce((bytes, metadata) => bytes + (metadata?.[key] ?? 0n), 0n);
      expect(rowGroup.total_byte_size).toBe(sum('total_uncompressed_size'));
      expect(rowGroup.total_compressed_size).toBe(sum('total_compressed_size'));
    }
  });
});
