import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { IcebergType } from '#core/iceberg/spec/schema.ts';
import { type ParquetColumn, writeParquet } from '#core/parquet/write-parquet.ts';
import type { Row, Value } from '#core/schema/field.ts';
import { arbitraryTable } from './arbitrary-columns.ts';
import { type DuckDb, openDuckDb, readWithHyparquet } from './foreign-readers.ts';

const arbitraryOptions = fc.record({
  icebergSchemaJson: fc.constant('{}'),
  rowGroupRows: fc.constantFrom(1, 7, 1000),
  pageBytes: fc.constantFrom(1, 64, 1024 * 1024),
});

function rowsOf(columns: readonly ParquetColumn[]): Row[] {
  const rowCount = columns[0]?.values.length ?? 0;
  return Array.from({ length: rowCount }, (_, row) =>
    Object.fromEntries(columns.map(({ field, values }) => [field.name, values[row] ?? null])),
  );
}

/** DuckDB's Node client drops a byte order mark at the start of a string; hyparquet shows that the file has it. */
function withoutLeadingByteOrderMarks(value: Value): Value {
  if (typeof value === 'string') return value.replace(/^\ufeff/, '');
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value;
  if (Array.isArray(value)) return value.map(withoutLeadingByteOrderMarks);
  if (value instanceof Map) {
    return new Map(
      [...value].map(([key, item]) => [
        key.replace(/^\ufeff/, ''),
        withoutLeadingByteOrderMarks(item),
      ]),
    );
  }
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, withoutLeadingByteOrderMarks(item)]),
  );
}

const fieldsOf = (columns: readonly ParquetColumn[]) => columns.map(({ field }) => field);

describe('a random table, written and read back', () => {
  let duckDb: DuckDb;
  beforeAll(async () => {
    duckDb = await openDuckDb();
  });
  afterAll(() => duckDb.close());

  it('equals the input in DuckDB', async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryTable(40), arbitraryOptions, async (columns, options) => {
        const { bytes } = writeParquet(columns, options);
        const expected = rowsOf(columns).map(withoutLeadingByteOrderMarks);
        expect(await duckDb.read(bytes, fieldsOf(columns))).toEqual(expected);
      }),
      { numRuns: Number(process.env['RUNS'] ?? 150), seed: 1 },
    );
  });

  it('equals the input in hyparquet', async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryTable(40), arbitraryOptions, async (columns, options) => {
        const { bytes } = writeParquet(columns, options);
        expect(await readWithHyparquet(bytes, fieldsOf(columns))).toEqual(rowsOf(columns));
      }),
      { numRuns: Number(process.env['RUNS'] ?? 150), seed: 2 },
    );
  });
});
