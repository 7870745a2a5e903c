import {
  type AthenaClient,
  GetQueryExecutionCommand,
  GetQueryResultsCommand,
  type QueryExecution,
  StartQueryExecutionCommand,
} from '@aws-sdk/client-athena';
import { SluiceError } from '#core/errors.ts';
import type { Clock } from '#ports/clock.ts';
import type { QueryColumn, QueryEngine, QueryResult } from '#ports/query-engine.ts';

export interface AthenaOptions {
  readonly workGroup: string;
  readonly clock: Clock;
}

const FIRST_POLL_MS = 10;
const MAX_POLL_MS = 1000;

/** QueryEngine on Athena: start, poll with growing pauses, read every page of the result. */
export function createAthenaQueryEngine(client: AthenaClient, options: AthenaOptions): QueryEngine {
  return {
    query: async (sql, { database } = {}) => {
      const id = await start(client, sql, { ...options, database });
      const execution = await waitForEnd(client, id, options.clock);
      return { ...(await readResult(client, id, shapeOf(execution))), ...statisticsOf(execution) };
    },
  };
}

async function start(
  client: AthenaClient,
  sql: string,
  options: AthenaOptions & { readonly database: string | undefined },
): Promise<string> {
  const { workGroup, database } = options;
  const started = await failAsQuery(() =>
    client.send(
      new StartQueryExecutionCommand({
        QueryString: sql,
        WorkGroup: workGroup,
        ...(database === undefined ? {} : { QueryExecutionContext: { Database: database } }),
      }),
    ),
  );
  return started.QueryExecutionId ?? '';
}

/** Throws QUERY_FAILED with Athena's own reason when the query fails or is cancelled. */
async function waitForEnd(client: AthenaClient, id: string, clock: Clock): Promise<QueryExecution> {
  for (let pauseMs = FIRST_POLL_MS; ; pauseMs = Math.min(MAX_POLL_MS, pauseMs * 1.5)) {
    const answer = await failAsQuery(() =>
      client.send(new GetQueryExecutionCommand({ QueryExecutionId: id })),
    );
    const execution = answer.QueryExecution ?? {};
    const state = execution.Status?.State;
    if (state === 'SUCCEEDED') return execution;
    if (state === 'FAILED' || state === 'CANCELLED') {
      throw new SluiceError(
        'QUERY_FAILED',
        execution.Status?.StateChangeReason ?? `query ${state.toLowerCase()} without a reason`,
        {
          context: { queryExecutionId: id, state },
        },
      );
    }
    await clock.sleep(pauseMs);
  }
}

interface ResultShape {
  /** The first row repeats the column names. */
  readonly hasHeader: boolean;
  /** A row is one cell with tabs between the values. */
  readonly tabbed: boolean;
  /** Empty rows at the end mean nothing. */
  readonly isText: boolean;
}

/** What queries, EXPLAIN, and SHOW and DESCRIBE give differs. Source: measured on Athena engine version 3. */
function shapeOf({ StatementType, SubstatementType }: QueryExecution): ResultShape {
  return {
    hasHeader: StatementType === 'DML',
    tabbed: StatementType !== 'DML',
    isText: SubstatementType === 'EXPLAIN',
  };
}

async function readResult(
  client: AthenaClient,
  id: string,
  shape: ResultShape,
): Promise<Pick<QueryResult, 'columns' | 'rows'>> {
  let columns: readonly QueryColumn[] = [];
  const rows: (readonly (string | null)[])[] = [];
  let token: string | undefined;
  do {
    const NextToken = token;
    const page = await failAsQuery(() =>
      client.send(
        new GetQueryResultsCommand({
          QueryExecutionId: id,
          ...(NextToken === undefined ? {} : { NextToken }),
        }),
      ),
    );
    const isFirst = token === undefined;
    const info = page.ResultSet?.ResultSetMetadata?.ColumnInfo ?? [];
    if (isFirst)
      columns = info.map(({ Name, Type, Precision, Scale }) => ({
        name: Name ?? '',
        type: typeName(Type ?? '', Precision, Scale),
      }));
    const cells = (page.ResultSet?.Rows ?? []).map((row) =>
      (row.Data ?? []).map((cell) => cell.VarCharValue ?? null),
    );
    rows.push(...(isFirst && shape.hasHeader ? cells.slice(1) : cells));
    token = page.NextToken;
  } while (token !== undefined);
  if (shape.isText) return { columns, rows: withoutEmptyEnd(rows) };
  return { columns, rows: shape.tabbed ? rows.map((row) => splitAtTabs(row, columns)) : rows };
}

type Cells = QueryResult['rows'][number];

function splitAtTabs(row: Cells, columns: readonly QueryColumn[]): Cells {
  const [only] = row;
  if (columns.length < 2 || row.length !== 1 || only === null || only === undefined) return row;
  return only.split('\t');
}

function withoutEmptyEnd(rows: QueryResult['rows']): QueryResult['rows'] {
  const last = rows.findLastIndex((row) => row.some((cell) => (cell ?? '') !== ''));
  return rows.slice(0, last + 1);
}

function typeName(type: string, precision: number | undefined, scale: number | undefined): string {
  return type === 'decimal' ? `decimal(${precision ?? 38},${scale ?? 0})` : type;
}

function statisticsOf({
  Statistics,
}: QueryExecution): Pick<QueryResult, 'scannedBytes' | 'milliseconds'> {
  return {
    scannedBytes: Statistics?.DataScannedInBytes ?? 0,
    milliseconds:
      Statistics?.TotalExecutionTimeInMillis ?? Statistics?.EngineExecutionTimeInMillis ?? 0,
  };
}

async function failAsQuery<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const isUserError = cause instanceof Error && cause.name === 'InvalidRequestException';
    throw new SluiceError(
      isUserError ? 'QUERY_FAILED' : 'SOURCE_UNAVAILABLE',
      `Athena: ${reason}`,
      { cause },
    );
  }
}
