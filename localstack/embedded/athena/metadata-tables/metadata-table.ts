import { loadLiveDataFiles } from '#core/iceberg/scan/live-files.ts';
import { loadManifestList, type ReadObject } from '#core/iceberg/scan/load-manifests.ts';
import { currentSnapshot, type TableMetadata } from '#core/iceberg/spec/table-metadata.ts';
import type { VirtualTable } from '../catalog/virtual-table.ts';
import { filesTable } from './files-table.ts';
import { manifestsTable } from './manifests-table.ts';
import { partitionsTable } from './partitions-table.ts';
import { historyTable, refsTable, snapshotsTable } from './snapshot-tables.ts';

/** The ones Athena documents. Source: Amazon Athena user guide, Query Iceberg table metadata. */
const METADATA_TABLES = [
  'files',
  'history',
  'manifests',
  'partitions',
  'refs',
  'snapshots',
] as const;
export type MetadataTableName = (typeof METADATA_TABLES)[number];

/** Tables of Trino's connector that Athena does not document: refused by name, not as missing. */
const TRINO_ONLY = [
  'all_entries',
  'all_manifests',
  'entries',
  'metadata_log_entries',
  'properties',
];

/** `t$files` taken apart; null for a name that is no metadata table. */
export function parseMetadataTableName(
  name: string,
): { readonly table: string; readonly metadataTable: MetadataTableName } | null {
  const at = name.lastIndexOf('$');
  const metadataTable = METADATA_TABLES.find((known) => known === name.slice(at + 1));
  return at < 1 || metadataTable === undefined ? null : { table: name.slice(0, at), metadataTable };
}

/** Whether a name asks for a metadata table that Trino has and Athena does not document. */
export function isUndocumentedMetadataTable(name: string): boolean {
  const at = name.lastIndexOf('$');
  return at > 0 && TRINO_ONLY.includes(name.slice(at + 1));
}

/** Reads a metadata table from the table's own files. Throws what reading a manifest throws. */
export async function loadMetadataTable(
  name: MetadataTableName,
  metadata: TableMetadata,
  read: ReadObject,
): Promise<VirtualTable> {
  const snapshot = currentSnapshot(metadata);
  switch (name) {
    case 'files':
      return filesTable(metadata, await loadLiveDataFiles(read, snapshot));
    case 'partitions':
      return partitionsTable(metadata, await loadLiveDataFiles(read, snapshot));
    case 'manifests':
      return manifestsTable(metadata, await loadManifestList(read, snapshot));
    case 'history':
      return historyTable(metadata);
    case 'refs':
      return refsTable(metadata);
    case 'snapshots':
      return snapshotsTable(metadata);
  }
}
