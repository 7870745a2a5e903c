import { SluiceError } from '../../errors.ts';
import type { InheritedEntry } from '../spec/manifest-entry.ts';
import { compareValues } from '../spec/value-order.ts';
import { partitionKey } from '../transform/partition-tuple.ts';
import type { LoadedManifest } from './load-manifests.ts';
import { decodeBound } from './value-range.ts';

/** Column of position delete files that names the data file. Source: Iceberg v2 §Reserved Field IDs. */
const DELETE_FILE_PATH_ID = 2147483546;

/** A position delete file that has to be applied to a data file. */
export interface PositionDeleteFile {
  readonly filePath: string;
  readonly recordCount: bigint;
  readonly fileSizeBytes: bigint;
}

/** Delete files that apply to a data file. */
export type DeleteLookup = (entry: InheritedEntry, specId: number) => readonly PositionDeleteFile[];

/**
 * Indexes position delete files by partition. Throws FEATURE_UNSUPPORTED for equality deletes and
 * deletion vectors: to ignore them would bring deleted rows back.
 * Source: Iceberg v2 §Scan Planning, scope of position delete files.
 */
export function indexDeletes(manifests: readonly LoadedManifest[]): DeleteLookup {
  const byPartition = new Map<string, InheritedEntry[]>();
  for (const { listed, entries } of manifests) {
    for (const entry of entries) {
      if (entry.status === 'deleted') continue;
      requirePositionDelete(entry);
      const key = scopeKey(entry, listed.partitionSpecId);
      byPartition.set(key, [...(byPartition.get(key) ?? []), entry]);
    }
  }
  return (data, specId) =>
    (byPartition.get(scopeKey(data, specId)) ?? [])
      .filter((deletes) => appliesTo(deletes, data))
      .map(({ file }) => ({
        filePath: file.filePath,
        recordCount: file.recordCount,
        fileSizeBytes: file.fileSizeBytes,
      }));
}

function requirePositionDelete(entry: InheritedEntry): void {
  const { filePath } = entry.file;
  if (entry.content !== 'position-deletes') {
    throw new SluiceError(
      'FEATURE_UNSUPPORTED',
      `${filePath}: expected position deletes, got ${entry.content}; compact the table with an engine that applies them`,
    );
  }
  if (entry.fileFormat.toLowerCase() !== 'parquet') {
    throw new SluiceError(
      'FEATURE_UNSUPPORTED',
      `${filePath}: expected position deletes in Parquet, got ${entry.fileFormat}`,
    );
  }
}

/** Delete files reach data files of the same spec and partition only. */
function scopeKey(entry: InheritedEntry, specId: number): string {
  // A widened int column has number and bigint for the same partition.
  const tuple = entry.file.partition.map((value) =>
    typeof value === 'number' && Number.isSafeInteger(value) && !Object.is(value, -0)
      ? BigInt(value)
      : value,
  );
  return `${specId} ${partitionKey(tuple)}`;
}

function appliesTo(deletes: InheritedEntry, data: InheritedEntry): boolean {
  if (data.sequenceNumber > deletes.sequenceNumber) return false;
  const path = data.file.filePath;
  if (deletes.referencedDataFile !== null) return deletes.referencedDataFile === path;
  const lower = decodeBound('string', deletes.file.lowerBounds.get(DELETE_FILE_PATH_ID));
  const upper = decodeBound('string', deletes.file.upperBounds.get(DELETE_FILE_PATH_ID));
  return (
    (lower === null || compareValues(lower, path) <= 0) &&
    (upper === null || compareValues(upper, path) >= 0)
  );
}
