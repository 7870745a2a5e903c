import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildVector } from '#core/columns/build-vectors.ts';
import type { IcebergType } from '#core/iceberg/spec/schema.ts';
import { decodeSingleValue, type SingleValue } from '#core/iceberg/spec/single-value.ts';
import {
  createParquetWriter,
  type ParquetColumn,
  writeParquet,
} from '#core/parquet/write-parquet.ts';
import type { Row, Value } from '#core/schema/field.ts';
import { arbitraryTable } from './arbitrary-columns.ts';
import { disguiseVector } from './disguise-vector.ts';
import { type DuckDb, openDuckDb, readWithHyparquet } from './foreign-readers.ts';
import { seededRandom } from './seeded-random.ts';

/** More by `RUNS=2000 npx vitest run test/core/parquet`. */
const RUNS = Number(process.env['RUNS'] ?? 120);

const arbitraryOptions = fc.record({
  icebergSchemaJson: fc.constant('{}'),
  rowGroupRows: fc.constantFrom(1, 7, 1000),
  rowGroupBytes: fc.constantFrom(1, 500, 2 ** 27),
  pageBytes: fc.constantFrom(1, 64, 1024 * 1024),
  encodings: fc.constantFrom('all' as const, 'plain-and-dictionary' as const),
});

/** A table, rows of it in any order and with repeats, and a seed for the disguise of its vectors. */
const arbitraryCase = fc
  .tuple(arbitraryTable(30), arbitraryOptions, fc.nat())
  .chain(([columns, options, seed]) => {
    const rowCount = columns[0]?.values.length ?? 0;
    const rows = fc.array(fc.nat({ max: Math.max(0, rowCount - 1) }), {
      maxLength: rowCount === 0 ? 0 : 40,
    });
    return fc.record({
      columns: fc.constant(columns),
      options: fc.constant(options),
      seed: fc.constant(seed),
      rows,
    });
  });

function disguise(columns: readonly ParquetColumn[], seed: number) {
  const random = seededRandom(seed);
  return columns.map(({ field, values }) => ({
    field,
    vector: disguiseVector(buildVector(field, values), random),
  }));
}

const picked = (columns: readonly ParquetColumn[], rows: readonly number[]): ParquetColumn[] =>
  columns.map(({ field, values }) => ({
    field,
    values: rows.map((row) => values[row] as Value),
  }));

const rowsOf = (columns: readonly ParquetColumn[], rows: readonly number[]): Row[] =>
  rows.map((row) =>
    Object.fromEntries(columns.map(({ field, values }) => [field.name, values[row] ?? null])),
  );

describe('random vectors and a selection of their rows', () => {
  const writer = createParquetWriter();
  let duckDb: DuckDb;
  beforeAll(async () => {
    duckDb = await openDuckDb();
  });
  afterAll(() => duckDb.close());

  it('give the bytes and metrics of the same rows written as values, in used memory or not', () => {
    fc.assert(
      fc.property(arbitraryCase, ({ columns, options, seed, rows }) => {
        const expected = writeParquet(picked(columns, rows), options);
        const selection = { ...options, rows: Int32Array.from(rows) };
        const file = writer.write(disguise(columns, seed), selection);
        expect(Buffer.compare(file.bytes, expected.bytes)).toBe(0);
        expect(file.metrics).toEqual(expected.metrics);
      }),
      { numRuns: 3 * RUNS, seed: 11 },
    );
  });

  it('are read by hyparquet as they were', async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryCase, async ({ columns, options, seed, rows }) => {
        const selection = { ...options, rows: Int32Array.from(rows) };
        const { bytes } = writer.write(disguise(columns, seed), selection);
        const fields = columns.map(({ field }) => field);
        expect(await readWithHyparquet(bytes, fields)).toEqual(rowsOf(columns, rows));
      }),
      { numRuns: RUNS, seed: 12 },
    );
  });

  it('are read by DuckDB as they were', async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryCase, async ({ columns, options, seed, rows }) => {
        const selection = { ...options, rows: Int32Array.from(rows) };
        const { bytes } = writer.write(disguise(columns, seed), selection);
        const fields = columns.map(({ field }) => field);
        const read = await duckDb.read(bytes, fields);
        expect(read).toEqual(withoutMarks(rowsOf(columns, rows)));
      }),
      { numRuns: RUNS, seed: 13 },
    );
  });

  it('have the counts and bounds of a naive computation', () => {
    fc.assert(
      fc.property(arbitraryCase, ({ columns, options, seed, rows }) => {
        const selection = { ...options, rows: Int32Array.from(rows) };
        const { metrics } = writer.write(disguise(columns, seed), selection);
        expect(metrics.recordCount).toBe(BigInt(rows.length));
        for (const { field, values } of picked(columns, rows)) {
          const facts = new Map<number, LeafFacts>();
          // A file without rows names all its leaves as well.
          if (values.length === 0) collect(facts, { ...field, value: undefined });
          for (const fact of facts.values()) Object.assign(fact, { entries: 0, nulls: 0 });
          for (const value of Array.from(values)) collect(facts, { ...field, value });
          for (const [id, fact] of facts) {
            expect(metrics.valueCounts.get(id)).toBe(BigInt(fact.entries));
            expect(metrics.nullValueCounts.get(id)).toBe(BigInt(fact.nulls));
            expect(metrics.nanValueCounts.get(id) ?? 0n).toBe(BigInt(fact.nans));
            expectBounds(fact, metrics.lowerBounds.get(id), metrics.upperBounds.get(id));
          }
        }
      }),
      { numRuns: RUNS, seed: 14 },
    );
  });
});

interface LeafFacts {
  readonly type: IcebergType;
  readonly isRepeated: boolean;
  entries: number;
  nulls: number;
  nans: number;
  readonly values: SingleValue[];
}

/** Adds one value to the facts of all leaves below; undefined is a value with nothing above it. */
function collect(
  facts: Map<number, LeafFacts>,
  node: { id: number; type: IcebergType; value: Value | undefined; isRepeated?: boolean },
): void {
  const { id, type, isRepeated = false } = node;
  const value = node.value ?? null;
  if (typeof type === 'string') {
    const empty = { type, isRepeated, entries: 0, nulls: 0, nans: 0, values: [] };
    const fact = facts.get(id) ?? empty;
    facts.set(id, fact);
    fact.entries += 1;
    if (value === null) fact.nulls += 1;
    else if (Number.isNaN(value)) fact.nans += 1;
    else fact.values.push((type === 'float' ? Math.fround(Number(value)) : value) as SingleValue);
    return;
  }
  if (type.type === 'struct') {
    for (const field of type.fields) {
      collect(facts, { ...field, value: (value as Row | null)?.[field.name] ?? null, isRepeated });
    }
    return;
  }
  const items: readonly (readonly (Value | undefined)[])[] =
    type.type === 'list'
      ? ((value ?? []) as readonly Value[]).map((item) => [item])
      : [...((value ?? new Map()) as ReadonlyMap<string, Value>)];
  for (const item of items.length === 0 ? [[undefined, undefined]] : items) {
    const parts =
      type.type === 'list'
        ? [{ id: type['element-id'], type: type.element }]
        : [
            { id: type['key-id'], type: type.key },
            { id: type['value-id'], type: type.value },
          ];
    parts.forEach((part, index) => {
      collect(facts, { ...part, value: item[index], isRepeated: true });
    });
  }
}

function expectBounds(
  { type, isRepeated, values }: LeafFacts,
  lower: Uint8Array | undefined,
  upper: Uint8Array | undefined,
): void {
  if (isRepeated || values.length === 0) {
    expect([lower, upper]).toEqual([undefined, undefined]);
    return;
  }
  if (typeof type !== 'string') throw new Error('no leaf');
  const sorted = values.toSorted(compare);
  const least = sorted[0] as SingleValue;
  const most = sorted.at(-1) as SingleValue;
  const decoded = decodeSingleValue(type, lower ?? new Uint8Array());
  if (type === 'string')
    expect(decoded).toBe(
      Array.from(least as string)
        .slice(0, 16)
        .join(''),
    );
  else if (type === 'binary') expect(decoded).toEqual((least as Uint8Array).slice(0, 16));
  else expect(decoded === least || (decoded === 0 && least === 0)).toBe(true);
  if (upper === undefined) {
    expect(type === 'string' || type === 'binary').toBe(true);
    return;
  }
  const top = decodeSingleValue(type, upper);
  expect(compare(top, most)).toBeGreaterThanOrEqual(0);
  const isShort =
    (type !== 'string' && type !== 'binary') || Array.from(most as string).length <= 16;
  if (isShort) expect(compare(top, most) === 0 || (top === 0 && most === 0)).toBe(true);
}

function compare(a: SingleValue, b: SingleValue): number {
  if (typeof a === 'string' && typeof b === 'string') {
    return Buffer.compare(Buffer.from(a), Buffer.from(b));
  }
  if (a instanceof Uint8Array && b instanceof Uint8Array) return Buffer.compare(a, b);
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** DuckDB's Node client drops a byte order mark at the start of a string; hyparquet shows that the file has it. */
function withoutMarks(value: Value): Value {
  if (typeof value === 'string') return value.replace(/^\ufeff/, '');
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value;
  if (Array.isArray(value)) return value.map(withoutMarks);
  if (value instanceof Map) {
    return new Map(
      [...value].map(([key, item]) => [String(withoutMarks(key)), withoutMarks(item)]),
    );
  }
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withoutMarks(item)]));
}
