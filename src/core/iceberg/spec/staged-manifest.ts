import type { BoundPartitionField } from '../transform/bind-partition-spec.ts';
import { summarizePartitions } from './field-summary.ts';
import type { EntryStatus, ManifestEntry } from './manifest-entry.ts';
import type { ManifestFile } from './manifest-list.ts';

/**
 * A manifest that is written but not yet committed. It gets its sequence number from the commit
 * attempt, so it can be listed again in every retry.
 */
export interface StagedManifest extends Omit<ManifestFile, 'sequenceNumber' | 'minSequenceNumber'> {
  /** Lowest data sequence number that a live file states; null when all of them take that of the commit. */
  readonly minExistingSequenceNumber: bigint | null;
}

/** What a manifest list will say of a manifest with these entries. */
export function describeManifest(
  entries: readonly ManifestEntry[],
  options: {
    readonly manifestPath: string;
    readonly manifestLength: bigint;
    readonly snapshotId: bigint;
    readonly specId: number;
    readonly partitionFields: readonly BoundPartitionField[];
    /** @default data */
    readonly content?: ManifestFile['content'];
  },
): StagedManifest {
  const live = entries.filter((entry) => entry.status !== 'deleted');
  return {
    manifestPath: options.manifestPath,
    manifestLength: options.manifestLength,
    partitionSpecId: options.specId,
    content: options.content ?? 'data',
    addedSnapshotId: options.snapshotId,
    addedFilesCount: countOf(entries, 'added'),
    existingFilesCount: countOf(entries, 'existing'),
    deletedFilesCount: countOf(entries, 'deleted'),
    addedRowsCount: rowsOf(entries, 'added'),
    existingRowsCount: rowsOf(entries, 'existing'),
    deletedRowsCount: rowsOf(entries, 'deleted'),
    partitions: summarizePartitions(
      entries.map((entry) => entry.file.partition),
      options.partitionFields.map((field) => field.resultType),
    ),
    keyMetadata: null,
    minExistingSequenceNumber: live.reduce<bigint | null>(
      (lowest, { sequenceNumber }) =>
        sequenceNumber !== null && (lowest === null || sequenceNumber < lowest)
          ? sequenceNumber
          : lowest,
      null,
    ),
  };
}

/** The row of the manifest list of the attempt that gets this sequence number. */
export function listStagedManifest(staged: StagedManifest, sequenceNumber: bigint): ManifestFile {
  const { minExistingSequenceNumber: minExisting, ...manifest } = staged;
  return { ...manifest, sequenceNumber, minSequenceNumber: minExisting ?? sequenceNumber };
}

/** Rows of the entries with one status. */
export function rowsOf(entries: readonly ManifestEntry[], status: EntryStatus): bigint {
  return entries.reduce(
    (rows, entry) => (entry.status === status ? rows + entry.file.recordCount : rows),
    0n,
  );
}

export function countOf(entries: readonly ManifestEntry[], status: EntryStatus): number {
  return entries.filter((entry) => entry.status === status).length;
}
