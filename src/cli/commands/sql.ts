import { hasCode, SluiceError } from '#core/errors.ts';
import type { QueryColumn, QueryResult } from '#ports/query-engine.ts';
import { localTarget } from '#runtime/aws-clients.ts';
import { openLake } from '#runtime/lake-access.ts';
import {
  booleanOption,
  type Command,
  type CommandContext,
  integerOption,
  stringOption,
  usageError,
} from '../command.ts';
import { openLocalCloud } from '../local-cloud.ts';
import { workGroupOf } from '../stack-outputs.ts';

export const sql: Command = {
  name: 'sql',
  summary:
    'run one statement through the Athena API; starts the local cloud on the kept state if none is up',
  usage: '"<statement>" [--json | --csv] [--database <name>] [--port <n>]',
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
    const statement = context.positionals[0] ?? '';
    if (statement.trim() === '') throw usageError(sql, 'the statement is empty');
    if (booleanOption(context, 'csv') && context.output.jsonMode)
      throw usageError(sql, 'got --csv and --json, expected one of them');
    const cloud = await openLocalCloud(context, {
      port: integerOption(context, 'port', { default: 0, min: 0, max: 65_535 }),
    });
    const lake = openLake(localTarget(cloud.endpoint), { workGroup: workGroupOf(cloud.outputs) });
    try {
      const database = stringOption(context, 'database');
      const result = await lake.queries
        .query(statement, database === undefined ? {} : { database })
        .catch((error: unknown) => {
          throw withNextStep(error);
        });
      print(context, result);
      return 0;
    } finally {
      lake.close();
      await cloud.close();
    }
  },
};

/** Athena's words end where a newcomer's question begins: which tables are there? */
function withNextStep(error: unknown): unknown {
  if (
    !hasCode(error, 'QUERY_FAILED') ||
    !/^(SCHEMA|TABLE)_NOT_FOUND|^Athena: Entity Not Found/.test(error.message)
  )
    return error;
  return new SluiceError(
    'QUERY_FAILED',
    `${error.message}; write <database>.<table> or pass --database, \`sluice tables\` lists them`,
    { cause: error },
  );
}

function print(context: CommandContext, result: QueryResult): void {
  const { output } = context;
  const names = result.columns.map((column) => column.name);
  if (booleanOption(context, 'csv')) {
    const lines = [
      uniqueNames(names).map(csvCell),
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
    ok: true,
    columns: result.columns,
    rows: result.rows.map((row) => rowObject(result.columns, row)),
  });
}

/** An empty text is `""`, so that it differs from NULL, which is nothing at all. */
export function csvCell(text: string): string {
  return text === '' || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function isNumeric(type: string): boolean {
  return /^(tinyint|smallint|integer|int|bigint|real|float|double|decimal)/.test(type);
}

/** A repeated column name gets the suffix `_2`, `_3` … so that nothing is hidden. */
export function uniqueNames(names: readonly string[]): readonly string[] {
  const taken = new Set<string>();
  return names.map((name) => {
    let unique = name;
    for (let copy = 2; taken.has(unique); copy++) unique = `${name}_${copy}`;
    taken.add(unique);
    return unique;
  });
}

/** Unique column name to value. */
export function rowObject(
  columns: readonly QueryColumn[],
  row: readonly (string | null)[],
): Record<string, unknown> {
  const names = uniqueNames(columns.map((column) => column.name));
  return Object.fromEntries(
    columns.map(({ type }, index) => [names[index], jsonValue(type, row[index] ?? null)]),
  );
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
  if (/^timestamp\b/.test(type)) return isoMicroseconds(text);
  return text;
}

/**
 * `2026-01-01 00:00:00.5` → `2026-01-01T00:00:00.500000Z`: timestamps without zone are UTC by contract. An
 * offset stays an offset; a zone with a name (`Europe/Berlin`) stays Athena's text, since ISO 8601 has none.
 */
function isoMicroseconds(text: string): string {
  const match =
    /^(\d+-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)(?:\.(\d+))?(?: ?(UTC|Z|[+-]\d\d:\d\d))?$/.exec(text);
  if (match === null) return text;
  const [, date, time, fraction = '', zone = 'UTC'] = match;
  return `${date}T${time}.${fraction.padEnd(6, '0').slice(0, 6)}${zone === 'UTC' ? 'Z' : zone}`;
}
