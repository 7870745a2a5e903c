import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { writeParquet } from '#core/parquet/write-parquet.ts';
import { type EngineQuery, runQuery } from '#embedded/athena/engine/run-query.ts';
import { SqlFailure } from '#embedded/athena/sql-failure.ts';

const folder = mkdtempSync(path.join(os.tmpdir(), 'sluice-engine-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const spillDir = path.join(folder, 'spill');
const allowed = path.join(folder, "it's a file");
const secret = path.join(folder, 'secret.parquet');
const { bytes } = writeParquet(
  [{ field: { id: 1, name: 'id', required: true, type: 'long' }, values: [7n] }],
  { icebergSchemaJson: '{}' },
);
for (const file of [allowed, secret]) writeFileSync(file, bytes);

async function run(
  query: Partial<EngineQuery>,
  options: {
    readonly memoryLimitMb?: number;
    readonly signal?: AbortSignal;
    readonly onSize?: (total: number) => void;
  } = {},
): Promise<unknown[][]> {
  const { memoryLimitMb = 128, signal = new AbortController().signal, onSize } = options;
  const rows: unknown[][] = [];
  await runQuery(
    { views: [], sizes: [], files: [], sql: 'SELECT 1', ...query },
    { spillDir, memoryLimitMb, threads: 1 },
    {
      signal,
      onRows: (chunk) => rows.push(...chunk.map((row) => [...row])),
      ...(onSize === undefined ? {} : { onSize }),
    },
  );
  return rows;
}

const quoted = (file: string): string => `'${file.replaceAll("'", "''")}'`;

describe('the engine', () => {
  it('reads the files it is given', async () => {
    const view = `CREATE VIEW v AS SELECT * FROM read_parquet([${quoted(allowed)}], schema = MAP {1: {name: 'c1', type: 'BIGINT', default_value: NULL}})`;
    expect(await run({ views: [view], files: [allowed], sql: 'SELECT c1 FROM v' })).toEqual([[7n]]);
  });

  // Nothing of a statement gets this far; what does is stopped here once more.
  it.each([
    `SELECT * FROM read_parquet(${quoted(secret)})`,
    `SELECT * FROM ${quoted(secret)}`,
    "SELECT * FROM read_csv('/etc/passwd')",
    "SELECT * FROM read_text('/etc/passwd')",
    "SELECT * FROM glob('/*')",
    "SELECT * FROM '/etc/passwd'",
    `COPY (SELECT 1) TO ${quoted(path.join(folder, 'out.csv'))}`,
    `ATTACH ${quoted(path.join(folder, 'out.db'))}`,
    'INSTALL httpfs',
    'LOAD httpfs',
    'SET enable_external_access = true',
    "SET allowed_paths = ['/']",
    "SET memory_limit = '10GB'",
    "SELECT * FROM read_parquet('https://example.com/x.parquet')",
    `EXPORT DATABASE ${quoted(path.join(folder, 'dump'))}`,
  ])('refuses %s', async (sql) => {
    await expect(run({ sql, files: [allowed] })).rejects.toBeInstanceOf(SqlFailure);
    expect(readdirSync(folder).sort()).toEqual(["it's a file", 'secret.parquet', 'spill']);
  });

  it('leaves nothing of a query to the next', async () => {
    await run({ views: ['CREATE VIEW v AS SELECT 1 AS x'], sql: 'SELECT x FROM v' });
    await expect(run({ sql: 'SELECT x FROM v' })).rejects.toThrow('v does not exist');
    expect(readdirSync(spillDir)).toEqual([]);
  });

  it('sums sizes before it runs the query, and does not run it when they are too much', async () => {
    const sizes = ['SELECT 20', 'SELECT 22'];
    let total = 0;
    await run(
      { sizes },
      {
        onSize: (size) => {
          total = size;
        },
      },
    );
    expect(total).toBe(42);
    const refused = run(
      { sizes, sql: "SELECT athena_fail('NOT_SUPPORTED: it ran')" },
      {
        onSize: () => {
          throw new RangeError('too much');
        },
      },
    );
    await expect(refused).rejects.toThrow(RangeError);
  });

  it('stops when it is told to', async () => {
    const abort = new AbortController();
    setTimeout(() => abort.abort(new Error('stopped')), 50);
    const sql = 'SELECT sum(a.i * b.i % 7) FROM range(1000000) a(i), range(1000000) b(i)';
    await expect(run({ sql }, { signal: abort.signal })).rejects.toThrow('stopped');
    // At any moment of its life, the first ones before it has begun.
    for (const delayMs of [0, 1, 2, 5, 10, 20]) {
      const early = new AbortController();
      setTimeout(() => early.abort(new Error('stopped early')), delayMs);
      await expect(run({ sql }, { signal: early.signal })).rejects.toThrow('stopped early');
    }
    await expect(run({}, { signal: AbortSignal.abort(new Error('before')) })).rejects.toThrow(
      'before',
    );
  });

  it('spills what it can to disk and fails where it cannot', async () => {
    const rows = "SELECT hash(i) AS h, i::VARCHAR || repeat('x', 40) AS t FROM range(1000000) r(i)";
    expect(
      await run(
        { sql: `SELECT count(*) FROM (SELECT * FROM (${rows}) ORDER BY h LIMIT 900000)` },
        { memoryLimitMb: 40 },
      ),
    ).toEqual([[900000n]]);
    expect(readdirSync(spillDir)).toEqual([]);
    await expect(
      run({ sql: 'SELECT list(i) FROM range(100000000) r(i)' }, { memoryLimitMb: 40 }),
    ).rejects.toMatchObject({ code: 'EXCEEDED_LOCAL_MEMORY_LIMIT' });
  });
});
