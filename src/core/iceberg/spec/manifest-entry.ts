import type { DataFile } from './data-file.ts';

export type EntryStatus = 'existing' | 'added' | 'deleted';
export type FileContent = 'data' | 'position-deletes' | 'equality-deletes';

/** One row of a manifest. Source: Iceberg v2 §Manifests, `manifest_entry`. */
export interface ManifestEntry {
  readonly status: EntryStatus;
  /** Snapshot that added (or deleted) the file; null is inherited from the manifest list. */
  readonly snapshotId: bigint | null;
  /** Age of the content, which decides on delete files; null (only for `added`) is inherited. */
  readonly sequenceNumber: bigint | null;
  /** Sequence number of the commit that added the file; null (only for `added`) is inherited. */
  readonly fileSequenceNumber: bigint | null;
  readonly content: FileContent;
  /** As written: `PARQUET` by the reference implementation, `parquet` in the specification. */
  readonly fileFormat: string;
  readonly file: DataFile;
  readonly keyMetadata: Uint8Array | null;
  /** Field ids an equality delete file compares; null for any other content. */
  readonly equalityIds: readonly number[] | null;
  readonly sortOrderId: number | null;
  /** The only data file a position delete file names, where the writer says so. */
  readonly referencedDataFile: string | null;
}

/** An entry after inheritance: nothing is left to the manifest list. */
export interface InheritedEntry extends ManifestEntry {
  readonly snapshotId: bigint;
  readonly sequenceNumber: bigint;
  readonly fileSequenceNumber: bigint;
}

export const PARQUET_FORMAT = 'PARQUET';

/** The entry of a data file that a commit adds: sequence numbers stay null, so that retries can reuse the manifest. */
export function addedEntry(
  file: DataFile,
  options: { readonly snapshotId: bigint; readonly sortOrderId: number },
): ManifestEntry {
  return {
    status: 'added',
    snapshotId: options.snapshotId,
    sequenceNumber: null,
    fileSequenceNumber: null,
    content: 'data',
    fileFormat: PARQUET_FORMAT,
    file,
    keyMetadata: null,
    equalityIds: null,
    sortOrderId: options.sortOrderId,
    referencedDataFile: null,
  };
}

/** The same file carried into a new manifest: numbers explicit, so they never change. */
export function existingEntry(entry: InheritedEntry): InheritedEntry {
  return { ...entry, status: 'existing' };
}
