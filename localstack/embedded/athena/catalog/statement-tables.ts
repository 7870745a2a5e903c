import type { TableMetadata } from '#core/iceberg/spec/table-metadata.ts';
import type { OpenTable, Session } from '../compile/context.ts';
import type { EngineOptions } from '../engine/run-query.ts';
import {
  isUndocumentedMetadataTable,
  loadMetadataTable,
  parseMetadataTableName,
} from '../metadata-tables/metadata-table.ts';
import type { Position, Query, TimeTravel } from '../sql/ast.ts';
import { failAt, notSupported } from '../sql-failure.ts';
import { asSqlFailure } from './iceberg-failure.ts';
import { INFORMATION_SCHEMA, loadInformationSchema } from './information-schema.ts';
import {
  CATALOG_NAME,
  type LakeServices,
  loadTableMetadata,
  readObject,
  type TableName,
} from './lake-catalog.ts';
import { openIceberg, openVirtual, type StatementTable } from './open-table.ts';
import {
  collectTableReferences,
  resolveTableName,
  type TableReference,
} from './table-references.ts';
import { evaluateTimeTravel, snapshotAt, type TimePointer } from './time-travel.ts';
import type { VirtualTable } from './virtual-table.ts';

type LoadedTable =
  | { readonly kind: 'iceberg'; readonly metadata: TableMetadata }
  | { readonly kind: 'virtual'; readonly table: VirtualTable };

export interface StatementTables {
  readonly openTable: OpenTable;
  /** The tables opened so far. */
  opened(): readonly StatementTable[];
}

interface Context {
  readonly services: LakeServices;
  readonly engine: EngineOptions;
  readonly run: { readonly session: Session; readonly signal: AbortSignal };
}

/**
 * Reads what a statement's tables are before it is compiled: metadata is read once per table, so
 * that a table that occurs twice, or beside its metadata tables, is the same in all places.
 */
export async function openStatementTables(
  query: Query,
  context: Context,
): Promise<StatementTables> {
  const { services, run } = context;
  const loaded = new Map<string, LoadedTable>();
  const pointers = new Map<TimeTravel, TimePointer>();
  const metadataOf = rememberMetadata(services);
  for (const reference of collectTableReferences(query)) {
    await loadReference(reference, { ...context, loaded, metadataOf });
    if (reference.timeTravel !== null) {
      const pointer = await evaluateTimeTravel(reference.timeTravel, context);
      pointers.set(reference.timeTravel, pointer);
    }
  }
  const opened: StatementTable[] = [];
  return {
    opened: () => opened,
    openTable(name, { position, timeTravel }) {
      const ident = resolveTableName(name, run.session.database, position);
      const table = loaded.get(keyOf(ident));
      if (table === undefined) throw notFound(ident, position, services);
      const reference = { viewName: `s${opened.length}`, ident, position };
      if (table.kind === 'virtual') {
        if (timeTravel !== null) throw notSupported(timeTravel, 'FOR … AS OF on metadata tables');
        return openVirtual(reference, table.table, opened);
      }
      const pointer = timeTravel === null ? undefined : pointers.get(timeTravel);
      const pinned = pointer === undefined ? null : snapshotAt(table.metadata, pointer, ident);
      return openIceberg({ ...reference, metadata: table.metadata, pinned }, opened);
    },
  };
}

type MetadataOf = (ident: TableName) => Promise<TableMetadata | null>;

function rememberMetadata(services: LakeServices): MetadataOf {
  const known = new Map<string, Promise<TableMetadata | null>>();
  return (ident) => {
    const key = keyOf(ident);
    const metadata = known.get(key) ?? loadTableMetadata(services, ident);
    known.set(key, metadata);
    return metadata;
  };
}

function keyOf(ident: TableName): string {
  return JSON.stringify([ident.database, ident.table]);
}

async function loadReference(
  reference: TableReference,
  context: Context & {
    readonly loaded: Map<string, LoadedTable>;
    readonly metadataOf: MetadataOf;
  },
): Promise<void> {
  const { loaded, services, metadataOf } = context;
  const [first = { line: 1, column: 1 }] = reference.name;
  const ident = resolveTableName(reference.name, context.run.session.database, first);
  if (loaded.has(keyOf(ident))) return;
  if (ident.database === INFORMATION_SCHEMA) {
    const table = await loadInformationSchema(services, ident.table);
    if (table !== null) loaded.set(keyOf(ident), { kind: 'virtual', table });
    return;
  }
  const parsed = parseMetadataTableName(ident.table);
  if (parsed === null) {
    const metadata = await metadataOf(ident);
    if (metadata !== null) loaded.set(keyOf(ident), { kind: 'iceberg', metadata });
    return;
  }
  const metadata = await metadataOf({ ...ident, table: parsed.table });
  if (metadata === null) return;
  try {
    const read = (uri: string): Promise<Uint8Array> => readObject(services, uri);
    const table = await loadMetadataTable(parsed.metadataTable, metadata, read);
    loaded.set(keyOf(ident), { kind: 'virtual', table });
  } catch (error) {
    throw asSqlFailure(error);
  }
}

function notFound(ident: TableName, position: Position, services: LakeServices): Error {
  const databases = [...services.glue.listDatabases(), INFORMATION_SCHEMA];
  if (!databases.includes(ident.database)) {
    return failAt('SCHEMA_NOT_FOUND', position, `Schema '${ident.database}' does not exist`);
  }
  if (isUndocumentedMetadataTable(ident.table))
    return notSupported(position, `the metadata table "${ident.table}"`);
  const name = `${CATALOG_NAME}.${ident.database}.${ident.table}`;
  return failAt('TABLE_NOT_FOUND', position, `Table '${name}' does not exist`);
}
