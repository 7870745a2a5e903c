import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeSingleValue, type SingleValue } from '#core/iceberg/spec/single-value.ts';
import { type ParquetColumn, writeParquet } from '#core/parquet/write-parquet.ts';
import type { Row, Value } from '#core/schema/field.ts';
import { arbitraryColumn, arbitraryTable, PRIMITIVE_TYPES } from './arbitrary-columns.ts';
import { type DuckDb, openDuckDb, readWithHyparquet } from './foreign-readers.ts';

/** More by `RUNS=2000 npx vitest run test/core/parquet`. */
const RUNS = Number(process.env['RUNS'] ?? 150);

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
      { numRuns: RUNS, seed: 1 },
    );
  });

  it('equals the input in hyparquet', async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryTable(40), arbitraryOptions, async (columns, options) => {
        const { bytes } = writeParquet(columns, options);
        expect(await readWithHyparquet(bytes, fieldsOf(columns))).toEqual(rowsOf(columns));
      }),
      { numRuns: RUNS, seed: 2 },
    );
  });
});

describe('bounds of a random column', () => {
  it.each(PRIMITIVE_TYPES)('enclose every value of %s', (type) => {
    const column = arbitraryColumn(
      { id: 1, name: 'c', required: false, type },
      { minRows: 0, maxRows: 30 },
    );
    fc.assert(
      fc.property(column, arbitraryOptions, (input, options) => {
        const { lowerBounds, upperBounds } = writeParquet([input], options).metrics;
        const lower = lowerBounds.get(1);
        const upper = upperBounds.get(1);
        if (type !== 'string' && type !== 'binary') expect(upper === undefined).toBe(!lower);
        for (const value of Array.from(input.values)) {
          if (value === null || Number.isNaN(value)) continue;
          const single = type === 'float' ? Math.fround(Number(value)) : (value as SingleValue);
          expect(lower && compare(decodeSingleValue(type, lower), single)).toBeLessThanOrEqual(0);
          if (upper !== undefined) {
            expect(compare(decodeSingleValue(type, upper), single)).toBeGreaterThanOrEqual(0);
          }
        }
      }),
      { numRuns: RUNS, seed: 3 },
    );
  });
});

/** Order of Iceberg values; strings go by code point, -0.0 comes before +0.0. */
function compare(a: SingleValue, b: SingleValue): number {
  if (typeof a === 'string' && typeof b === 'string') {
    return Buffer.compare(Buffer.from(a), Buffer.from(b));
  }
  if (a instanceof Uint8Array && b instanceof Uint8Array) return Buffer.compare(a, b);
  if (a === 0 && b === 0) return Number(Object.is(b, -0)) - Number(Object.is(a, -0));
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
