import type { FileSource } from '#core/config/project.ts';
import type { FileRunStore } from '#ports/file-run-store.ts';
import type { StreamingObjectStore } from '#ports/object-store.ts';
import type { IngestConfig, IngestDeps } from '../ingest-stream.ts';

export interface IngestFileDeps extends IngestDeps {
  readonly store: StreamingObjectStore;
  readonly runs: FileRunStore;
}

export interface IngestFileConfig {
  readonly ingest: IngestConfig;
  /** `s3://bucket` of the uploads. */
  readonly landingUri: string;
  readonly entries: readonly FileSource[];
  /** Newest schema version per stream: that of the rows of files. */
  readonly schemaVersions: ReadonlyMap<string, number>;
  /** Bytes of rows that are committed at a time. */
  readonly chunkBytes: number;
}
