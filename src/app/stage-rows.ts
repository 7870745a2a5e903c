import { createHash } from 'node:crypto';
import type { Position } from '#core/delivery/position.ts';
import { stagedName } from '#core/iceberg/maintenance/orphan-age.ts';
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
const CONCURRENT_WRITES = 16;

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

/** Schema and partition spec of a file. */
export interface WrittenAs {
  readonly schema: Schema;
  readonly spec: PartitionSpec;
}

/** Encodes and writes rows: see encodeRows and writeFiles. Without a time when the range itself belongs to one moment only. */
export async function stageRows(
  store: ObjectStore,
  metadata: TableMetadata,
  options: {
    readonly rows: readonly Row[];
    readonly range: StagedRange;
    readonly nowMs?: number;
  },
): Promise<readonly DataFile[]> {
  const encoded = encodeRows(metadata, options.rows);
  const { range, nowMs = 0 } = options;
  return await writeFiles(store, metadata, { encoded, range, nowMs });
}

/**
 * Rows as Parquet, one file per partition, by the table's current schema and default spec unless others are named. Pure. Throws
 * when a row has a value that its column or partition cannot hold; findPoison tells which.
 */
export function encodeRows(
  metadata: TableMetadata,
  rows: readonly Row[],
  as: WrittenAs = {
    schema: currentSchema(metadata),
    spec: defaultPartitionSpec(metadata),
  },
): readonly EncodedFile[] {
  const { schema, spec } = as;
  return [...groupByPartition(rows, schema, spec)].map(({ tuple, rows: group }) => ({
    partition: tuple,
    folder: partitionPath(spec, schema, tuple),
    rows: group,
    ...encodeParquet(schema, group),
  }));
}

/**
 * Writes encoded files; the result is in the order given. They are named by source, range, content hash and day and written
 * with If-None-Match: the same rows staged again (a retry, a zombie) meet their own file, but never one of long ago
 * (see remove-orphans.ts).
 */
export async function writeFiles(
  store: ObjectStore,
  metadata: TableMetadata,
  options: {
    readonly encoded: readonly Omit<EncodedFile, 'rows'>[];
    readonly range: StagedRange;
    readonly nowMs: number;
  },
): Promise<readonly DataFile[]> {
  const write = async (encoded: Omit<EncodedFile, 'rows'>): Promise<DataFile> => {
    const { partition, folder, bytes, metrics } = encoded;
    const filePath = [
      metadata.location,
      'data',
      ...(folder === '' ? [] : [folder]),
      fileName(options, bytes),
    ].join('/');
    await putImmutable(store, filePath, bytes);
    return { filePath, partition, ...metrics };
  };
  const files: DataFile[] = [];
  for (let start = 0; start < options.encoded.length; start += CONCURRENT_WRITES) {
    const group = options.encoded.slice(start, start + CONCURRENT_WRITES);
    files.push(...(await Promise.all(group.map(write))));
  }
  return files;
}

/** Throws what keeps any file from being written for the table. */
export function checkWritable(metadata: TableMetadata): void {
  encodeParquet(currentSchema(metadata), []);
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
  const tableProblem = problemOf(() => checkWritable(metadata));
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

function fileName(
  { range, nowMs }: { readonly range: StagedRange; readonly nowMs: number },
  bytes: Uint8Array,
): string {
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return `${rangeName(range)}_${stagedName(sha256, nowMs)}.parquet`;
}

/** Source and range as a name: of the source a shard's id, or the end of a file's name with what no path should hold replaced. */
export function rangeName({ source, first, last }: StagedRange): string {
  const name = (source.split('/').at(-1) ?? source)
    .replaceAll(/[^A-Za-z0-9._-]/g, '-')
    .slice(-MAX_SOURCE_LENGTH);
  return `${name}_${first.sequence}-${first.subSequence}_${last.sequence}-${last.subSequence}`;
}
