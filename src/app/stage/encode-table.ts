import type { HourlyCounts } from '#core/delivery/batch-summary.ts';
import { tableColumns } from '#core/delivery/bronze-vectors.ts';
import { NO_COUNTS } from '#core/delivery/delivery-counts.ts';
import type { ArrivedHashes } from '#core/delivery/hashed-id-buckets.ts';
import type { Hashes } from '#core/delivery/id-hash.ts';
import type { JudgedBlock } from '#core/delivery/judged-block.ts';
import type { Position } from '#core/delivery/position.ts';
import { arrivedHashes, processBlock } from '#core/delivery/process-block.ts';
import type { StagedDuplicate } from '#core/delivery/staged-batch.ts';
import { SluiceError } from '#core/errors.ts';
import type { FileMetrics } from '#core/iceberg/spec/data-file.ts';
import type { PartitionSpec, PartitionTuple } from '#core/iceberg/spec/partition.ts';
import type { Schema } from '#core/iceberg/spec/schema.ts';
import {
  currentSchema,
  defaultPartitionSpec,
  type TableMetadata,
} from '#core/iceberg/spec/table-metadata.ts';
import { partitionPath } from '#core/iceberg/transform/partition-path.ts';
import { partitionRows } from '#core/iceberg/transform/partition-rows.ts';
import { findUnwritableRows } from '#core/parquet/find-unwritable-rows.ts';
import type { VectorColumn } from '#core/parquet/vector-column.ts';
import type { ParquetWriter } from '#core/parquet/write-parquet.ts';
import type { RecentIds } from './recent-ids.ts';

/** A data file, not yet written. */
export interface EncodedFile {
  readonly partition: PartitionTuple;
  /** Folder of the partition below the data folder; empty without partitions. */
  readonly folder: string;
  readonly bytes: Uint8Array;
  readonly metrics: FileMetrics;
  /** Identities and arrivals of its rows, in the order of the file; null where nobody asks for them. */
  readonly ids: ArrivedHashes | null;
}

/** What a batch brings to one table, before the commit finds duplicates. */
export interface EncodedTable {
  readonly files: readonly EncodedFile[];
  readonly hours: HourlyCounts;
  readonly duplicates: readonly StagedDuplicate[];
  readonly maxEventTimeMicros: bigint | null;
}

/** A row of a block that cannot be written, whatever rows are beside it. */
export interface PoisonRow {
  readonly row: number;
  readonly error: unknown;
}

/** Schema and partition spec of files. */
interface WrittenAs {
  readonly schema: Schema;
  readonly spec: PartitionSpec;
}

/**
 * De-duplicates a block's accepted events among themselves and encodes their rows; or names the rows that cannot be encoded:
 * without them (`leftOut`) it can be done. Throws what is not a row's fault.
 */
export function encodeBlock(
  parquet: ParquetWriter,
  block: JudgedBlock,
  options: {
    readonly source: string;
    readonly metadata: TableMetadata;
    readonly last: Position;
    /** Highest event time before them. */
    readonly maxEventTimeMicros: bigint | null;
    readonly recent: RecentIds;
    /** 1 for accepted rows that have their place elsewhere. */
    readonly leftOut: Uint8Array;
  },
): EncodedTable | { readonly poison: readonly PoisonRow[] } {
  const { source, metadata, last, maxEventTimeMicros, recent, leftOut } = options;
  const processed = processBlock(block, {
    source,
    before: { position: last, maxEventTimeMicros, counts: NO_COUNTS },
    last,
    isCommitted: () => false,
    leftOut,
  });
  const as = writtenAs(metadata);
  const columns = tableColumns(as.schema, processed.columns, block.length);
  const looksForDuplicates = block.plan.stream.dedupe.horizonMs > 0;
  const groups = looksForDuplicates ? splitRepeats(processed, recent) : [processed.rows];
  try {
    const files = groups.flatMap((rows) =>
      encodeColumns(parquet, as, { columns, rows }).map(({ rows: own, ...file }) => ({
        ...file,
        ids: looksForDuplicates ? arrivedHashes(block, processed.hashes, own) : null,
      })),
    );
    return {
      files,
      hours: processed.hours,
      duplicates: processed.duplicates,
      maxEventTimeMicros: processed.state.maxEventTimeMicros,
    };
  } catch (error) {
    const poison = findPoison(as, columns, processed.rows);
    if (poison.length === 0) throw error;
    return { poison };
  }
}

/** The schema and spec that new files of a table have. */
function writtenAs(metadata: TableMetadata): WrittenAs {
  return { schema: currentSchema(metadata), spec: defaultPartitionSpec(metadata) };
}

/**
 * Rows whose identity came lately apart from the others: they may be repeats, and a file with repeats is written anew. Only
 * the commit decides.
 */
function splitRepeats(
  { rows, hashes }: { readonly rows: Int32Array; readonly hashes: Hashes },
  recent: RecentIds,
): readonly Int32Array[] {
  const repeats = rows.filter((row) => recent.has(hashes, row));
  if (repeats.length === 0) return [rows];
  return [rows.filter((row) => !recent.has(hashes, row)), repeats];
}

/** One file per partition, in order of first appearance. */
function encodeColumns(
  parquet: ParquetWriter,
  { schema, spec }: WrittenAs,
  { columns, rows }: { readonly columns: readonly VectorColumn[]; readonly rows: Int32Array },
): readonly (Omit<EncodedFile, 'ids'> & { readonly rows: Int32Array })[] {
  const vectors = columns.map(({ vector }) => vector);
  const icebergSchemaJson = JSON.stringify(schema);
  return partitionRows(spec, schema, { vectors, rows }).map(({ tuple, rows: own }) => ({
    partition: tuple,
    folder: partitionPath(spec, schema, tuple),
    rows: own,
    ...parquet.write(columns, { icebergSchemaJson, rows: own }),
  }));
}

/** Rows whose values have no place in their column or in any partition. */
function findPoison(
  { schema, spec }: WrittenAs,
  columns: readonly VectorColumn[],
  rows: Int32Array,
): readonly PoisonRow[] {
  const poison = findUnwritableRows(columns, rows).map(({ row, reason }) => ({
    row,
    error: new SluiceError('SCHEMA_INCOMPATIBLE', reason),
  }));
  if (poison.length > 0) return poison;
  const vectors = columns.map(({ vector }) => vector);
  return Array.from(rows).flatMap((row): PoisonRow[] => {
    try {
      partitionRows(spec, schema, { vectors, rows: Int32Array.of(row) });
      return [];
    } catch (error) {
      return [{ row, error }];
    }
  });
}
