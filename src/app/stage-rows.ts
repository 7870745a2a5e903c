import { createHash } from 'node:crypto';
import type { Position } from '#core/delivery/position.ts';
import type { DataFile, FileMetrics } from '#core/iceberg/spec/data-file.ts';
import type { PartitionSpec, PartitionTuple } from '#core/iceberg/spec/partition.ts';
import type { Schema } from '#core/iceberg/spec/schema.ts';
import {
  currentSchema,
  defaultPartitionSpec,
  type TableMetadata,
} from '#core/iceberg/spec/table-metadata.ts';
import { partitionPath } from '#core/iceberg/transform/partition-path.ts';
import { partitionKey, partitionTupleOf } from '#core/iceberg/transform/partition-tuple.ts';
import { writeParquet } from '#core/parquet/write-parquet.ts';
import type { Row } from '#core/schema/field.ts';
import type { ObjectStore } from '#ports/object-store.ts';
import { putImmutable } from './put-immutable.ts';

/** Of a staged file's name; the content hash tells files apart. */
const MAX_SOURCE_LENGTH = 80;

/** What a staged file's name tells: where its rows came from. */
export interface StagedRange {
  readonly source: string;
  readonly first: Position;
  readonly last: Position;
}

/** Rows of one partition as Parquet, not yet written. */
export interface EncodedFile {
  readonly partition: PartitionTuple;
  /** Folder of the partition below the data folder; empty without partitions. */
  readonly folder: string;
  readonly rows: readonly Row[];
  readonly bytes: Uint8Array;
  readonly metrics: FileMetrics;
}

/** Encodes and writes rows: see encodeRows and writeFiles. */
export async function stageRows(
  store: ObjectStore,
  metadata: TableMetadata,
  options: { readonly rows: readonly Row[]; readonly range: StagedRange },
): Promise<readonly DataFile[]> {
  const encoded = encodeRows(metadata, options.rows);
  return await writeFiles(store, metadata, { encoded, range: options.range });
}

/**
 * Rows as Parquet, one file per partition, by the table's current schema and default spec. Pure. Throws
 * when a row has a value that its column or partition cannot hold; findPoison tells which.
 */
export function encodeRows(metadata: TableMetadata, rows: readonly Row[]): readonly EncodedFile[] {
  const schema = currentSchema(metadata);
  const spec = defaultPartitionSpec(metadata);
  return [...groupByPartition(rows, schema, spec)].map(({ tuple, rows: group }) => ({
    partition: tuple,
    folder: partitionPath(spec, schema, tuple),
    rows: group,
    ...encodeParquet(schema, group),
  }));
}

/**
 * Writes encoded files, in the order given. They are named by source, range and content hash and written
 * with If-None-Match: the same rows staged again (a retry, a zombie) meet their own file.
 */
export async function writeFiles(
  store: ObjectStore,
  metadata: TableMetadata,
  options: { readonly encoded: readonly EncodedFile[]; readonly range: StagedRange },
): Promise<readonly DataFile[]> {
  const files: DataFile[] = [];
  for (const { partition, folder, bytes, metrics } of options.encoded) {
    const filePath = [
      metadata.location,
      'data',
      ...(folder === '' ? [] : [folder]),
      fileName(options.range, bytes),
    ].join('/');
    await putImmutable(store, filePath, bytes);
    files.push({ filePath, partition, ...metrics });
  }
  return files;
}

/** A row that cannot be encoded whatever rows are beside it, and why. */
export interface PoisonRow {
  readonly row: Row;
  readonly error: unknown;
}

/**
 * Rows that cannot be encoded, found by halves. None when it is not a row's fault: the table itself
 * cannot be written, or the rows are too many for one file.
 */
export function findPoison(metadata: TableMetadata, rows: readonly Row[]): readonly PoisonRow[] {
  const tableProblem = problemOf(() => encodeParquet(currentSchema(metadata), []));
  return tableProblem === null ? poisonAmong(metadata, rows) : [];
}

function poisonAmong(metadata: TableMetadata, rows: readonly Row[]): readonly PoisonRow[] {
  const problem = problemOf(() => encodeRows(metadata, rows));
  const [row] = rows;
  if (problem === null || row === undefined) return [];
  if (rows.length === 1) return [{ row, error: problem.error }];
  const middle = rows.length >> 1;
  return [
    ...poisonAmong(metadata, rows.slice(0, middle)),
    ...poisonAmong(metadata, rows.slice(middle)),
  ];
}

function problemOf(encode: () => unknown): { readonly error: unknown } | null {
  try {
    encode();
    return null;
  } catch (error) {
    return { error };
  }
}

function encodeParquet(schema: Schema, rows: readonly Row[]): ReturnType<typeof writeParquet> {
  const columns = schema.fields.map((field) => ({
    field,
    values: rows.map((row) => row[field.name] ?? null),
  }));
  return writeParquet(columns, { icebergSchemaJson: JSON.stringify(schema) });
}

interface PartitionGroup {
  readonly tuple: PartitionTuple;
  readonly rows: Row[];
}

/** Rows by partition, in order of first appearance; the order inside a partition is kept. */
function groupByPartition(
  rows: readonly Row[],
  schema: Schema,
  spec: PartitionSpec,
): Iterable<PartitionGroup> {
  const tupleOf = partitionTupleOf(spec, schema);
  const groups = new Map<string, PartitionGroup>();
  for (const row of rows) {
    const tuple = tupleOf(row);
    // Not the path: null and the text "null" share one.
    const key = partitionKey(tuple);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { tuple, rows: [row] });
    else group.rows.push(row);
  }
  return groups.values();
}

function fileName(range: StagedRange, bytes: Uint8Array): string {
  // A shard's id, or the end of a file's name with what no path should hold replaced.
  const source = (range.source.split('/').at(-1) ?? range.source)
    .replaceAll(/[^A-Za-z0-9._-]/g, '-')
    .slice(-MAX_SOURCE_LENGTH);
  const hash = createHash('sha256').update(bytes).digest('hex').slice(0, 16);
  return `${source}_${range.first.sequence}-${range.first.subSequence}_${range.last.sequence}-${range.last.subSequence}_${hash}.parquet`;
}
