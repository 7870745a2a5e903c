import type { DataFile } from '../spec/data-file.ts';
import type { Schema } from '../spec/schema.ts';
import { decimalParameters } from '../spec/schema-fields.ts';
import { decodeSingleValue, type SingleValue } from '../spec/single-value.ts';
import { compareValues } from '../spec/value-order.ts';
import type { CheckContext } from './check-context.ts';
import { type GoldenLeaf, goldenElements, goldenLeaves } from './golden-parquet.ts';
import { type ParquetColumn, type ParquetFooter, readParquetFooter } from './parquet-footer.ts';

/**
 * A Parquet file against what its manifest says of it: records, row groups, schema with field ids, and of every
 * column size, counts and bounds. Source: Iceberg v2 §Data File Fields, §Appendix A: Parquet.
 */
export function checkParquetFile(bytes: Uint8Array, file: DataFile, context: CheckContext): void {
  const { report } = context;
  const where = file.filePath;
  const footer = report.attempt(where, () => readParquetFooter(bytes));
  if (footer === null) return;
  checkRows(footer, file, context);
  const schema = findSchema(footer, file, context);
  if (schema === null) return;
  for (const [index, leaf] of goldenLeaves(schema.fields).entries()) {
    checkLeaf(leaf, index, { ...context, footer, file });
  }
}

function checkRows(footer: ParquetFooter, file: DataFile, { report }: CheckContext): void {
  const where = file.filePath;
  const { rowGroups } = footer;
  const grouped = rowGroups.reduce((sum, group) => sum + group.rowCount, 0n);
  report.require(
    footer.rowCount === file.recordCount && grouped === file.recordCount,
    where,
    `expected record_count ${footer.rowCount} (${grouped} in row groups), got ${file.recordCount}`,
  );
  const offsets = rowGroups.map((group) => group.fileOffset);
  report.require(
    file.splitOffsets.length === 0 || offsets.join() === file.splitOffsets.join(),
    where,
    `expected split offsets ${offsets.join()}, got ${file.splitOffsets.join()}`,
  );
  const leaves = footer.elements.filter((element) => element.physicalType !== null).length;
  report.require(
    footer.columnOrderCount === leaves,
    where,
    `expected ${leaves} column orders, got ${footer.columnOrderCount}`,
  );
  for (const group of rowGroups) {
    report.require(
      group.columns.length === leaves,
      where,
      `expected ${leaves} columns in every row group, got ${group.columns.length}`,
    );
  }
}

/** The table's schema that the file was written with: every column of it, and no other. */
function findSchema(
  footer: ParquetFooter,
  file: DataFile,
  { metadata, report }: CheckContext,
): Schema | null {
  const stored = footer.elements.map(describe);
  const candidates = metadata.schemas.toReversed();
  const match = candidates.find(
    (schema) => goldenElements(schema.fields).map(describe).join() === stored.join(),
  );
  if (match === undefined) {
    const [newest] = candidates;
    const golden = goldenElements(newest?.fields ?? []).map(describe);
    const at = golden.findIndex((text, index) => text !== stored[index]);
    report.add(
      file.filePath,
      `expected the columns of a schema of the table, for instance ${golden[at] ?? 'no more'}, got ${stored[at] ?? 'no more'}`,
    );
    return null;
  }
  checkStoredSchema(footer, file, { match, report });
  return match;
}

/** The schema that writers keep in the file for people and tools. */
function checkStoredSchema(
  footer: ParquetFooter,
  file: DataFile,
  context: { readonly match: Schema; readonly report: CheckContext['report'] },
): void {
  const text = footer.keyValues.get('iceberg.schema');
  if (text === undefined) return;
  const { match, report } = context;
  const stored = report.attempt(file.filePath, () => JSON.parse(text) as Partial<Schema>);
  if (stored === null) return;
  report.require(
    JSON.stringify(stored.fields) === JSON.stringify(match.fields),
    file.filePath,
    `expected schema ${match['schema-id']} under the key iceberg.schema`,
  );
}

interface LeafContext extends CheckContext {
  readonly footer: ParquetFooter;
  readonly file: DataFile;
}

function checkLeaf(leaf: GoldenLeaf, index: number, context: LeafContext): void {
  const { footer, file, report } = context;
  const where = `${file.filePath} column ${leaf.id}`;
  const chunks = footer.rowGroups.flatMap((group) => group.columns[index] ?? []);
  for (const chunk of chunks) {
    report.require(
      chunk.path.join('.') === leaf.path.join('.'),
      where,
      `expected column chunks of ${leaf.path.join('.')}, got ${chunk.path.join('.')}`,
    );
  }
  const facts: readonly (readonly [string, bigint, bigint | undefined])[] = [
    ['column_sizes', sumOf(chunks, (chunk) => chunk.storedBytes), file.columnSizes.get(leaf.id)],
    ['value_counts', sumOf(chunks, (chunk) => chunk.valueCount), file.valueCounts.get(leaf.id)],
  ];
  for (const [name, expected, received] of facts) requireFact(name, expected, received);
  if (chunks.every((chunk) => chunk.nullCount !== null)) {
    const nulls = sumOf(chunks, (chunk) => chunk.nullCount ?? 0n);
    requireFact('null_value_counts', nulls, file.nullValueCounts.get(leaf.id));
  }
  if (!leaf.repeated) checkBounds(leaf, chunks, { ...context, where });

  function requireFact(name: string, expected: bigint, received: bigint | undefined): void {
    report.require(
      received === undefined || received === expected,
      where,
      `expected ${name} ${expected} as in the footer, got ${received}`,
    );
  }
}

/** Bounds in the manifest against the statistics of the row groups. Texts and bytes may be shortened in both. */
function checkBounds(
  leaf: GoldenLeaf,
  chunks: readonly ParquetColumn[],
  context: LeafContext & { readonly where: string },
): void {
  const { file, report, where } = context;
  const lower = file.lowerBounds.get(leaf.id);
  const upper = file.upperBounds.get(leaf.id);
  const range = report.attempt(where, () => statisticsOf(leaf, chunks));
  if (range === null) return;
  const isShortened = leaf.type === 'string' || leaf.type === 'binary';
  if (lower !== undefined) {
    const bound = report.attempt(where, () => decodeSingleValue(leaf.type, lower));
    const order = bound === null ? 0 : compareValues(bound, range.min);
    report.require(
      isShortened ? order <= 0 : order === 0,
      where,
      `expected the footer's minimum ${textOf(range.min)} as lower bound, got ${textOf(bound)}`,
    );
  }
  if (upper !== undefined) {
    const bound = report.attempt(where, () => decodeSingleValue(leaf.type, upper));
    const order = bound === null ? 0 : compareValues(bound, range.max);
    report.require(
      isShortened ? order >= 0 : order === 0,
      where,
      `expected the footer's maximum ${textOf(range.max)} as upper bound, got ${textOf(bound)}`,
    );
  }
}

/** Smallest and largest value of all row groups; null where one with values does not say. */
function statisticsOf(
  leaf: GoldenLeaf,
  chunks: readonly ParquetColumn[],
): { readonly min: SingleValue; readonly max: SingleValue } | null {
  const withValues = chunks.filter((chunk) => chunk.nullCount !== chunk.valueCount);
  let range: { readonly min: SingleValue; readonly max: SingleValue } | null = null;
  for (const { min, max } of withValues) {
    if (min === null || max === null) return null;
    const [low, high] = [plainValue(leaf, min), plainValue(leaf, max)];
    range = {
      min: range === null || compareValues(low, range.min) < 0 ? low : range.min,
      max: range === null || compareValues(high, range.max) > 0 ? high : range.max,
    };
  }
  return range;
}

/** A PLAIN value. Numbers are stored as in Iceberg, but for decimals, which Parquet keeps as numbers. */
function plainValue(leaf: GoldenLeaf, bytes: Uint8Array): SingleValue {
  const decimal = decimalParameters(leaf.type);
  if (decimal === null) return decodeSingleValue(leaf.type, bytes);
  const isFixed = decimal.precision > 18;
  return decodeSingleValue(leaf.type, isFixed ? bytes : bytes.toReversed());
}

function describe(element: ReturnType<typeof goldenElements>[number]): string {
  const { name, fieldId, repetition, physicalType, typeLength, logicalType, childCount } = element;
  const type = physicalType === null ? `group of ${childCount}` : physicalType;
  const length = typeLength === null ? '' : `(${typeLength})`;
  return `${repetition} ${type}${length} ${name} = ${fieldId} ${logicalType ?? ''}`.trim();
}

function textOf(value: SingleValue | null): string {
  return value instanceof Uint8Array ? Buffer.from(value).toString('hex') : String(value);
}

function sumOf(chunks: readonly ParquetColumn[], value: (chunk: ParquetColumn) => bigint): bigint {
  return chunks.reduce((sum, chunk) => sum + value(chunk), 0n);
}
