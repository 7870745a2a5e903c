import type { Snapshot } from '#core/iceberg/spec/snapshot.ts';
import {
  currentSnapshot,
  snapshotById,
  type TableMetadata,
} from '#core/iceberg/spec/table-metadata.ts';
import type { VirtualTable } from '../catalog/virtual-table.ts';
import {
  BIGINT,
  BOOLEAN,
  INTEGER,
  mapOf,
  TIMESTAMP_UTC,
  VARCHAR,
} from '../trino-types/trino-type.ts';

/** `"t$snapshots"`: every snapshot the table still knows. Source: Trino documentation, Iceberg connector. */
export function snapshotsTable(metadata: TableMetadata): VirtualTable {
  return {
    columns: [
      { name: 'committed_at', type: TIMESTAMP_UTC },
      { name: 'snapshot_id', type: BIGINT },
      { name: 'parent_id', type: BIGINT },
      { name: 'operation', type: VARCHAR },
      { name: 'manifest_list', type: VARCHAR },
      { name: 'summary', type: mapOf(VARCHAR, VARCHAR) },
    ],
    rows: metadata.snapshots.map((snapshot) => {
      // The operation is an entry of the summary in the file, and a column of its own in every library.
      const { operation, ...entries } = snapshot.summary;
      return [
        micros(snapshot['timestamp-ms']),
        snapshot['snapshot-id'],
        snapshot['parent-snapshot-id'] ?? null,
        operation ?? null,
        snapshot['manifest-list'],
        new Map(Object.entries(entries)),
      ];
    }),
  };
}

/** `"t$history"`: which snapshot was current when. Source: Trino documentation, Iceberg connector. */
export function historyTable(metadata: TableMetadata): VirtualTable {
  const ancestors = currentAncestors(metadata);
  return {
    columns: [
      { name: 'made_current_at', type: TIMESTAMP_UTC },
      { name: 'snapshot_id', type: BIGINT },
      { name: 'parent_id', type: BIGINT },
      { name: 'is_current_ancestor', type: BOOLEAN },
    ],
    rows: metadata['snapshot-log'].map((entry) => {
      const id = entry['snapshot-id'];
      const parent = snapshotById(metadata, id)?.['parent-snapshot-id'] ?? null;
      return [micros(entry['timestamp-ms']), id, parent, ancestors.has(id)];
    }),
  };
}

/** `"t$refs"`: branches and tags. Source: Trino documentation, Iceberg connector. */
export function refsTable(metadata: TableMetadata): VirtualTable {
  return {
    columns: [
      { name: 'name', type: VARCHAR },
      { name: 'type', type: VARCHAR },
      { name: 'snapshot_id', type: BIGINT },
      { name: 'max_reference_age_in_ms', type: BIGINT },
      { name: 'min_snapshots_to_keep', type: INTEGER },
      { name: 'max_snapshot_age_in_ms', type: BIGINT },
    ],
    rows: Object.entries(metadata.refs).map(([name, ref]) => [
      name,
      ref.type.toUpperCase(),
      ref['snapshot-id'],
      ref['max-ref-age-ms'] ?? null,
      ref['min-snapshots-to-keep'] ?? null,
      ref['max-snapshot-age-ms'] ?? null,
    ]),
  };
}

/** The current snapshot and its line of parents, as far as it has not expired. */
function currentAncestors(metadata: TableMetadata): ReadonlySet<bigint> {
  const ids = new Set<bigint>();
  let snapshot: Snapshot | null = currentSnapshot(metadata);
  while (snapshot !== null && !ids.has(snapshot['snapshot-id'])) {
    ids.add(snapshot['snapshot-id']);
    const parent: bigint | undefined = snapshot['parent-snapshot-id'];
    snapshot = parent === undefined ? null : snapshotById(metadata, parent);
  }
  return ids;
}

function micros(timeMs: number): bigint {
  return BigInt(timeMs) * 1000n;
}
