import type { QueryColumn, QueryResult } from '#ports/query-engine.ts';
import { localTarget } from '#runtime/aws-clients.ts';
import { openLake } from '#runtime/lake-access.ts';
import {
  booleanOption,
  type Command,
  type CommandContext,
  integerOption,
  stringOption,
} from '../command.ts';
import { openLocalCloud } from '../local-cloud.ts';
import { workGroupOf } from '../stack-outputs.ts';

export const sql: Command = {
  name: 'sql',
  summary:
    'run one statement through the Athena API; starts the local cloud on the kept state if none is up',
  usage: '"<statement>" [--json | --csv] [--database <name>]',
  positionals: { min: 1, max: 1 },
  options: {
    csv: { type: 'boolean', description: 'comma-separated values with a header line' },
    database: { type: 'string', value: '<name>', description: 'for table names without one' },
    port: {
      type: 'string',
      value: '<n>',
      description: 'port of a local cloud that has to be started (default: any free one)',
    },
  },
  async run(context) {
    const cloud = await openLocalCloud(context, {
      port: integerOption(context, 'port', { default: 0, min: 0, max: 65_535 }),
    });
    const lake = openLake(localTarget(cloud.endpoint), { workGroup: workGroupOf(cloud.outputs) });
    try {
      const database = stringOption(context, 'database');
      const result = await lake.queries.query(
        context.positionals[0]!,
        database === undefined ? {} : { database },
      );
      print(context, result);
      return 0;
    } finally {
      lake.close();
      await cloud.close();
    }
  },
};

function print(context: CommandContext, result: QueryResult): void {
  const { output } = context;
  const names = result.columns.map((column) => column.name);
  if (booleanOption(context, 'csv')) {
    const lines = [
      names.map(csvCell),
      ...result.rows.map((row) => row.map((cell) => (cell === null ? '' : csvCell(cell)))),
    ];
    output.raw(lines.map((cells) => `${cells.join(',')}\n`).join(''));
    return;
  }
  const numeric = result.columns.flatMap((column, index) =>
    isNumeric(column.type) ? [index] : [],
  );
  output.table(
    names,
    result.rows.map((row) => row.map((cell) => cell ?? 'NULL')),
    { rightAligned: numeric },
  );
  const count = `${result.rows.length} ${result.rows.length === 1 ? 'row' : 'rows'}`;
  output.line(
    `${count}, ${result.scannedBytes.toLocaleString('en-US')} bytes scanned, ${result.milliseconds} ms`,
  );
  output.result({
    columns: result.columns,
    rows: result.rows.map((row) => rowObject(result.columns, row)),
  });
}

function csvCell(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function isNumeric(type: string): boolean {
  return /^(tinyint|smallint|integer|int|bigint|real|float|double|decimal)/.test(type);
}

/** Column name to value; a repeated column name gets the suffix `_2`, `_3` … so that nothing is hidden. */
export function rowObject(
  columns: readonly QueryColumn[],
  row: readonly (string | null)[],
): Record<string, unknown> {
  const object: Record<string, unknown> = {};
  for (const [index, { name, type }] of columns.entries()) {
    let key = name;
    for (let copy = 2; Object.hasOwn(object, key); copy++) key = `${name}_${copy}`;
    object[key] = jsonValue(type, row[index] ?? null);
  }
  return object;
}

/** Numbers where JSON holds them exactly; longs above 2^53 and decimals stay text; timestamps ISO with microseconds. */
export function jsonValue(type: string, text: string | null): unknown {
  if (text === null) return null;
  if (/^(tinyint|smallint|integer|int|bigint)$/.test(type)) {
    const value = Number(text);
    return Number.isSafeInteger(value) ? value : text;
  }
  if (/^(real|float|double)$/.test(type)) {
    const value = Number(text);
    return Number.isFinite(value) ? value : text;
  }
  if (type === 'boolean') return text === 'true';
  if (/^timestamp(\(\d+\))?$/.test(type)) return isoMicroseconds(text);
  return text;
}

/** `2026-01-01 00:00:00.5` → `2026-01-01T00:00:00.500000Z`: timestamps without zone are UTC by contract. */
function isoMicroseconds(text: string): string {
  const match = /^(\d+-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)(?:\.(\d+))?$/.exec(text);
  if (match === null) return text;
  return `${match[1]}T${match[2]}.${(match[3] ?? '').padEnd(6, '0').slice(0, 6)}Z`;
}
