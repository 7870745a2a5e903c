import type { TableMetadata } from '#core/iceberg/spec/table-metadata.ts';
import type { TableIdent } from '#ports/table-catalog.ts';
import type { IngestDeps } from '../ingest-stream.ts';
import { loadTable } from '../load-table.ts';
import { checkWritable } from '../stage-rows.ts';
import { updateTable } from '../update-table.ts';

/**
 * Files of an older schema or partition spec can be committed all the same: this is about how soon a change that others
 * made is followed.
 */
const MAX_AGE_MS = 60_000;

/**
 * The table that files are to be written for, with every migration of the stream in it: what the table does not have yet is
 * committed first, by itself, so that a file never names a column that its table might get another id for.
 */
export async function writableTable(
  deps: IngestDeps,
  ident: TableIdent,
  evolve: (metadata: TableMetadata) => TableMetadata = (metadata) => metadata,
): Promise<TableMetadata> {
  const key = tableKey(ident);
  const { tables } = deps.memory;
  const cached = tables.get(key);
  const isFresh = cached !== undefined && deps.clock.nowMs() - cached.readAtMs < MAX_AGE_MS;
  if (isFresh && evolve(cached.metadata) === cached.metadata) return cached.metadata;
  const { metadata } = await loadTable(deps, ident);
  const evolved = evolve(metadata);
  // What cannot be written for must not become the table's schema.
  if (evolved !== metadata) checkWritable(evolved);
  const current =
    evolved === metadata ? metadata : (await updateTable(deps, ident, evolve)).metadata;
  const kept: TableMetadata = {
    ...current,
    snapshots: [],
    'snapshot-log': [],
    'metadata-log': [],
  };
  tables.set(key, { metadata: kept, readAtMs: deps.clock.nowMs() });
  return kept;
}

/** `database.table`: how chains and descriptors name a table. */
export function tableKey({ database, table }: TableIdent): string {
  return `${database}.${table}`;
}

/** Inverse of tableKey. */
export function tableOfKey(key: string): TableIdent {
  const dot = key.indexOf('.');
  return { database: key.slice(0, dot), table: key.slice(dot + 1) };
}
