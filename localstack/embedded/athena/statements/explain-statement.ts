import { runQuery } from '../engine/run-query.ts';
import { describeScan, describeVirtual } from '../explain/describe-scan.ts';
import { ioPlanJson } from '../explain/io-plan.ts';
import { type PlanDetail, type PlanNode, planQuery } from '../explain/plan-node.ts';
import { planJson, planText } from '../explain/render-plan.ts';
import type { Position, Query } from '../sql/ast.ts';
import type { ExplainOptions } from '../sql/parse-explain.ts';
import { SqlFailure } from '../sql-failure.ts';
import { BOOLEAN, typeName } from '../trino-types/trino-type.ts';
import type { PreparedQuery, QueryDeps } from './prepare-query.ts';
import { type QueryRun, type ResultSink, runPrepared } from './select-statement.ts';

/**
 * Writes the plan of a prepared query in Athena's result shape: one column, one line per row, empty
 * lines at the end as Athena has them. With ANALYZE the query is run, and the bytes scanned are its.
 * Source: Amazon Athena user guide, Using EXPLAIN and EXPLAIN ANALYZE.
 */
export async function runExplain(
  explained: {
    readonly options: ExplainOptions;
    readonly query: Query;
    readonly prepared: PreparedQuery;
  },
  deps: Pick<QueryDeps, 'engine'>,
  run: QueryRun,
): Promise<{ readonly scannedBytes: number }> {
  const { options, query, prepared } = explained;
  const { sink } = run;
  if (options.format === 'graphviz') {
    throw new SqlFailure(
      'NOT_SUPPORTED',
      'the local query engine does not support EXPLAIN (FORMAT GRAPHVIZ); use TEXT or JSON',
    );
  }
  if (options.type === 'validate') {
    sink.columns([{ name: 'Valid', type: BOOLEAN }]);
    writeLines(sink, 'true');
    return { scannedBytes: 0 };
  }
  if (options.type === 'io') {
    writePlan(sink, ioPlanJson(prepared.scans), false);
    return { scannedBytes: 0 };
  }
  const startedMs = performance.now();
  const outcome = options.analyze
    ? await analyze(prepared, deps, run)
    : { scannedBytes: await columnBytes(prepared, deps, run.signal), rows: null };
  const details: PlanDetail[] = [
    [options.analyze ? 'bytes scanned' : 'bytes to scan', String(outcome.scannedBytes)],
  ];
  if (outcome.rows !== null) {
    details.push(['rows returned', String(outcome.rows)]);
    details.push(['milliseconds', String(Math.round(performance.now() - startedMs))]);
  }
  const columns = prepared.columns.map(({ name, type }) => `${name} ${typeName(type)}`);
  const root: PlanNode = {
    name: 'Output',
    subject: columns.join(', '),
    details,
    children: [planQuery(query, tableDescriber(prepared))],
  };
  writePlan(sink, render(root, options), options.analyze);
  return { scannedBytes: options.analyze ? outcome.scannedBytes : 0 };
}

function render(root: PlanNode, { type, format }: ExplainOptions): string {
  if (format === 'json') {
    const json = planJson(root);
    // One process runs everything: there is one fragment.
    return type === 'distributed' ? JSON.stringify({ '0': JSON.parse(json) }, null, 2) : json;
  }
  const text = planText(root);
  if (type !== 'distributed') return `${text}\n`;
  return `Fragment 0 [SINGLE]\n${text.replaceAll(/^(?=.)/gm, '    ')}\n`;
}

function tableDescriber(prepared: PreparedQuery): (position: Position) => PlanNode | null {
  const isAt =
    ({ line, column }: Position) =>
    (position: Position): boolean =>
      position.line === line && position.column === column;
  return (position) => {
    const here = isAt(position);
    const scan = prepared.scans.find(({ table }) => here(table.position));
    if (scan !== undefined) return describeScan(scan);
    const virtual = prepared.virtualTables.find((reference) => here(reference.position));
    return virtual === undefined ? null : describeVirtual(virtual);
  };
}

async function analyze(
  prepared: PreparedQuery,
  deps: Pick<QueryDeps, 'engine'>,
  run: QueryRun,
): Promise<{ readonly scannedBytes: number; readonly rows: number }> {
  let rows = 0;
  const sink: ResultSink = { columns: () => {}, row: () => void rows++ };
  const { scannedBytes } = await runPrepared(prepared, deps, { ...run, sink });
  return { scannedBytes, rows };
}

/** What the query would scan, from the footers alone. */
async function columnBytes(
  { engineQuery }: PreparedQuery,
  deps: Pick<QueryDeps, 'engine'>,
  signal: AbortSignal,
): Promise<number> {
  let bytes = 0;
  await runQuery({ ...engineQuery, views: [], sql: 'SELECT 1' }, deps.engine, {
    signal,
    onSize: (total) => {
      bytes = total;
    },
    onRows: () => {},
  });
  return bytes;
}

/** A plan's column is as wide as the plan, that of an executed one is unbounded: measured on Athena engine version 3. */
function writePlan(sink: ResultSink, plan: string, unbounded: boolean): void {
  const length = unbounded ? null : plan.length;
  sink.columns([{ name: 'Query Plan', type: { kind: 'varchar', length } }]);
  writeLines(sink, plan);
}

/** Athena adds a line feed to the text and makes a row of every line. */
function writeLines(sink: ResultSink, text: string): void {
  for (const line of `${text}\n`.split('\n')) sink.row([line]);
}
