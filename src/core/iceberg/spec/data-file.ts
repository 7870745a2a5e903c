import type { PartitionTuple } from './partition.ts';

/**
 * One immutable data file and what a manifest says of it.
 * Bounds are single-value serialized (Iceberg v2 §Appendix D). Source: Iceberg v2 §Manifests, `data_file`.
 */
export interface DataFile {
  readonly filePath: string;
  readonly partition: PartitionTuple;
  readonly recordCount: bigint;
  readonly fileSizeBytes: bigint;
  readonly columnSizes: ReadonlyMap<number, bigint>;
  readonly valueCounts: ReadonlyMap<number, bigint>;
  readonly nullValueCounts: ReadonlyMap<number, bigint>;
  readonly nanValueCounts: ReadonlyMap<number, bigint>;
  readonly lowerBounds: ReadonlyMap<number, Uint8Array>;
  readonly upperBounds: ReadonlyMap<number, Uint8Array>;
  readonly splitOffsets: readonly bigint[];
}

/** What the Parquet writer reports of a file, by field id; the writer knows neither path nor partition. */
export type FileMetrics = Omit<DataFile, 'filePath' | 'partition'>;
