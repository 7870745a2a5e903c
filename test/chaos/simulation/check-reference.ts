import { type BatchSummary, encodeBatchSummaries } from '#core/delivery/batch-summary.ts';
import { addCounts, NO_COUNTS } from '#core/delivery/delivery-counts.ts';
import type { SourceStates } from '#core/delivery/source-state.ts';
import type { BookedTable } from './booked-table.ts';
import type { Findings } from './check-properties.ts';
import type { TableRow } from './live-rows.ts';
import { referenceTables } from './reference.ts';
import { rowPlace } from './workload.ts';

/**
 * 5: the same input gives the same tables, whatever went wrong: rows in all columns, and per source counts by hour and watermarks.
 * Not defined by the input alone, and left out:
 * - with a stricter rule deployed half-way, which code judged an event, and so late marks and what is rejected
 * - with repeats on other shards, which of them wins: the one that is committed first
 * - after a hole, or once rows were taken out on purpose, whether a repeat is one, and the watermark behind a hole
 * Then rows that stand in the same table in both are compared, without the columns that depend on it.
 */
export async function checkReference(findings: Findings): Promise<readonly string[]> {
  const { world, tables } = findings;
  const reference = await referenceTables(world.lake, world.workload);
  const isDefined = isDefinedByInput(findings);
  const leftOut = new Set(isDefined ? [] : ['_late', '_mapping_version']);
  // What a rejected event says of the fields that its judge knew.
  if (world.plan.deployment === 'column') leftOut.add('row');
  return tables.flatMap((table, index) => {
    const expected = reference[index];
    if (expected === undefined) return [];
    const places = findings.world.plan.deployment === 'rule' && table.table.table === 'rejected';
    const rows = places ? [] : compareRows(table, expected, { leftOut, isDefined });
    return isDefined ? [...rows, ...compareBooks(table, expected)] : rows;
  });
}

function isDefinedByInput({ world, holes }: Findings): boolean {
  const { plan, removed, retainedFromMs } = world;
  return (
    plan.deployment !== 'rule' &&
    !plan.repeatsElsewhere &&
    holes.size === 0 &&
    removed.size === 0 &&
    retainedFromMs.size === 0
  );
}

function compareRows(
  { table, rows }: BookedTable,
  expected: BookedTable,
  options: { readonly leftOut: ReadonlySet<string>; readonly isDefined: boolean },
): readonly string[] {
  const byPlace = new Map(expected.rows.map((row) => [rowPlace(row), row]));
  const differences: string[] = [];
  for (const row of rows) {
    const place = rowPlace(row);
    const other = byPlace.get(place);
    byPlace.delete(place);
    const [found, wanted] = [textOf(row, options.leftOut), textOf(other ?? {}, options.leftOut)];
    if (other === undefined && !options.isDefined) continue;
    if (found !== wanted) {
      differences.push(`differs: ${table.table} ${place}: expected ${wanted}, got ${found}`);
    }
  }
  if (options.isDefined) {
    for (const place of byPlace.keys())
      differences.push(`differs: ${table.table} ${place}: expected a row, got none`);
  }
  return differences;
}

/** Columns without a value may be there or not: a deployment brings one. */
function textOf(row: TableRow, leftOut: ReadonlySet<string>): string {
  const entries = Object.entries(row)
    .filter(([name, value]) => value !== null && value !== undefined && !leftOut.has(name))
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify(entries, (_, value: unknown) =>
    typeof value === 'bigint' ? `${value}n` : value,
  );
}

function compareBooks(table: BookedTable, expected: BookedTable): readonly string[] {
  const [found, wanted] = [booksOf(table), booksOf(expected)];
  return [...new Set([...found.keys(), ...wanted.keys()])].flatMap((source) => {
    const [a, b] = [found.get(source), wanted.get(source)];
    return a === b ? [] : [`differs: ${table.table.table} ${source}: expected ${b}, got ${a}`];
  });
}

/** By source: watermark and counts by stream and hour. */
function booksOf({ states, batches }: BookedTable): ReadonlyMap<string, string> {
  const bySource = Map.groupBy(batches, ({ source }) => source);
  return new Map(
    [...states].map(([source]) => {
      const hours = hoursOf(bySource.get(source) ?? []);
      return [source, `${watermarkOf(states, source)} ${hours}`];
    }),
  );
}

function watermarkOf(states: SourceStates, source: string): string {
  return String(states.get(source)?.maxEventTimeMicros ?? null);
}

function hoursOf(batches: readonly BatchSummary[]): string {
  const sums = new Map<string, Map<string, typeof NO_COUNTS>>();
  for (const [stream, hours] of batches.flatMap(({ streams }) => [...streams])) {
    const known = sums.get(stream) ?? new Map<string, typeof NO_COUNTS>();
    sums.set(stream, known);
    for (const [hour, counts] of hours)
      known.set(hour, addCounts(known.get(hour) ?? NO_COUNTS, counts));
  }
  for (const hours of sums.values()) {
    for (const [hour, { received }] of hours) if (received === 0) hours.delete(hour);
  }
  const first = { sequence: '', subSequence: 0 };
  return encodeBatchSummaries([{ source: '', first, last: first, streams: sums }]);
}
