import {
  GetQueryExecutionCommand,
  GetQueryResultsCommand,
  StartQueryExecutionCommand,
} from '@aws-sdk/client-athena';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TableMetadata } from '#core/iceberg/spec/table-metadata.ts';
import { type Lake, startLake, WORK_GROUP } from './start-lake.ts';

let lake: Lake;
let metadata: TableMetadata;
beforeAll(async () => {
  lake = await startLake();
  await lake.createTable({
    name: 'ticks',
    columns: { id: 'long', symbol: 'string', price: 'double', at: 'timestamp' },
    partition: [['symbol', 'identity']],
  });
  const at = BigInt(Date.UTC(2026, 0, 1)) * 1000n;
  metadata = await lake.append(
    'ticks',
    ['A', 'B', 'C'].flatMap((symbol, index) =>
      [1, 2].map((n) => ({ id: BigInt(index * 10 + n), symbol, price: n / 2, at })),
    ),
  );
});
afterAll(() => lake.close());

/** The lines of a plan, without the empty ones at its end. */
async function planOf(sql: string): Promise<readonly string[]> {
  return (await lake.query(sql)).rows.map(([line]) => line ?? '');
}

describe('EXPLAIN', () => {
  it('shows the steps of a query and what is read of its tables', async () => {
    const snapshot = metadata.snapshots[0];
    const bytes = (await lake.query("SELECT id, symbol, price FROM ticks WHERE symbol = 'B'"))
      .scannedBytes;
    const plan = await planOf(
      `EXPLAIN SELECT count(id) AS n, max(price) FROM ticks WHERE symbol = 'B' AND price > 0.5 ORDER BY n LIMIT 5`,
    );
    expect(plan.slice(0, 11)).toEqual([
      'Output [n bigint, _col1 double]',
      `│   bytes to scan = ${bytes}`,
      '└─ Limit [5]',
      '   └─ Sort [1 key]',
      '      └─ Project [2 items]',
      '         └─ Aggregate [all rows]',
      '            └─ Filter [WHERE, line 1:67]',
      '               └─ TableScan [awsdatacatalog.market.ticks]',
      `                      snapshot = ${snapshot?.['snapshot-id']} of ${new Date(snapshot?.['timestamp-ms'] ?? 0).toISOString()}`,
      '                      columns = id bigint, symbol varchar, price double',
      "                      pruned by = symbol = 'B' AND price > 0.5",
    ]);
    expect(plan.slice(11, 14)).toEqual([
      '                      files = 1 of 3',
      '                      manifests not opened = 0',
      '                      rows in files = 2',
    ]);
  });

  it('shows joins, unions, subqueries, WITH queries and metadata tables', async () => {
    const plan = await planOf(
      `EXPLAIN WITH w AS (SELECT symbol s FROM ticks)
       SELECT * FROM w JOIN "ticks$files" f ON f.record_count > (SELECT min(id) FROM ticks) CROSS JOIN UNNEST(ARRAY[1]) u(x)
       UNION ALL SELECT DISTINCT s, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, x FROM w, (VALUES 1) v(x)`,
    );
    const steps = plan
      .map((line) => line.replace(/^[│├└─ ]+/, ''))
      .filter((line) => !line.includes(' = '));
    expect(steps.filter((step) => !step.startsWith('Output'))).toEqual([
      'Union [ALL]',
      'Project [1 item]',
      'CrossJoin',
      'InnerJoin',
      'WithReference [w]',
      'MetadataScan [awsdatacatalog.market.ticks$files]',
      'Subquery',
      'Project [1 item]',
      'Aggregate [all rows]',
      'TableScan [awsdatacatalog.market.ticks]',
      'Unnest [1 item]',
      'Distinct',
      'Project [16 items]',
      'CrossJoin',
      'WithReference [w]',
      'Values [1 row]',
      'With [w]',
      'Project [1 item]',
      'TableScan [awsdatacatalog.market.ticks]',
    ]);
  });

  it('reads no data and needs none to be there', async () => {
    const result = await lake.query('EXPLAIN SELECT max(price) FROM ticks');
    expect(result.scannedBytes).toBe(0);
    expect(result.columns).toEqual([{ name: 'Query Plan', type: 'varchar' }]);
  });

  it('is one fragment when distributed', async () => {
    const plan = await planOf('EXPLAIN (TYPE DISTRIBUTED) SELECT 1');
    expect(plan.slice(0, 2)).toEqual(['Fragment 0 [SINGLE]', '    Output [_col0 integer]']);
  });

  it('is JSON on demand', async () => {
    const text = (await planOf('EXPLAIN (FORMAT JSON) SELECT id FROM ticks')).join('\n');
    expect(JSON.parse(text)).toMatchObject({
      id: '0',
      name: 'Output',
      children: [{ name: 'Project', children: [{ name: 'TableScan', children: [] }] }],
    });
  });

  it('fails where the query would', async () => {
    await expect(lake.query('EXPLAIN SELECT nope\nFROM ticks')).rejects.toThrow(
      "COLUMN_NOT_FOUND: line 1:16: Column 'nope' cannot be resolved",
    );
    await expect(lake.query('EXPLAIN (TYPE VALIDATE) SELECT * FROM nope')).rejects.toThrow(
      'TABLE_NOT_FOUND',
    );
    await expect(lake.query('EXPLAIN (FORMAT GRAPHVIZ) SELECT 1')).rejects.toThrow(
      'NOT_SUPPORTED: the local query engine does not support EXPLAIN (FORMAT GRAPHVIZ)',
    );
  });
});

describe('EXPLAIN (TYPE VALIDATE)', () => {
  it('is true', async () => {
    const { columns, rows } = await lake.query('EXPLAIN (TYPE VALIDATE) SELECT * FROM ticks');
    expect(columns).toEqual([{ name: 'Valid', type: 'boolean' }]);
    expect(rows).toEqual([['true']]);
  });
});

describe('EXPLAIN (TYPE IO)', () => {
  it('tells the tables, what columns are held to, and how much pruning left', async () => {
    const plan = await planOf(
      `EXPLAIN (TYPE IO) SELECT id FROM ticks WHERE symbol >= 'B' AND price BETWEEN 0.25 AND 1 AND price < 1 AND at = timestamp '2026-01-01'`,
    );
    const { inputTableColumnInfos, estimate } = JSON.parse(plan.join('\n'));
    expect(inputTableColumnInfos).toHaveLength(1);
    expect(inputTableColumnInfos[0]).toMatchObject({
      table: { catalog: 'awsdatacatalog', schemaTable: { schema: 'market', table: 'ticks' } },
      estimate: { outputRowCount: 4 },
    });
    expect(inputTableColumnInfos[0].constraint).toEqual({
      none: false,
      columnConstraints: [
        constraint('symbol', 'varchar', { low: { value: 'B', bound: 'EXACTLY' } }),
        constraint('price', 'double', {
          low: { value: '0.25', bound: 'EXACTLY' },
          high: { value: '1.0', bound: 'BELOW' },
        }),
        constraint('at', 'timestamp(6)', {
          low: { value: '2026-01-01T00:00', bound: 'EXACTLY' },
          high: { value: '2026-01-01T00:00', bound: 'EXACTLY' },
        }),
      ],
    });
    expect(estimate.outputRowCount).toBe(4);
  });
});

function constraint(columnName: string, type: string, range: object): object {
  return { columnName, type, domain: { nullsAllowed: false, ranges: [range] } };
}

describe('EXPLAIN ANALYZE', () => {
  it('runs the query and counts what it did', async () => {
    const { rows, scannedBytes } = await lake.query(
      "EXPLAIN ANALYZE SELECT id FROM ticks WHERE symbol <> 'A'",
    );
    const plan = rows.map(([line]) => line ?? '');
    expect(plan[0]).toBe('Fragment 0 [SINGLE]');
    expect(plan[2]).toBe(`    │   bytes scanned = ${scannedBytes}`);
    expect(plan[3]).toBe('    │   rows returned = 4');
    expect(plan[4]).toMatch(/^ {4}│ {3}milliseconds = \d+$/);
    expect(scannedBytes).toBeGreaterThan(0);
  });

  it('fails as the query does when it is run', async () => {
    await expect(lake.query('EXPLAIN ANALYZE SELECT 1 / (id - id) FROM ticks')).rejects.toThrow(
      'DIVISION_BY_ZERO',
    );
  });

  it('is cut off by the workgroup as the query is', async () => {
    lake.athena.ensureWorkGroup({
      name: 'small',
      outputLocation: 's3://results/small',
      scanLimitBytes: 1,
    });
    const ended = async (sql: string) => {
      const { athena } = lake.clients;
      const { QueryExecutionId } = await athena.send(
        new StartQueryExecutionCommand({
          QueryString: sql,
          WorkGroup: 'small',
          QueryExecutionContext: { Database: 'market' },
        }),
      );
      for (;;) {
        const { QueryExecution } = await athena.send(
          new GetQueryExecutionCommand({ QueryExecutionId }),
        );
        const state = QueryExecution?.Status?.State ?? '';
        if (state !== 'QUEUED' && state !== 'RUNNING') return state;
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    };
    expect(await ended('EXPLAIN ANALYZE SELECT id FROM ticks')).toBe('CANCELLED');
    expect(await ended('EXPLAIN SELECT id FROM ticks')).toBe('SUCCEEDED');
  });
});

describe("the result in Athena's shape", () => {
  const resultOf = async (sql: string) => {
    const { athena } = lake.clients;
    const { QueryExecutionId } = await athena.send(
      new StartQueryExecutionCommand({ QueryString: sql, WorkGroup: WORK_GROUP }),
    );
    let execution = (await athena.send(new GetQueryExecutionCommand({ QueryExecutionId })))
      .QueryExecution;
    while (execution?.Status?.State !== 'SUCCEEDED') {
      await new Promise((resolve) => setTimeout(resolve, 5));
      execution = (await athena.send(new GetQueryExecutionCommand({ QueryExecutionId })))
        .QueryExecution;
    }
    const results = await athena.send(new GetQueryResultsCommand({ QueryExecutionId }));
    const rows = results.ResultSet?.Rows?.map(({ Data }) => Data?.[0]?.VarCharValue) ?? [];
    return { execution, results, rows };
  };

  it('is DML in a text file with a header and three empty lines at the end', async () => {
    const { execution, results, rows } = await resultOf('EXPLAIN SELECT 1');
    expect([execution.StatementType, execution.SubstatementType]).toEqual(['DML', 'EXPLAIN']);
    expect(execution.ResultConfiguration?.OutputLocation).toMatch(/\.txt$/);
    expect(results.UpdateCount).toBeUndefined();
    expect(rows[0]).toBe('Query Plan');
    expect(rows.slice(-4)).toEqual(['   └─ Values [1 row]', '', '', '']);
    const text = await lake.store.get(execution.ResultConfiguration?.OutputLocation ?? '');
    expect(Buffer.from(text).toString()).toBe(rows.join('\n'));
    const [column] = results.ResultSet?.ResultSetMetadata?.ColumnInfo ?? [];
    // The text is the plan with one line feed more, without the header.
    expect(column).toMatchObject({
      Name: 'Query Plan',
      Type: 'varchar',
      Precision: rows.slice(1).join('\n').length - 1,
      CaseSensitive: true,
    });
  });

  it.each([
    ['EXPLAIN (FORMAT JSON) SELECT 1', 1],
    ['EXPLAIN (TYPE IO) SELECT 1', 1],
    ['EXPLAIN ANALYZE SELECT 1', 3],
  ])('%s ends with %d empty lines', async (sql, empty) => {
    const { rows } = await resultOf(sql);
    expect(rows.length - 1 - rows.findLastIndex((row) => row !== '')).toBe(empty);
  });

  it('of VALIDATE has one empty line', async () => {
    expect((await resultOf('EXPLAIN (TYPE VALIDATE) SELECT 1')).rows).toEqual([
      'Valid',
      'true',
      '',
    ]);
  });
});
