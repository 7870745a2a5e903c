import { applyUpdates } from '#core/iceberg/rest/apply-updates.ts';
import type { TableUpdate } from '#core/iceberg/rest/table-update.ts';
import { MAIN_BRANCH, type Snapshot } from '#core/iceberg/spec/snapshot.ts';
import type { TableMetadata } from '#core/iceberg/spec/table-metadata.ts';
import type { TablePointer } from '#ports/table-catalog.ts';
import { LOCATION } from '#test/core/iceberg/trades-table.ts';

/** A state of a table in a catalog. */
export interface TableState {
  readonly pointer: TablePointer;
  readonly metadata: TableMetadata;
}

/** A state to swap to: metadata and the file it is in, whose name nobody else uses. */
export interface NextState {
  readonly metadataLocation: string;
  readonly metadata: TableMetadata;
}

export function metadataFile(name: string): string {
  return `${LOCATION}/metadata/${name}.metadata.json`;
}

/** The state with some updates. */
export function changed(
  { pointer, metadata }: TableState,
  name: string,
  updates: readonly TableUpdate[],
): NextState {
  const base = { metadata, location: pointer.metadataLocation };
  const nowMs = metadata['last-updated-ms'] + 1;
  return { metadataLocation: metadataFile(name), metadata: applyUpdates(base, updates, { nowMs }) };
}

/** The state with one more snapshot on the main branch. */
export function appended(state: TableState, name: string, snapshotId: bigint): NextState {
  return changed(state, name, appendUpdates(state.metadata, snapshotId));
}

export function appendUpdates(metadata: TableMetadata, snapshotId: bigint): readonly TableUpdate[] {
  return [
    { action: 'add-snapshot', snapshot: snapshotAfter(metadata, snapshotId) },
    {
      action: 'set-snapshot-ref',
      'ref-name': MAIN_BRANCH,
      type: 'branch',
      'snapshot-id': snapshotId,
    },
  ];
}

/** A snapshot on top of the current one. */
export function snapshotAfter(metadata: TableMetadata, snapshotId: bigint): Snapshot {
  const parent = metadata['current-snapshot-id'];
  return {
    'snapshot-id': snapshotId,
    ...(parent === null ? {} : { 'parent-snapshot-id': parent }),
    'sequence-number': metadata['last-sequence-number'] + 1n,
    'timestamp-ms': metadata['last-updated-ms'] + 1,
    summary: { operation: 'append', 'sluice.sources': '{"a":1}' },
    'manifest-list': `${LOCATION}/metadata/snap-${snapshotId}.avro`,
    'schema-id': metadata['current-schema-id'],
  };
}

/** What two catalogs must agree on: all but the time and the files of the metadata itself. */
export function essence(metadata: TableMetadata): Partial<TableMetadata> {
  const { 'last-updated-ms': _, 'metadata-log': __, 'snapshot-log': log, ...rest } = metadata;
  return {
    ...rest,
    'snapshot-log': log.map((entry) => ({ ...entry, 'timestamp-ms': 0 })),
  };
}
