import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Lake, startLake } from './start-lake.ts';

let lake: Lake;
const objects: { readonly uri: string; readonly modifiedMs: number }[] = [];
beforeAll(async () => {
  lake = await startLake();
  await lake.createTable({
    name: 'ticks',
    columns: { id: 'long', symbol: 'string' },
    partition: [['symbol', 'identity']],
  });
  await lake.append('ticks', [
    { id: 1n, symbol: 'A' },
    { id: 2n, symbol: 'A' },
    { id: 3n, symbol: "B'C" },
  ]);
  for await (const object of lake.store.list('s3://lake/market/ticks/data/')) objects.push(object);
});
afterAll(() => lake.close());

const rowsOf = async (sql: string): Promise<readonly (readonly (string | null)[])[]> =>
  (await lake.query(sql)).rows;

it('name the object of every row, and when it was written', async () => {
  const rows = await rowsOf(
    'SELECT id, "$path", "$file_modified_time", typeof("$file_modified_time") FROM ticks ORDER BY id',
  );
  expect(new Set(rows.map(([, uri]) => uri))).toEqual(new Set(objects.map(({ uri }) => uri)));
  expect(rows[0]?.[1]).toBe(rows[1]?.[1]);
  const written = objects.find(({ uri }) => uri === rows[2]?.[1])?.modifiedMs ?? 0;
  const time = new Date(written).toISOString();
  expect(rows[2]?.slice(2)).toEqual([
    `${time.slice(0, 10)} ${time.slice(11, 23)} UTC`,
    'timestamp(3) with time zone',
  ]);
});

it('are not among the columns of a star, nor behind a list of aliases', async () => {
  expect((await lake.query('SELECT * FROM ticks')).columns.map(({ name }) => name)).toEqual([
    'id',
    'symbol',
  ]);
  expect(await rowsOf('SELECT count(a) FROM ticks AS t(a, b)')).toEqual([['3']]);
  await expect(lake.query('SELECT "$path" FROM ticks AS t(a, b)')).rejects.toThrow(
    'COLUMN_NOT_FOUND',
  );
});

it('leave out the files that a condition on the path rules out', async () => {
  const [first = { uri: '' }] = objects;
  const sql = `SELECT count(*) FROM ticks WHERE "$path" = '${first.uri.replaceAll("'", "''")}'`;
  const [[count]] = (await rowsOf(sql)) as [[string]];
  expect(['1', '2']).toContain(count);
  const plan = (await rowsOf(`EXPLAIN ${sql}`)).map(([line]) => line).join('\n');
  expect(plan).toContain('files = 1 of 2');
  expect(await rowsOf(`SELECT count(*) FROM ticks WHERE "$path" = 's3://nope'`)).toEqual([['0']]);
});

it('can be grouped by and joined with the files table', async () => {
  const rows = await rowsOf(
    'SELECT f.record_count, count(*) FROM ticks t JOIN "ticks$files" f ON f.file_path = t."$path" GROUP BY f.file_path, f.record_count ORDER BY 1',
  );
  expect(rows).toEqual([
    ['1', '1'],
    ['2', '2'],
  ]);
});

it('are null nowhere and there for an empty table', async () => {
  await lake.createTable({ name: 'nothing', columns: { id: 'long' } });
  expect(await rowsOf('SELECT "$path", "$file_modified_time", id FROM nothing')).toEqual([]);
});
