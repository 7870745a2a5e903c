import type { FileSource } from '#core/config/project.ts';
import { SluiceError } from '#core/errors.ts';
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

/**
 * The same tables, but none can be loaded any more once the lease has run out. Every attempt of a commit begins with a load,
 * so an invocation that was held up and lives on after its lease commits nothing on what others have made of the
 * tables: neither rows that are in by then, nor rows whose position has been forgotten.
 */
export function withinLease(deps: IngestFileDeps, untilMs: number): IngestFileDeps {
  return {
    ...deps,
    catalog: {
      load: async (ident) => {
        if (deps.clock.nowMs() > untilMs) {
          throw new SluiceError(
            'SOURCE_UNAVAILABLE',
            'the time for this file is over; the next invocation goes on where it ended',
          );
        }
        return await deps.catalog.load(ident);
      },
      swap: (ident, base, next) => deps.catalog.swap(ident, base, next),
      list: (database) => deps.catalog.list(database),
    },
  };
}
