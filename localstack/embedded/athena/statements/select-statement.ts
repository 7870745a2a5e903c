import { SluiceError } from '#core/errors.ts';
import { planScan, type ScanPlan } from '#core/iceberg/scan/plan-scan.ts';
import { virtualViewSql } from '../catalog/information-schema.ts';
import { type LakeServices, locateObject, readObject } from '../catalog/lake-catalog.ts';
import { toScanFilter } from '../catalog/scan-filter.ts';
import { openStatementTables, type StatementTable } from '../catalog/statement-tables.ts';
import {
  filesOf,
  type LocateFile,
  scannedBytesSql,
  tableViewSql,
} from '../catalog/table-relation.ts';
import { compileSql } from '../compile/compile-sql.ts';
import type { Session } from '../compile/context.ts';
import { type EngineOptions, type EngineQuery, runQuery } from '../engine/run-query.ts';
import { formatValue } from '../result-format.ts';
import { parseSql } from '../sql/parse-sql.ts';
import { SqlFailure } from '../sql-failure.ts';
import type { TrinoType } from '../trino-types/trino-type.ts';

export interface ResultColumn {
  readonly name: string;
  readonly type: TrinoType;
}

/** Takes a result as it is produced. */
export interface ResultSink {
  columns(columns: readonly ResultColumn[]): void;
  row(values: readonly (string | null)[]): void;
}

/** The scan would read more than the workgroup allows; the query was not run. */
export class ScanLimitExceeded extends Error {
  readonly scannedBytes: number;

  constructor(scannedBytes: number) {
    super('Bytes scanned limit was exceeded');
    this.scannedBytes = scannedBytes;
  }
}

export interface QueryRun {
  readonly session: Session;
  readonly scanLimitBytes: number | null;
  readonly signal: AbortSignal;
  readonly sink: ResultSink;
}

/**
 * Runs one query over the lake: parse, read the metadata of its tables, compile, plan the scans, run.
 * Returns the bytes scanned: compressed sizes of the columns in use, in the files that remain after
 * pruning. Throws SqlFailure, ScanLimitExceeded, or the signal's reason.
 */
export async function runSelect(
  sql: string,
  deps: { readonly services: LakeServices; readonly engine: EngineOptions },
  run: QueryRun,
): Promise<{ readonly scannedBytes: number }> {
  const { services, engine } = deps;
  const { query, parameterCount } = parseSql(sql);
  if (parameterCount !== run.session.parameters.length) {
    throw new SqlFailure(
      'INVALID_ARGUMENTS',
      `Incorrect number of parameters: expected ${parameterCount} but found ${run.session.parameters.length}`,
    );
  }
  const tables = await openStatementTables(query, { services, engine, run });
  const compiled = compileSql(query, { session: run.session, openTable: tables.openTable });
  const uris = new Map<string, string>();
  const locate: LocateFile = (uri) => {
    const file = locateObject(services, uri);
    uris.set(file, uri);
    return file;
  };
  const prepared = await prepareViews(tables.opened(), { services, run, locate });
  const { columns } = compiled;
  let scannedBytes = 0;
  run.sink.columns(columns);
  const running = runQuery({ ...prepared, sql: compiled.sql }, engine, {
    signal: run.signal,
    onSize(total) {
      scannedBytes = total;
      if (run.scanLimitBytes !== null && total > run.scanLimitBytes) {
        throw new ScanLimitExceeded(total);
      }
    },
    onRows(rows) {
      for (const row of rows) {
        run.sink.row(row.map((value, index) => formatValue(value, typeAt(columns, index))));
      }
    },
  });
  await running.catch((error: unknown) => {
    throw namingObjects(error, uris);
  });
  return { scannedBytes };
}

/** A failure to read a data file names the object, not the file of this machine that holds it. */
function namingObjects(error: unknown, uris: ReadonlyMap<string, string>): unknown {
  if (!(error instanceof SqlFailure)) return error;
  const found = [...uris].filter(([file]) => error.message.includes(file));
  if (found.length === 0) return error;
  const message = found.reduce((text, [file, uri]) => text.replaceAll(file, uri), error.message);
  return new SqlFailure('ICEBERG_BAD_DATA', message, { cause: error });
}

function typeAt(columns: readonly ResultColumn[], index: number): TrinoType {
  return columns[index]?.type ?? { kind: 'unknown' };
}

async function prepareViews(
  opened: readonly StatementTable[],
  context: {
    readonly services: LakeServices;
    readonly run: QueryRun;
    readonly locate: LocateFile;
  },
): Promise<Pick<EngineQuery, 'views' | 'files' | 'sizes'>> {
  const { services, run, locate } = context;
  const views: string[] = [];
  const files: string[] = [];
  const sizes: string[] = [];
  for (const table of opened) {
    if (table.kind === 'virtual') {
      views.push(virtualViewSql(table.viewName, table.table));
      continue;
    }
    const plan = await planTable(table, services, run);
    const columns = plan.schema.fields.filter((field) => table.usedFieldIds.has(field.id));
    const described = describingFailure(() => {
      files.push(...filesOf(plan, locate));
      return {
        view: tableViewSql(table.viewName, { plan, columns }, locate),
        size: scannedBytesSql(plan, columns, locate),
      };
    });
    views.push(described.view);
    if (described.size !== null) sizes.push(described.size);
  }
  return { views, files: [...new Set(files)], sizes };
}

async function planTable(
  table: StatementTable & { readonly kind: 'iceberg' },
  services: LakeServices,
  run: QueryRun,
): Promise<ScanPlan> {
  const filter = toScanFilter(table.conditions, run.session.parameters);
  try {
    return await planScan({ read: (uri) => readObject(services, uri) }, table.metadata, {
      ...table.timeTravel,
      ...(filter === null ? {} : { filter }),
    });
  } catch (error) {
    throw asSqlFailure(error);
  }
}

function describingFailure<T>(build: () => T): T {
  try {
    return build();
  } catch (error) {
    throw asSqlFailure(error);
  }
}

/** What the Iceberg module refuses or finds broken, as a failure of the statement. */
export function asSqlFailure(error: unknown): unknown {
  if (!(error instanceof SluiceError)) return error;
  switch (error.code) {
    case 'FEATURE_UNSUPPORTED':
      return new SqlFailure('NOT_SUPPORTED', error.message, { cause: error });
    case 'QUERY_FAILED':
      return new SqlFailure('INVALID_ARGUMENTS', error.message, { cause: error });
    default:
      return new SqlFailure('ICEBERG_INVALID_METADATA', error.message, { cause: error });
  }
}
