import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildVector } from '#core/columns/build-vectors.ts';
import type { DictionaryVector, Vector } from '#core/columns/vector.ts';
import { hasCode } from '#core/errors.ts';
import type { IcebergType, NestedField } from '#core/iceberg/spec/schema.ts';
import type { VectorColumn } from '#core/parquet/vector-column.ts';
import { createParquetWriter, writeParquet } from '#core/parquet/write-parquet.ts';
import type { Value } from '#core/schema/field.ts';
import { disguiseVector } from './disguise-vector.ts';
import { type DuckDb, openDuckDb, readFooter } from './foreign-readers.ts';
import { seededRandom } from './seeded-random.ts';

const OPTIONS = { icebergSchemaJson: '{}' };
const ROWS = 60_000;

const field = (id: number, type: IcebergType, required = false): NestedField => ({
  id,
  name: `f${id}`,
  required,
  type,
});
const column = (stored: NestedField, values: ArrayLike<Value>): VectorColumn => ({
  field: stored,
  vector: buildVector(stored, values),
});
const rows = <T>(count: number, value: (row: number) => T): T[] =>
  Array.from({ length: count }, (_, row) => value(row));

/** Columns that take every encoding, larger than every sample and table that decides on one. */
function largeTable(): VectorColumn[] {
  const random = seededRandom(9);
  return [
    column(field(1, 'long', true), rows(ROWS, BigInt)),
    column(
      field(2, 'string', true),
      rows(ROWS, (row) => `id-${row * 7919}`),
    ),
    column(
      field(3, 'string'),
      rows(ROWS, (row) => (row % 3 === 0 ? null : `kind-${row % 5000}`)),
    ),
    column(
      field(4, 'double'),
      rows(ROWS, () => (random() < 0.1 ? null : random())),
    ),
    column(
      field(5, 'boolean'),
      rows(ROWS, () => (random() < 0.5 ? null : random() < 0.5)),
    ),
    column(field(6, 'string', true), Array(ROWS).fill('same')),
    column(
      field(7, 'decimal(30, 2)'),
      rows(ROWS, (row) => BigInt(row) * 10n ** 20n),
    ),
  ];
}

const SUMMARY = `SELECT count(*) AS n, sum(f1) AS f1, count(DISTINCT f2) AS f2, min(f2) AS f2_min,
  count(f3) AS f3, count(DISTINCT f3) AS f3_kinds, round(sum(f4), 6) AS f4,
  count(*) FILTER (f5) AS f5, count(*) FILTER (f6 = 'same') AS f6, sum(f7) AS f7
  FROM read_parquet($file)`;

describe('a large table of vectors', () => {
  const columns = largeTable();
  let duckDb: DuckDb;
  beforeAll(async () => {
    duckDb = await openDuckDb();
  });
  afterAll(() => duckDb.close());

  it('keeps its rows in one row group and in many', async () => {
    const one = writeParquet(columns, OPTIONS).bytes;
    const many = writeParquet(columns, { ...OPTIONS, rowGroupRows: 3500, pageBytes: 9000 }).bytes;
    const bySize = writeParquet(columns, { ...OPTIONS, rowGroupBytes: 400_000 }).bytes;
    expect(readFooter(one).row_groups).toHaveLength(1);
    expect(readFooter(many).row_groups).toHaveLength(18);
    expect(readFooter(bySize).row_groups.length).toBeGreaterThan(10);
    const [expected] = await duckDb.query(one, SUMMARY);
    expect(expected).toMatchObject({
      n: String(ROWS),
      f1: String((ROWS * (ROWS - 1)) / 2),
      f2: String(ROWS),
      f3: String((ROWS * 2) / 3),
      f6: String(ROWS),
    });
    expect(await duckDb.query(many, SUMMARY)).toEqual([expected]);
    expect(await duckDb.query(bySize, SUMMARY)).toEqual([expected]);
  });

  it('gives the same bytes from disguised vectors', () => {
    const random = seededRandom(10);
    const disguised = columns.map((each) =>
      each.field.id === 3 || each.field.id === 6
        ? { ...each, vector: disguiseVector(each.vector, random) }
        : each,
    );
    const expected = writeParquet(columns, { ...OPTIONS, rowGroupRows: 25_000 });
    const actual = writeParquet(disguised, { ...OPTIONS, rowGroupRows: 25_000 });
    expect(Buffer.compare(actual.bytes, expected.bytes)).toBe(0);
  });
});

describe('a column that occurs twice', () => {
  it('is stored twice with the ids and names of both', () => {
    const vector = buildVector(field(1, 'string', true), ['a', 'b', 'a']);
    const twin = (id: number, required: boolean) => ({
      field: field(id, 'string', required),
      vector,
    });
    const { bytes, metrics } = writeParquet(
      [twin(1, true), twin(2, true), twin(3, false)],
      OPTIONS,
    );
    const paths = readFooter(bytes).row_groups[0]?.columns.map(({ meta_data: metadata }) => [
      metadata?.path_in_schema,
      metadata?.encodings,
    ]);
    expect(paths).toEqual([
      [['f1'], expect.not.arrayContaining(['RLE'])],
      [['f2'], expect.not.arrayContaining(['RLE'])],
      [['f3'], expect.arrayContaining(['RLE'])],
    ]);
    expect(metrics.valueCounts).toEqual(
      new Map([
        [1, 3n],
        [2, 3n],
        [3, 3n],
      ]),
    );
  });
});

describe('hostile vectors', () => {
  const texts = buildVector(field(1, 'string'), ['x', 'y']);
  if (texts.kind !== 'bytes') throw new Error('no bytes');
  const codes = (values: readonly number[]): DictionaryVector => ({
    kind: 'dictionary',
    length: values.length,
    validity: null,
    codes: Int32Array.from(values),
    dictionary: texts,
  });

  it.each<[string, Vector]>([
    ['a code beyond the dictionary', codes([0, 1, 2])],
    ['a negative code', codes([0, -1])],
    ['a code of an empty dictionary', { ...codes([0]), dictionary: { ...texts, length: 0 } }],
    ['an item beyond its data', { ...texts, ends: Int32Array.of(1, 3) }],
    ['a vector of another kind', buildVector(field(1, 'int'), [1])],
  ])('refuses %s and writes the next file', (_, vector) => {
    const writer = createParquetWriter();
    const good = [column(field(1, 'string'), ['a', 'b', 'a', null])];
    expect(() => writer.write([{ field: field(1, 'string'), vector }], OPTIONS)).toThrow(
      expect.toSatisfy((error) => hasCode(error, 'FORMAT_CORRUPT')),
    );
    expect(writer.write(good, OPTIONS)).toEqual(writeParquet(good, OPTIONS));
  });

  it('writes byte strings that all share one hash, as bytes and as codes alike', () => {
    // The second word undoes what the first one did to the hash, which is multiplied and folded per word.
    const hostile = rows(6000, (row) => {
      const multiplied = Math.imul(8 ^ row, 0x9e3779b1);
      return new Uint8Array(Int32Array.of(row, multiplied ^ (multiplied >>> 15)).buffer);
    });
    const vector = buildVector(field(1, 'binary'), [...hostile, ...hostile]);
    const plain = writeParquet([{ field: field(1, 'binary'), vector }], OPTIONS);
    const disguised = disguiseVector(vector, () => 0.5);
    expect(disguised.kind).toBe('dictionary');
    const coded = writeParquet([{ field: field(1, 'binary'), vector: disguised }], OPTIONS);
    expect(Buffer.compare(plain.bytes, coded.bytes)).toBe(0);
    expect(readFooter(plain.bytes).row_groups[0]?.columns[0]?.meta_data?.encodings).toContain(
      'RLE_DICTIONARY',
    );
  });

  it.each([
    ['a missing value', buildVector(field(1, 'int'), [1, null, 3]), /row 1: got null/],
    ['a row that is not there', buildVector(field(1, 'int'), [1]), /got row 1, expected 0 to 0/],
  ])('refuses %s among the selected rows', (_, vector, message) => {
    const selection = { ...OPTIONS, rows: Int32Array.of(0, 1) };
    expect(() => writeParquet([{ field: field(1, 'int', true), vector }], selection)).toThrow(
      message,
    );
  });
});
