/** One state of a table. Source: Iceberg v2 §Snapshots. */
export interface Snapshot {
  readonly 'snapshot-id': bigint;
  readonly 'parent-snapshot-id'?: bigint;
  readonly 'sequence-number': bigint;
  readonly 'timestamp-ms': number;
  /** Location of the Avro file that lists the snapshot's manifests. */
  readonly 'manifest-list': string;
  /** `operation` and optional counts, all strings. Source: §Appendix F. */
  readonly summary: Readonly<Record<string, string>>;
  readonly 'schema-id'?: number;
}

/** A branch or tag. Source: Iceberg v2 §Snapshot References. */
export interface SnapshotRef {
  readonly 'snapshot-id': bigint;
  readonly type: 'branch' | 'tag';
  readonly 'min-snapshots-to-keep'?: number;
  readonly 'max-snapshot-age-ms'?: number;
  readonly 'max-ref-age-ms'?: number;
}

/** When a snapshot became current. */
export interface SnapshotLogEntry {
  readonly 'snapshot-id': bigint;
  readonly 'timestamp-ms': number;
}

/** An earlier metadata file, with the time at which it was written. */
export interface MetadataLogEntry {
  readonly 'metadata-file': string;
  readonly 'timestamp-ms': number;
}

/** The branch every engine reads and writes unless told otherwise. */
export const MAIN_BRANCH = 'main';
