import { hasCode, SluiceError } from '#core/errors.ts';
import { checkTable } from '#core/iceberg/check/check-table.ts';
import type { Problem } from '#core/iceberg/check/problem.ts';
import {
  currentSnapshot,
  decodeTableMetadata,
  type TableMetadata,
} from '#core/iceberg/spec/table-metadata.ts';
import type { ObjectStore } from '#ports/object-store.ts';
import type { TableCatalog, TableIdent } from '#ports/table-catalog.ts';

export interface CheckedTable extends TableIdent {
  readonly snapshots: number;
  /** Files that were read: manifest lists, manifests and data files of every snapshot. */
  readonly filesRead: number;
  readonly problems: readonly Problem[];
}

/**
 * Checks the current state of a table, whole: every snapshot, manifest and data file is read and compared.
 * `onProgress` gets the files read so far and an estimate of all. Throws TABLE_NOT_FOUND, SOURCE_UNAVAILABLE.
 */
export async function checkStoredTable(
  deps: { readonly store: ObjectStore; readonly catalog: TableCatalog },
  ident: TableIdent,
  options: { readonly onProgress?: (done: number, estimate: number) => void } = {},
): Promise<CheckedTable> {
  const { metadataLocation } = await deps.catalog.load(ident);
  const metadata = await readMetadata(deps.store, metadataLocation);
  if (metadata instanceof SluiceError) {
    const problems = [{ where: metadataLocation, message: metadata.message }];
    return { ...ident, snapshots: 0, filesRead: 0, problems };
  }
  const estimate = estimateFiles(metadata);
  let filesRead = 0;
  const read = (uri: string) => deps.store.get(uri);
  const problems = await checkTable(
    {
      read,
      readData: read,
      onChecked: () => options.onProgress?.(++filesRead, estimate),
    },
    metadata,
  );
  return {
    ...ident,
    snapshots: metadata.snapshots.length,
    filesRead,
    problems: [...problems, ...locationProblems(metadata, metadataLocation)],
  };
}

/** What cannot be read as metadata is the table's fault; a store that does not answer is not. */
async function readMetadata(
  store: ObjectStore,
  location: string,
): Promise<TableMetadata | SluiceError> {
  try {
    return decodeTableMetadata(await store.get(location));
  } catch (error) {
    const isOfTable = (
      ['OBJECT_NOT_FOUND', 'TABLE_INVALID', 'FORMAT_CORRUPT', 'FEATURE_UNSUPPORTED'] as const
    ).some((code) => hasCode(error, code));
    if (isOfTable && error instanceof SluiceError) return error;
    throw error;
  }
}

/** A list and about a manifest per snapshot, and the data files of the newest. */
function estimateFiles(metadata: TableMetadata): number {
  const files = Number(currentSnapshot(metadata)?.summary['total-data-files'] ?? 0);
  return metadata.snapshots.length * 2 + files;
}

/** Versions of metadata files count up, and a log of earlier files does not hold the current one. */
function locationProblems(metadata: TableMetadata, location: string): readonly Problem[] {
  const log = metadata['metadata-log'];
  const isLogged = log.some((entry) => entry['metadata-file'] === location);
  const before = versionOf(log.at(-1)?.['metadata-file']);
  const now = versionOf(location);
  const goesBack = before !== null && now !== null && now <= before;
  return [
    ...(isLogged
      ? [{ where: 'metadata-log', message: `expected earlier files only, got ${location}` }]
      : []),
    ...(goesBack
      ? [{ where: location, message: `expected a version above ${before}, got ${now}` }]
      : []),
  ];
}

/** `00042-<uuid>.metadata.json` → 42. Source: Iceberg v2 §Metastore Tables. */
function versionOf(location: string | undefined): number | null {
  const digits = /\/(\d+)-[^/]*$/.exec(location ?? '')?.[1];
  return digits === undefined ? null : Number(digits);
}
