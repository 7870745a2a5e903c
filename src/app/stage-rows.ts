import { createHash } from 'node:crypto';
import type { Position } from '#core/delivery/position.ts';
import type { DataFile } from '#core/iceberg/spec/data-file.ts';
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

/** What a staged file's name tells: where its rows came from. */
export interface StagedRange {
  readonly source: string;
  readonly first: Position;
  readonly last: Position;
}

/**
 * Writes rows as Parquet, one file per partition, by the table's current schema and default spec.
 * Files are named by source, range and content hash and written with If-None-Match: the same rows
 * staged again (a retry, a zombie) meet their own file.
 */
export async function stageRows(
  store: ObjectStore,
  metadata: TableMetadata,
  options: { readonly rows: readonly Row[]; readonly range: StagedRange },
): Promise<readonly DataFile[]> {
  const schema = currentSchema(metadata);
  const spec = defaultPartitionSpec(metadata);
  const files: DataFile[] = [];
  for (const { tuple, rows } of groupByPartition(options.rows, schema, spec)) {
    const { bytes, metrics } = writeParquet(columnsOf(schema, rows), {
      icebergSchemaJson: JSON.stringify(schema),
    });
    const folder = partitionPath(spec, schema, tuple);
    const filePath = [
      metadata.location,
      'data',
      ...(folder === '' ? [] : [folder]),
      fileName(options.range, bytes),
    ].join('/');
    await putImmutable(store, filePath, bytes);
    files.push({ filePath, partition: tuple, ...metrics });
  }
  return files;
}

function columnsOf(schema: Schema, rows: readonly Row[]): Parameters<typeof writeParquet>[0] {
  return schema.fields.map((field) => ({
    field,
    values: rows.map((row) => row[field.name] ?? null),
  }));
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
  const source = range.source.split('/').at(-1) ?? range.source;
  const hash = createHash('sha256').update(bytes).digest('hex').slice(0, 16);
  return `${source}_${range.first.sequence}-${range.first.subSequence}_${range.last.sequence}-${range.last.subSequence}_${hash}.parquet`;
}
