import { planScan, type ScanPlan } from '#core/iceberg/scan/plan-scan.ts';
import type { ScanPredicate } from '#core/iceberg/scan/scan-predicate.ts';
import type { NestedField } from '#core/iceberg/spec/schema.ts';
import type { ObjectFile } from '../../services.ts';
import { asSqlFailure } from '../catalog/iceberg-failure.ts';
import { type LakeServices, locateObjects, readObject } from '../catalog/lake-catalog.ts';
import type { IcebergReference, VirtualReference } from '../catalog/open-table.ts';
import { toScanFilter } from '../catalog/scan-filter.ts';
import { scannedBytesSql } from '../catalog/scanned-bytes.ts';
import { openStatementTables } from '../catalog/statement-tables.ts';
import { filesOf, tableViewSql } from '../catalog/table-relation.ts';
import { virtualTableSql } from '../catalog/virtual-table.ts';
import { compileSql } from '../compile/compile-sql.ts';
import type { CompiledQuery, Session } from '../compile/context.ts';
import type { EngineOptions, EngineQuery } from '../engine/run-query.ts';
import type { Query } from '../sql/ast.ts';

export interface QueryDeps {
  readonly services: LakeServices;
  readonly engine: EngineOptions;
}

/** A scan of a data table: what is read of it, and why not more. */
export interface PlannedScan {
  readonly table: IcebergReference;
  readonly plan: ScanPlan;
  /** Columns of the table that the statement uses. */
  readonly columns: readonly NestedField[];
  /** What files were ruled out by; null when the statement says nothing that can. */
  readonly filter: ScanPredicate | null;
}

/** A query that only has to be run. */
export interface PreparedQuery {
  readonly columns: CompiledQuery['columns'];
  readonly engineQuery: EngineQuery;
  readonly scans: readonly PlannedScan[];
  readonly virtualTables: readonly VirtualReference[];
  /** Object of every local file the engine may open. */
  readonly objectUris: ReadonlyMap<string, string>;
}

/**
 * Reads the metadata of a query's tables, compiles it and plans its scans. Throws SqlFailure for
 * whatever Athena refuses before it runs anything, or the signal's reason.
 */
export async function prepareQuery(
  query: Query,
  deps: QueryDeps,
  run: { readonly session: Session; readonly signal: AbortSignal },
): Promise<PreparedQuery> {
  const { services, engine } = deps;
  const tables = await openStatementTables(query, { services, engine, run });
  const compiled = compileSql(query, { session: run.session, openTable: tables.openTable });
  const scans: PlannedScan[] = [];
  const virtualTables: VirtualReference[] = [];
  for (const table of tables.opened()) {
    if (table.kind === 'virtual') virtualTables.push(table);
    else scans.push(await planTable(table, services, run.session));
  }
  const files = await locateFiles(scans, services);
  const objectUris = new Map([...files].map(([uri, { path }]) => [path, uri]));
  const relations = scans.map((scan) => relationOf(scan, files));
  return {
    columns: compiled.columns,
    engineQuery: {
      views: [
        ...virtualTables.flatMap((reference) => virtualTableSql(reference)),
        ...relations.map(({ view }) => view),
      ],
      files: [...new Set(relations.flatMap(({ files }) => files))],
      sizes: relations.flatMap(({ size }) => (size === null ? [] : [size])),
      sql: compiled.sql,
    },
    scans,
    virtualTables,
    objectUris,
  };
}

async function planTable(
  table: IcebergReference,
  services: LakeServices,
  session: Session,
): Promise<PlannedScan> {
  const filter = toScanFilter(table.conditions, session.parameters);
  const read = (uri: string): Promise<Uint8Array> => readObject(services, uri);
  try {
    const plan = await planScan({ read }, table.metadata, {
      ...(table.pinned === null ? {} : { snapshotId: table.pinned['snapshot-id'] }),
      ...(filter === null ? {} : { filter }),
    });
    const columns = plan.schema.fields.filter((field) => table.usedFieldIds.has(field.id));
    return { table, plan: keepPaths(plan, table.paths()), columns, filter };
  } catch (error) {
    throw asSqlFailure(error);
  }
}

/** A condition on `"$path"` names the only files that can matter. */
function keepPaths(plan: ScanPlan, paths: ReadonlySet<string> | null): ScanPlan {
  if (paths === null) return plan;
  const files = plan.files.filter((file) => paths.has(file.filePath));
  return { ...plan, files, skippedFiles: plan.skippedFiles + plan.files.length - files.length };
}

/** Every file the scans need, by URI. */
async function locateFiles(
  scans: readonly PlannedScan[],
  services: LakeServices,
): Promise<ReadonlyMap<string, ObjectFile>> {
  const uris = scans.flatMap(({ plan }) => filesOf(plan, (uri) => uri));
  try {
    return await locateObjects(services, uris);
  } catch (error) {
    throw asSqlFailure(error);
  }
}

function relationOf(
  { table, plan, columns }: PlannedScan,
  files: ReadonlyMap<string, ObjectFile>,
): { readonly view: string; readonly size: string | null; readonly files: readonly string[] } {
  const fileOf = (uri: string): ObjectFile => {
    const file = files.get(uri);
    if (file === undefined) throw new Error(`${uri} is read, but is no file of the scan`);
    return file;
  };
  const source = {
    plan,
    columns,
    hidden: [...table.usedHidden],
    modifiedMs: (uri: string) => fileOf(uri).modifiedMs,
  };
  const locate = (uri: string): string => fileOf(uri).path;
  try {
    return {
      view: tableViewSql(table.viewName, source, locate),
      size: scannedBytesSql(plan, columns, locate),
      files: filesOf(plan, locate),
    };
  } catch (error) {
    throw asSqlFailure(error);
  }
}
