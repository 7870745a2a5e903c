import type { LakeAccess } from '#runtime/lake-access.ts';
import type { Output } from '../output.ts';
import type { Account } from './account.ts';

const TABLE = 'local_market_bronze.trade';

/** Runs three statements a newcomer would try, and shows them with their answers. */
export async function showQueries(output: Output, lake: LakeAccess, run: number): Promise<void> {
  const statements = [
    `SELECT year("timestamp") AS year, count(*) AS days, min(price) AS low, max(price) AS high, round(avg(price), 2) AS mean
FROM ${TABLE} WHERE trade_id LIKE 'sp500-${run}-%' AND year("timestamp") IN (2000, 2008, 2020)
GROUP BY year("timestamp") ORDER BY year`,
    `SELECT symbol, count(*) AS trades, min(price) AS low, max(price) AS high, round(sum(price * size) / sum(size), 4) AS vwap
FROM ${TABLE} WHERE source_system <> 'vega-datasets' GROUP BY symbol ORDER BY trades DESC, symbol LIMIT 5`,
    `SELECT count(*) AS rows, count(DISTINCT _event_id) AS distinct_events, count_if(_late) AS late, count(_flags) AS flagged
FROM ${TABLE}`,
  ];
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

/** Where every received event went. */
export function showAccount(output: Output, account: Account): void {
  output.line();
  output.line(
    'Where every event went (read off the shards = in the table + rejected + duplicates + dead-lettered), by the ledger:',
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
