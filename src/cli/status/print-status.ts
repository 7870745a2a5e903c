import type { ShardLag } from '#app/measure-shard-lag.ts';
import type { StagedBacklog } from '#app/measure-staged.ts';
import type { Output } from '../output.ts';
import {
  type AlarmStatus,
  type FunctionStatus,
  findFaults,
  type LedgerStatus,
  type StatusReport,
} from './status-report.ts';
import { commonPrefix, formatAge, formatCount, formatDuration, plural, wrap } from './words.ts';

interface Place {
  readonly output: Output;
  readonly nowMs: number;
  /** What every name begins with and nobody needs to read. */
  readonly prefix: string;
}

/** Widest line of text, however wide the terminal is. */
const MAX_TEXT_COLUMNS = 100;
const INDENT = '  ';

/** One screen, what is wrong first. */
export function printStatus(output: Output, report: StatusReport, nowMs: number): void {
  const prefix = commonPrefix(report.cloud.stacks.map(({ name }) => name));
  const place: Place = { output, nowMs, prefix };
  printCloud(place, report);
  printProblems(place, report.problems);
  printAlarms(place, report.alarms);
  printFunctions(place, report.functions);
  printShards(place, report.shards);
  printStaged(place, report.staged);
  printTables(place, report);
  printLedgers(place, report.ledgers);
  output.line();
  output.line(verdict(output, report));
}

function verdict(output: Output, report: StatusReport): string {
  const faults = findFaults(report);
  if (faults.length === 0) return output.style('All well.', 'green');
  return output.style(`Not well: ${faults.join(', ')}.`, 'red');
}

function printCloud({ output }: Place, { cloud }: StatusReport): void {
  const resources = cloud.stacks.reduce((sum, stack) => sum + stack.resources, 0);
  const work = cloud.pending ? 'records are being taken in' : 'no records wait';
  output.line(
    `${output.style('Local cloud', 'bold')} up at ${cloud.endpoint} (process ${cloud.pid})`,
  );
  output.line(`${plural(cloud.stacks.length, 'stack')}, ${plural(resources, 'resource')}; ${work}`);
  const delegates = Object.entries(cloud.delegates).map(([service, url]) => `${service} by ${url}`);
  if (delegates.length > 0) output.line(`Served: ${delegates.join(', ')}; the rest is embedded`);
}

function printProblems({ output }: Place, problems: readonly string[]): void {
  if (problems.length === 0) return;
  output.line();
  for (const problem of problems) printText(output, problem, `${output.style('DOWN', 'red')} `);
}

function printAlarms(place: Place, alarms: readonly AlarmStatus[]): void {
  const { output } = place;
  const inState = (state: AlarmStatus['state']) => alarms.filter((each) => each.state === state);
  const [raised, unknown, fine] = [inState('ALARM'), inState('INSUFFICIENT_DATA'), inState('OK')];
  printHeading(output, 'Alarms');
  for (const alarm of raised) printAlarm(place, alarm);
  if (unknown.length > 0) {
    const names = unknown.map(({ name }) => shorten(name, place.prefix)).join(', ');
    printText(output, `${plural(unknown.length, 'alarm')} without data yet: ${names}`, '');
  }
  const others = raised.length + unknown.length > 0 ? 'other ' : '';
  output.line(`${INDENT}${plural(fine.length, `${others}alarm`)} OK`);
}

function printAlarm({ output, nowMs, prefix }: Place, alarm: AlarmStatus): void {
  const since = `for ${formatAge(nowMs - alarm.sinceMs)}`;
  const name = output.style(shorten(alarm.name, prefix), 'bold');
  output.line(`${INDENT}${output.style('ALARM', 'red')} ${name} ${since}`);
  for (const text of [alarm.reason, alarm.description]) {
    for (const line of wrapFor(output, text, INDENT.length * 2)) {
      output.line(`${INDENT}${INDENT}${line}`);
    }
  }
}

function printFunctions(
  { output, nowMs, prefix }: Place,
  functions: readonly FunctionStatus[],
): void {
  printTable(output, {
    heading: ['Function', 'last run', 'runs', 'errors', 'duration'],
    rows: functions.map((each) => [
      shorten(each.name, prefix),
      each.lastInvocationMs === null ? 'never' : `${formatAge(nowMs - each.lastInvocationMs)} ago`,
      formatCount(each.invocations),
      formatCount(each.errors),
      each.lastDurationMs === null ? '-' : formatDuration(each.lastDurationMs),
    ]),
    isWarning: (index) => (functions[index]?.errors ?? 0) > 0,
  });
}

function printShards({ output, nowMs }: Place, shards: readonly ShardLag[]): void {
  const shown = shards.filter(({ open, waiting }) => open || waiting > 0);
  printTable(output, {
    heading: ['Shard', 'records waiting', 'oldest', 'checkpoint'],
    rows: shown.map((shard) => [
      `${shard.stream}/${shard.shard.replace(/^shardId-0*(?=\d)/, '')}`,
      `${formatCount(shard.waiting)}${shard.isMore ? '+' : ''}`,
      shard.oldestArrivalMs === null ? '-' : formatAge(nowMs - shard.oldestArrivalMs),
      shard.checkpoint === null ? 'none yet' : `…${shard.checkpoint.slice(-12)}`,
    ]),
    isWarning: () => false,
  });
}

function printStaged({ output, nowMs }: Place, staged: readonly StagedBacklog[]): void {
  printTable(output, {
    heading: ['Staged', 'batches to commit', 'oldest'],
    rows: staged.map(({ domain, batches, oldestStagedAtMs }) => [
      domain,
      formatCount(batches),
      oldestStagedAtMs === null ? '-' : formatAge(nowMs - oldestStagedAtMs),
    ]),
    isWarning: () => false,
  });
}

function printTables({ output, nowMs }: Place, { tables }: StatusReport): void {
  printTable(output, {
    heading: ['Table', 'rows', 'last commit'],
    rows: tables.map((table) => [
      `${table.database}.${table.table}`,
      formatCount(table.rows),
      table.lastCommitMs === null ? 'none yet' : `${formatAge(nowMs - table.lastCommitMs)} ago`,
    ]),
    isWarning: () => false,
  });
}

function printLedgers({ output, nowMs }: Place, ledgers: readonly LedgerStatus[]): void {
  printTable(output, {
    heading: ['Ledger', 'last entry', 'unbalanced rows'],
    rows: ledgers.map(({ domain, lastRunMs, unbalancedRows }) => [
      domain,
      lastRunMs === null ? 'never' : `${formatAge(nowMs - lastRunMs)} ago`,
      formatCount(unbalancedRows),
    ]),
    isWarning: (index) => (ledgers[index]?.unbalancedRows ?? 0) > 0,
  });
}

function printHeading(output: Output, heading: string): void {
  output.line();
  output.line(output.style(heading, 'bold'));
}

/** First column to the left, the others to the right; nothing for an empty table. */
function printTable(
  output: Output,
  table: {
    readonly heading: readonly string[];
    readonly rows: readonly (readonly string[])[];
    /** Rows that are shown in another colour. */
    readonly isWarning: (index: number) => boolean;
  },
): void {
  if (table.rows.length === 0) return;
  const lines = [table.heading, ...table.rows];
  const widths = table.heading.map((_, column) =>
    Math.max(...lines.map((cells) => cells[column]?.length ?? 0)),
  );
  const format = (cells: readonly string[]): string =>
    cells
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  ');
  printHeading(output, format(table.heading));
  for (const [index, cells] of table.rows.entries()) {
    const text = format(cells);
    output.line(table.isWarning(index) ? output.style(text, 'yellow') : text);
  }
}

/** Wide enough for any label before the first line. */
const LABEL_COLUMNS = 5;

function printText(output: Output, text: string, label: string): void {
  const [first = '', ...rest] = wrapFor(output, text, INDENT.length + LABEL_COLUMNS);
  output.line(`${INDENT}${label}${first}`);
  for (const line of rest) output.line(`${INDENT}${INDENT}${line}`);
}

function wrapFor(output: Output, text: string, indent: number): readonly string[] {
  return wrap(text, Math.min(output.columns, MAX_TEXT_COLUMNS) - indent);
}

function shorten(name: string, prefix: string): string {
  return name.startsWith(prefix) ? name.slice(prefix.length) : name;
}
