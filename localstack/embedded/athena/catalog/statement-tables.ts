import type { NestedField, Schema } from '#core/iceberg/spec/schema.ts';
import { isPrimitive } from '#core/iceberg/spec/schema-fields.ts';
import {
  currentSchema,
  schemaById,
  snapshotAsOf,
  snapshotById,
  type TableMetadata,
} from '#core/iceberg/spec/table-metadata.ts';
import { createCompiler } from '../compile/compile-sql.ts';
import type { OpenedTable, OpenTable, ScanCondition, Session } from '../compile/context.ts';
import { createScope } from '../compile/scope.ts';
import { topLevelContext } from '../compile/top-level-context.ts';
import { type EngineOptions, runQuery } from '../engine/run-query.ts';
import type { Position, Query, TimeTravel } from '../sql/ast.ts';
import { failAt, notSupported, SqlFailure } from '../sql-failure.ts';
import { typeName } from '../trino-types/trino-type.ts';
import { trinoTypeOf } from './iceberg-types.ts';
import {
  INFORMATION_SCHEMA,
  loadInformationSchema,
  type VirtualTable,
} from './information-schema.ts';
import {
  CATALOG_NAME,
  type LakeServices,
  loadTableMetadata,
  type TableName,
} from './lake-catalog.ts';
import {
  collectTableReferences,
  resolveTableName,
  type TableReference,
} from './table-references.ts';
import { physicalName } from './table-relation.ts';

/** One reference of a statement, filled in while the statement is compiled. */
export type StatementTable =
  | {
      readonly kind: 'iceberg';
      readonly viewName: string;
      readonly metadata: TableMetadata;
      readonly timeTravel: ResolvedTimeTravel;
      readonly usedFieldIds: ReadonlySet<number>;
      readonly conditions: readonly {
        readonly field: NestedField;
        readonly condition: ScanCondition;
      }[];
    }
  | { readonly kind: 'virtual'; readonly viewName: string; readonly table: VirtualTable };

export type ResolvedTimeTravel = { readonly snapshotId?: bigint; readonly asOfMs?: number };

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
 * that a table that occurs twice is the same in both places.
 */
export async function openStatementTables(
  query: Query,
  context: Context,
): Promise<StatementTables> {
  const references = collectTableReferences(query);
  const loaded = new Map<string, LoadedTable>();
  const times = new Map<TimeTravel, ResolvedTimeTravel>();
  for (const reference of references) {
    await loadReference(reference, { ...context, loaded });
    if (reference.timeTravel !== null) {
      times.set(reference.timeTravel, await resolveTimeTravel(reference.timeTravel, context));
    }
  }
  const opened: StatementTable[] = [];
  return {
    opened: () => opened,
    openTable(name, { position, timeTravel }) {
      const ident = resolveTableName(name, context.run.session.database, position);
      const table = loaded.get(keyOf(ident));
      if (table === undefined) throw notFound(ident, position, context.services);
      const viewName = `s${opened.length}`;
      if (table.kind === 'virtual') {
        opened.push({ ...table, viewName });
        return openVirtual(viewName, ident, table.table);
      }
      const resolved = timeTravel === null ? {} : (times.get(timeTravel) ?? {});
      const schema = schemaFor(table.metadata, resolved, position);
      const entry = { usedFieldIds: new Set<number>(), conditions: [] };
      opened.push({ ...table, viewName, timeTravel: resolved, ...entry });
      return openIceberg(viewName, { ident, schema, metadata: table.metadata, position, ...entry });
    },
  };
}

function keyOf(ident: TableName): string {
  return JSON.stringify([ident.database, ident.table]);
}

async function loadReference(
  reference: TableReference,
  context: Context & { readonly loaded: Map<string, LoadedTable> },
): Promise<void> {
  const { loaded, services } = context;
  const [first = { line: 1, column: 1 }] = reference.name;
  const ident = resolveTableName(reference.name, context.run.session.database, first);
  if (loaded.has(keyOf(ident))) return;
  if (ident.database === INFORMATION_SCHEMA) {
    const table = await loadInformationSchema(services, ident.table);
    if (table !== null) loaded.set(keyOf(ident), { kind: 'virtual', table });
    return;
  }
  const metadata = await loadTableMetadata(services, ident);
  if (metadata !== null) loaded.set(keyOf(ident), { kind: 'iceberg', metadata });
}

function notFound(ident: TableName, position: Position, services: LakeServices): Error {
  const databases = [...services.glue.listDatabases(), INFORMATION_SCHEMA];
  if (!databases.includes(ident.database)) {
    return failAt('SCHEMA_NOT_FOUND', position, `Schema '${ident.database}' does not exist`);
  }
  if (ident.table.includes('$'))
    return notSupported(position, `metadata tables ("${ident.table}")`);
  const name = `${CATALOG_NAME}.${ident.database}.${ident.table}`;
  return failAt('TABLE_NOT_FOUND', position, `Table '${name}' does not exist`);
}

function openVirtual(viewName: string, ident: TableName, table: VirtualTable): OpenedTable {
  return {
    viewName,
    qualifier: [CATALOG_NAME, ident.database, ident.table],
    columns: table.columns.map(({ name, type }, index) => ({
      name,
      type,
      physicalName: `c${index}`,
    })),
  };
}

function openIceberg(
  viewName: string,
  table: {
    readonly ident: TableName;
    readonly schema: Schema;
    readonly metadata: TableMetadata;
    readonly position: Position;
    readonly usedFieldIds: Set<number>;
    readonly conditions: { field: NestedField; condition: ScanCondition }[];
  },
): OpenedTable {
  const { ident, schema, metadata, position, usedFieldIds, conditions } = table;
  const fieldOf = (name: string): NestedField | undefined =>
    schema.fields.find((field) => physicalName(field.id) === name);
  return {
    viewName,
    qualifier: [CATALOG_NAME, ident.database, ident.table],
    columns: schema.fields.map((field) => ({
      name: field.name.toLowerCase(),
      physicalName: physicalName(field.id),
      type: trinoTypeOf(field.type),
      onUse() {
        refuseEvolvedNested(field, metadata, position);
        usedFieldIds.add(field.id);
      },
    })),
    onFilter(condition) {
      const field = fieldOf(condition.physicalName);
      if (field !== undefined) conditions.push({ field, condition });
    },
  };
}

/** Inside nested columns the engine goes by names, so one whose inner fields changed would be read wrong. */
function refuseEvolvedNested(
  field: NestedField,
  metadata: TableMetadata,
  position: Position,
): void {
  if (isPrimitive(field.type)) return;
  const shape = JSON.stringify(field.type);
  const changed = metadata.schemas
    .flatMap((schema) => schema.fields)
    .some((other) => other.id === field.id && JSON.stringify(other.type) !== shape);
  if (changed)
    throw notSupported(position, `column ${field.name}, whose nested fields have changed`);
}

function schemaFor(
  metadata: TableMetadata,
  timeTravel: ResolvedTimeTravel,
  position: Position,
): Schema {
  const { snapshotId, asOfMs } = timeTravel;
  if (snapshotId === undefined && asOfMs === undefined) return currentSchema(metadata);
  const snapshot =
    snapshotId === undefined
      ? snapshotAsOf(metadata, asOfMs ?? 0)
      : snapshotById(metadata, snapshotId);
  if (snapshot === null) {
    const message =
      snapshotId === undefined
        ? `No version history table ${metadata.location} at or before ${new Date(asOfMs ?? 0).toISOString()}`
        : `Iceberg snapshot ID does not exists: ${snapshotId}`;
    throw failAt('INVALID_ARGUMENTS', position, message);
  }
  return schemaById(metadata, snapshot['schema-id'] ?? metadata['current-schema-id']);
}

/** The value of a FOR … AS OF clause: any expression that needs no table. */
async function resolveTimeTravel(
  timeTravel: TimeTravel,
  context: Context,
): Promise<ResolvedTimeTravel> {
  const { value, kind } = timeTravel;
  const openTable: OpenTable = (_name, { position }) => {
    throw notSupported(position, 'subqueries in FOR … AS OF');
  };
  const compiler = createCompiler({ session: context.run.session, openTable });
  const compiled = compiler.expression(
    value,
    topLevelContext(compiler, createScope([], null), new Map()),
  );
  const kinds = kind === 'version' ? ['bigint', 'integer'] : ['timestamp', 'timestamp-tz', 'date'];
  if (!kinds.includes(compiled.type.kind)) {
    throw failAt(
      'TYPE_MISMATCH',
      value,
      `Type ${typeName(compiled.type)} invalid. Temporal pointers must be of a time, versions of a snapshot id`,
    );
  }
  const number = kind === 'version' ? compiled.sql : `epoch_ms(CAST(${compiled.sql} AS TIMESTAMP))`;
  let result: bigint | null = null;
  await runQuery(
    { views: [], sizes: [], files: [], sql: `SELECT CAST(${number} AS BIGINT)` },
    context.engine,
    {
      signal: context.run.signal,
      onRows(rows) {
        result = (rows[0]?.[0] ?? null) as bigint | null;
      },
    },
  );
  if (result === null) throw new SqlFailure('INVALID_ARGUMENTS', 'FOR … AS OF must not be null');
  return kind === 'version' ? { snapshotId: result } : { asOfMs: Number(result) };
}
