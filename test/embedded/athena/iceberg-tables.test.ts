import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DataFile } from '#core/iceberg/spec/data-file.ts';
import type { TableMetadata } from '#core/iceberg/spec/table-metadata.ts';
import { type Lake, startLake } from './start-lake.ts';

const DAY_MS = 86_400_000;
const START_MS = Date.UTC(2026, 0, 1);
const micros = (ms: number): bigint => BigInt(ms) * 1000n;

let lake: Lake;
beforeAll(async () => {
  lake = await startLake();
});
afterAll(() => lake.close());

const rowsOf = async (sql: string) => (await lake.query(sql)).rows;

describe('a table of every type', () => {
  beforeAll(async () => {
    await lake.createTable({
      name: 'everything',
      columns: {
        Id: 'long!',
        ok: 'boolean',
        small: 'int',
        ratio: 'float',
        price: 'double',
        amount: 'decimal(12,2)',
        day: 'date',
        ts: 'timestamp',
        name: 'string',
        raw: 'binary',
      },
    });
    const nothing = { ok: null, small: null, ratio: null, price: null, amount: null };
    const empty = { ...nothing, day: null, ts: null, name: null, raw: null };
    await lake.append('everything', [
      {
        Id: 9007199254740993n,
        ok: true,
        small: -5,
        ratio: Math.fround(0.1),
        price: 1e10,
        amount: -1234n,
        day: 20454,
        ts: micros(START_MS) + 1n,
        name: 'é, "quoted"\nline',
        raw: Uint8Array.of(0xab, 0x01),
      },
      { Id: 2n, ...empty },
    ]);
  });

  it('shows values as Athena does', async () => {
    const result = await lake.query('SELECT * FROM everything ORDER BY id DESC');
    expect(result.columns).toEqual([
      { name: 'id', type: 'bigint' },
      { name: 'ok', type: 'boolean' },
      { name: 'small', type: 'integer' },
      { name: 'ratio', type: 'float' },
      { name: 'price', type: 'double' },
      { name: 'amount', type: 'decimal(12,2)' },
      { name: 'day', type: 'date' },
      { name: 'ts', type: 'timestamp' },
      { name: 'name', type: 'varchar' },
      { name: 'raw', type: 'varbinary' },
    ]);
    expect(result.rows).toEqual([
      [
        '9007199254740993',
        'true',
        '-5',
        '0.1',
        '1.0E10',
        '-12.34',
        '2026-01-01',
        '2026-01-01 00:00:00.000001',
        'é, "quoted"\nline',
        'ab 01',
      ],
      ['2', ...Array.from({ length: 9 }, () => null)],
    ]);
  });

  it('reads a table that has no rows yet', async () => {
    await lake.createTable({ name: 'empty', columns: { a: 'long', b: 'string' } });
    const result = await lake.query('SELECT a, b, count(*) OVER () FROM empty');
    expect(result).toMatchObject({ rows: [], scannedBytes: 0 });
    expect(result.columns.map((column) => column.type)).toEqual(['bigint', 'varchar', 'bigint']);
    expect(await rowsOf('SELECT count(*), max(a) FROM empty')).toEqual([['0', null]]);
  });

  it('finds tables by any spelling of their name', async () => {
    for (const name of [
      'EVERYTHING',
      '"market"."everything"',
      'awsdatacatalog.Market.Everything',
    ]) {
      expect(await rowsOf(`SELECT count(*) FROM ${name}`)).toEqual([['2']]);
    }
  });
});

describe('pruning', () => {
  beforeAll(async () => {
    await lake.createTable({
      name: 'ticks',
      columns: { id: 'long!', ts: 'timestamp!', symbol: 'string!', note: 'string' },
      partition: [['ts', 'day']],
    });
    for (let day = 0; day < 4; day++) {
      const rows = Array.from({ length: 200 }, (_, index) => ({
        id: BigInt(day * 200 + index),
        ts: micros(START_MS + day * DAY_MS + index * 1000),
        symbol: 'ABCD'.charAt(day),
        note: `a longer text that takes some room, number ${day * 200 + index}`,
      }));
      await lake.append('ticks', rows);
    }
  });

  const scanned = async (sql: string) => (await lake.query(sql)).scannedBytes;

  it('reads only the partitions that a condition leaves', async () => {
    const all = await scanned('SELECT count(note) FROM ticks');
    const one =
      "SELECT count(note) FROM ticks WHERE ts >= timestamp '2026-01-02' AND ts < timestamp '2026-01-03'";
    expect(await rowsOf(one)).toEqual([['200']]);
    expect(await scanned(one)).toBeLessThan(all / 3);
  });

  it.each([
    ["ts BETWEEN timestamp '2026-01-02 00:00:00' AND timestamp '2026-01-02 23:59:59'", '200'],
    ["date '2026-01-02' > ts", '200'],
    ["symbol = 'C'", '200'],
    ['id < 10', '10'],
    ['id >= 790', '10'],
    ["id = 5 AND symbol = 'A'", '1'],
    ["id = 5 AND symbol = 'B'", '0'],
    ['id > -1', '800'],
    ['id = -1', '0'],
    // Nothing to prune by, and still right.
    ["symbol = 'A' OR symbol = 'B'", '400'],
    ["NOT symbol = 'A'", '600'],
    ['id + 0 = 5', '1'],
    ["lower(symbol) = 'a'", '200'],
  ])('counts the same rows with and without a filter to plan by: %s', async (condition, count) => {
    expect(await rowsOf(`SELECT count(*) FROM ticks WHERE ${condition}`)).toEqual([[count]]);
    // The sub-select keeps the condition from the scan.
    expect(await rowsOf(`SELECT count(*) FROM (SELECT * FROM ticks) t WHERE ${condition}`)).toEqual(
      [[count]],
    );
  });

  it('keeps the rows an outer join adds', async () => {
    const sql = `
      SELECT l.id, r.id FROM (VALUES 1, 999) l(id) LEFT JOIN ticks r ON l.id = r.id
      WHERE r.id IS NULL OR r.symbol = 'A' ORDER BY 1`;
    expect(await rowsOf(sql)).toEqual([
      ['1', '1'],
      ['999', null],
    ]);
    expect(
      await rowsOf(
        "SELECT count(*) FROM (VALUES 1, 999) l(id) LEFT JOIN ticks r ON l.id = r.id WHERE r.symbol = 'B'",
      ),
    ).toEqual([['0']]);
  });

  it('charges the columns in use only', async () => {
    const narrow = await scanned('SELECT sum(id) FROM ticks');
    const wide = await scanned('SELECT * FROM ticks');
    expect(narrow).toBeGreaterThan(0);
    expect(narrow * 3).toBeLessThan(wide);
    expect(await scanned('SELECT count(*) FROM ticks')).toBe(0);
  });
});

describe('schema evolution', () => {
  it('reads columns by their ids: renamed, added, widened, and dropped ones', async () => {
    await lake.createTable({
      name: 'evolving',
      columns: { id: 'int!', old_name: 'string', gone: 'string', ratio: 'float' },
    });
    await lake.append('evolving', [{ id: 1, old_name: 'a', gone: 'x', ratio: 0.5 }]);
    await lake.append('evolving', [{ id: 3000000000n, new_name: 'b', ratio: 0.1, added: 7n }], {
      evolveSchema: (metadata) => withSchema(metadata),
    });
    const { columns, rows } = await lake.query('SELECT * FROM evolving ORDER BY id');
    expect(columns.map(({ name, type }) => `${name} ${type}`)).toEqual([
      'id bigint',
      'new_name varchar',
      'ratio double',
      'added bigint',
    ]);
    expect(rows).toEqual([
      ['1', 'a', '0.5', null],
      ['3000000000', 'b', '0.1', '7'],
    ]);
    expect(await rowsOf("SELECT id FROM evolving WHERE new_name = 'a' AND added IS NULL")).toEqual([
      ['1'],
    ]);
    await expect(lake.query('SELECT old_name FROM evolving')).rejects.toThrow(
      "Column 'old_name' cannot be resolved",
    );
  });

  function withSchema(metadata: TableMetadata): TableMetadata {
    return {
      ...metadata,
      'last-column-id': 5,
      'current-schema-id': 1,
      schemas: [
        ...metadata.schemas,
        {
          type: 'struct',
          'schema-id': 1,
          fields: [
            { id: 1, name: 'id', required: true, type: 'long' },
            { id: 2, name: 'new_name', required: false, type: 'string' },
            { id: 4, name: 'ratio', required: false, type: 'double' },
            { id: 5, name: 'added', required: false, type: 'long' },
          ],
        },
      ],
    };
  }
});

describe('files of a table', () => {
  it('fails when a data file is missing, without telling local paths', async () => {
    await lake.createTable({ name: 'broken', columns: { id: 'long' } });
    await lake.append('broken', [{ id: 1n }]);
    const file = lake.s3.listObjects('lake', 'market/broken/data/')[0];
    await lake.store.delete(`s3://lake/${file?.key}`);
    await expect(lake.query('SELECT id FROM broken')).rejects.toThrow(
      /^ICEBERG_INVALID_METADATA: s3:\/\/lake\/market\/broken\/data\/.*: there is no such object$/,
    );
  });

  it('fails when a data file is no Parquet', async () => {
    await lake.createTable({ name: 'garbage', columns: { id: 'long' } });
    const fake: DataFile = {
      filePath: 's3://lake/market/garbage/data/x.parquet',
      partition: [],
      recordCount: 1n,
      fileSizeBytes: 5n,
      columnSizes: new Map(),
      valueCounts: new Map(),
      nullValueCounts: new Map(),
      nanValueCounts: new Map(),
      lowerBounds: new Map(),
      upperBounds: new Map(),
      splitOffsets: [],
    };
    await lake.store.put(fake.filePath, Buffer.from('hello, this is not a Parquet file'));
    await lake.append('garbage', [], { addFiles: [fake] });
    const error = await lake.query('SELECT id FROM garbage').catch((cause: Error) => cause);
    expect(String(error)).toContain('ICEBERG_BAD_DATA');
    expect(String(error)).toContain(fake.filePath);
    expect(String(error)).not.toContain(lake.folder);
  });
});

describe('information_schema', () => {
  it('lists schemas, tables and columns', async () => {
    expect(await rowsOf('SELECT schema_name FROM information_schema.schemata ORDER BY 1')).toEqual([
      ['information_schema'],
      ['market'],
    ]);
    expect(
      await rowsOf(
        "SELECT table_name, table_type FROM information_schema.tables WHERE table_name = 'ticks'",
      ),
    ).toEqual([['ticks', 'BASE TABLE']]);
    expect(
      await rowsOf(
        "SELECT column_name, ordinal_position, is_nullable, data_type FROM information_schema.columns WHERE table_name = 'ticks' AND table_schema = 'market' ORDER BY 2",
      ),
    ).toEqual([
      ['id', '1', 'NO', 'bigint'],
      ['ts', '2', 'NO', 'timestamp(6)'],
      ['symbol', '3', 'NO', 'varchar'],
      ['note', '4', 'YES', 'varchar'],
    ]);
    expect(await rowsOf('SELECT count(*) FROM information_schema.views')).toEqual([['0']]);
  });
});

describe('names that do not resolve', () => {
  it.each([
    [
      'SELECT * FROM nope',
      "TABLE_NOT_FOUND: line 1:15: Table 'awsdatacatalog.market.nope' does not exist",
    ],
    ['SELECT *\nFROM other.t', "SCHEMA_NOT_FOUND: line 2:6: Schema 'other' does not exist"],
    [
      'SELECT * FROM hive.market.ticks',
      "CATALOG_NOT_FOUND: line 1:15: Catalog 'hive' does not exist",
    ],
    [
      'SELECT * FROM information_schema.nope',
      "Table 'awsdatacatalog.information_schema.nope' does not exist",
    ],
    [
      'SELECT * FROM "ticks$properties"',
      'NOT_SUPPORTED: line 1:15: the local query engine does not support the metadata table "ticks$properties"',
    ],
    ['SELECT * FROM "ticks$nope"', "Table 'awsdatacatalog.market.ticks$nope' does not exist"],
    ['SELECT * FROM "nope$files"', "Table 'awsdatacatalog.market.nope$files' does not exist"],
    ['SELECT * FROM "$files"', "Table 'awsdatacatalog.market.$files' does not exist"],
    ['SELECT * FROM a.b.c.d', 'Too many dots in table name'],
    // A file is no table, whatever its name.
    [
      'SELECT * FROM "/etc/passwd"',
      "TABLE_NOT_FOUND: line 1:15: Table 'awsdatacatalog.market./etc/passwd' does not exist",
    ],
    ["SELECT * FROM 'file.parquet'", "line 1:15: mismatched input ''file.parquet''"],
    ['SELECT * FROM "s3://lake/x.parquet"', 'TABLE_NOT_FOUND'],
    ['SELECT * FROM s0', 'TABLE_NOT_FOUND'],
    ['SELECT * FROM duckdb_settings', 'TABLE_NOT_FOUND'],
    ["SELECT * FROM read_parquet('x')", "line 1:27: mismatched input '('"],
  ])('%s', async (sql, reason) => {
    await expect(lake.query(sql)).rejects.toThrow(reason);
  });
});
