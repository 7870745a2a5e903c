import type { LakeAccess } from '#runtime/lake-access.ts';
import type { Output } from '../output.ts';
import type { Account } from './account.ts';
import type { FileAccount } from './upload-files.ts';

/** Runs statements a newcomer would try, and shows them with their answers; those over tables of a domain that is not there are left out. */
export async function showQueries(
  output: Output,
  lake: LakeAccess,
  domains: readonly string[],
): Promise<void> {
  const statements = STATEMENTS.filter(({ domain }) => domains.includes(domain)).map(
    ({ sql }) => sql,
  );
  for (const statement of statements) {
    const result = await lake.queries.query(statement);
    output.line();
    output.line(statement);
    output.line();
    output.table(
      result.columns.map((column) => column.name),
      result.rows.map((row) => row.map((cell) => cell ?? 'NULL')),
      {
        rightAligned: result.columns.flatMap((column, index) =>
          column.type === 'varchar' ? [] : [index],
        ),
      },
    );
  }
}

const STATEMENTS = [
  {
    domain: 'market',
    sql: `SELECT year("timestamp") AS year, count(*) AS days, min(price) AS low, max(price) AS high, round(avg(price), 2) AS mean
FROM local_market_bronze.trade WHERE source_system = 'vega-datasets' AND year("timestamp") IN (2000, 2008, 2020)
GROUP BY year("timestamp") ORDER BY year`,
  },
  {
    domain: 'market',
    sql: `SELECT symbol, count(*) AS trades, min(price) AS low, max(price) AS high, round(sum(price * size) / sum(size), 4) AS vwap
FROM local_market_bronze.trade WHERE source_system <> 'vega-datasets' GROUP BY symbol ORDER BY trades DESC, symbol LIMIT 5`,
  },
  {
    domain: 'city',
    sql: `SELECT month("timestamp") AS month, round(avg(value), 1) AS celsius, round(avg(wind), 1) AS wind, count(*) AS hours
FROM local_city_bronze.weather WHERE source_system = 'normals' AND month("timestamp") IN (1, 7) GROUP BY 1 ORDER BY 1`,
  },
  {
    domain: 'market',
    sql: `SELECT count(*) AS rows, count(DISTINCT _event_id) AS distinct_events, count_if(_late) AS late, count(_flags) AS flagged
FROM local_market_bronze.trade`,
  },
] as const;

/** What became of the uploaded files. */
export function showFiles(output: Output, files: readonly FileAccount[]): void {
  if (files.length === 0) return;
  output.line();
  output.line('Files, uploaded to the landing bucket as a user would:');
  output.line();
  output.table(
    ['file', 'entry', 'rows', 'committed', 'rejected', 'duplicates', ''],
    files.map((file) => [
      file.object,
      file.entry,
      ...[file.rows, file.committed, file.rejected, file.deduplicated].map((count) =>
        count.toLocaleString('en-US'),
      ),
      file.counted_before ? 'the same file as before: counted once' : '',
    ]),
    { rightAligned: [2, 3, 4, 5] },
  );
}

/** Where every received event went. */
export function showAccount(output: Output, account: Account): void {
  output.line();
  output.line(
    'Where every event went (read off shards and files = in the table + rejected + duplicates + dead-lettered), by the ledger:',
  );
  output.line();
  output.table(
    [
      'stream',
      'received',
      'committed',
      'rejected',
      'deduplicated',
      'dead-lettered',
      'unaccounted',
      'of these late',
    ],
    account.streams.map((line) => [
      `${line.domain}.${line.stream}`,
      ...[
        line.received,
        line.committed,
        line.rejected,
        line.deduplicated,
        line.dead_lettered,
        line.unaccounted,
        line.late,
      ].map((count) => count.toLocaleString('en-US')),
    ]),
    { rightAligned: [1, 2, 3, 4, 5, 6, 7] },
  );
  for (const note of account.notes) output.line(`Note: ${note}`);
  for (const problem of account.problems) output.problem(problem);
}
