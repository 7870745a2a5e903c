import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TableMetadata } from '#core/iceberg/spec/table-metadata.ts';
import { type Lake, startLake } from './start-lake.ts';

let lake: Lake;
let first: TableMetadata;
let second: TableMetadata;
beforeAll(async () => {
  lake = await startLake();
  await lake.createTable({
    name: 'ticks',
    columns: { id: 'long!', symbol: 'string', at: 'timestamp', price: 'double', 'odd name': 'int' },
    partition: [
      ['symbol', 'identity'],
      ['at', 'day'],
    ],
  });
  await lake.createTable({ name: 'empty', columns: { id: 'long' } });
  const at = (day: number): bigint => BigInt(Date.UTC(2026, 0, day)) * 1000n;
  first = await lake.append(
    'ticks',
    [
      { id: 1n, symbol: 'A', at: at(1), price: 1.5, 'odd name': 7 },
      { id: 2n, symbol: 'A', at: at(1), price: null, 'odd name': null },
      { id: 3n, symbol: null, at: at(2), price: -0.25, 'odd name': 9 },
    ],
    { summary: { note: "it's {a=b}, {}" } },
  );
  second = await lake.append('ticks', [
    { id: 4n, symbol: 'A', at: at(1), price: 1e10, 'odd name': null },
  ]);
});
afterAll(() => lake.close());

const rowsOf = async (sql: string): Promise<readonly (readonly (string | null)[])[]> =>
  (await lake.query(sql)).rows;

async function shapeOf(table: string): Promise<readonly string[]> {
  const { columns } = await lake.query(`SELECT * FROM "${table}"`);
  const types = await rowsOf(
    `SELECT ${columns.map(({ name }) => `typeof("${name}")`).join(', ')} FROM "${table}" LIMIT 1`,
  );
  return columns.map(({ name }, index) => `${name} ${types[0]?.[index]}`);
}

const time = (ms: number): string => {
  const text = new Date(ms).toISOString();
  return `${text.slice(0, 10)} ${text.slice(11, 23)} UTC`;
};

describe('$snapshots', () => {
  it('has the columns of the Iceberg connector', async () => {
    expect(await shapeOf('ticks$snapshots')).toEqual([
      'committed_at timestamp(3) with time zone',
      'snapshot_id bigint',
      'parent_id bigint',
      'operation varchar',
      'manifest_list varchar',
      'summary map(varchar,varchar)',
    ]);
  });

  it('tells of every commit', async () => {
    const [one, two] = second.snapshots;
    expect(
      await rowsOf(
        'SELECT committed_at, snapshot_id, parent_id, operation, manifest_list FROM "ticks$snapshots" ORDER BY committed_at',
      ),
    ).toEqual([
      [
        time(one?.['timestamp-ms'] ?? 0),
        `${one?.['snapshot-id']}`,
        null,
        'append',
        one?.['manifest-list'],
      ],
      [
        time(two?.['timestamp-ms'] ?? 0),
        `${two?.['snapshot-id']}`,
        `${one?.['snapshot-id']}`,
        'append',
        two?.['manifest-list'],
      ],
    ]);
  });

  it('keeps the summary without the operation, whatever it says', async () => {
    expect(
      await rowsOf(
        `SELECT element_at(summary, 'note'), element_at(summary, 'added-records'), element_at(summary, 'operation'), cardinality(summary)
         FROM market."ticks$snapshots" WHERE parent_id IS NULL`,
      ),
    ).toEqual([
      ["it's {a=b}, {}", '3', null, `${Object.keys(first.snapshots[0]?.summary ?? {}).length - 1}`],
    ]);
  });
});

describe('$history and $refs', () => {
  it('tell which snapshot was current when', async () => {
    expect(await rowsOf('SELECT * FROM "ticks$history" ORDER BY made_current_at')).toEqual(
      second['snapshot-log'].map((entry, index) => [
        time(entry['timestamp-ms']),
        `${entry['snapshot-id']}`,
        index === 0 ? null : `${second['snapshot-log'][0]?.['snapshot-id']}`,
        'true',
      ]),
    );
  });

  it('tell what was rolled back, and of tags', async () => {
    await lake.createTable({ name: 'rolled', columns: { id: 'long' } });
    const kept = await lake.append('rolled', [{ id: 1n }]);
    const keptId = kept['current-snapshot-id'] ?? 0n;
    await lake.append('rolled', [{ id: 2n }]);
    await lake.rewrite('rolled', (metadata) => ({
      ...metadata,
      'current-snapshot-id': keptId,
      'snapshot-log': [
        ...metadata['snapshot-log'],
        { 'snapshot-id': keptId, 'timestamp-ms': metadata['last-updated-ms'] },
      ],
      refs: {
        main: { 'snapshot-id': keptId, type: 'branch', 'min-snapshots-to-keep': 5 },
        audited: { 'snapshot-id': keptId, type: 'tag', 'max-ref-age-ms': 1000 },
      },
    }));
    expect(
      await rowsOf('SELECT snapshot_id = 0, is_current_ancestor FROM "rolled$history"'),
    ).toEqual([
      ['false', 'true'],
      ['false', 'false'],
      ['false', 'true'],
    ]);
    expect(await shapeOf('rolled$refs')).toEqual([
      'name varchar',
      'type varchar',
      'snapshot_id bigint',
      'max_reference_age_in_ms bigint',
      'min_snapshots_to_keep integer',
      'max_snapshot_age_in_ms bigint',
    ]);
    expect(await rowsOf('SELECT * FROM "rolled$refs" ORDER BY name')).toEqual([
      ['audited', 'TAG', `${keptId}`, '1000', null, null],
      ['main', 'BRANCH', `${keptId}`, null, '5', null],
    ]);
  });
});

describe('$files', () => {
  it('has the columns of the Iceberg connector', async () => {
    expect(await shapeOf('ticks$files')).toEqual([
      'content integer',
      'file_path varchar',
      'file_format varchar',
      'record_count bigint',
      'file_size_in_bytes bigint',
      'column_sizes map(integer,bigint)',
      'value_counts map(integer,bigint)',
      'null_value_counts map(integer,bigint)',
      'nan_value_counts map(integer,bigint)',
      'lower_bounds map(integer,varchar)',
      'upper_bounds map(integer,varchar)',
      'key_metadata varbinary',
      'split_offsets array(bigint)',
      'equality_ids array(integer)',
    ]);
  });

  it('tells what the manifests say of every data file', async () => {
    expect(
      await rowsOf(
        `SELECT content, file_format, record_count, value_counts, null_value_counts, lower_bounds, upper_bounds, key_metadata, equality_ids
         FROM "ticks$files" WHERE record_count = 2`,
      ),
    ).toEqual([
      [
        '0',
        'PARQUET',
        '2',
        '{1=2, 2=2, 3=2, 4=2, 5=2}',
        '{1=0, 2=0, 3=0, 4=1, 5=1}',
        '{1=1, 2=A, 3=2026-01-01T00:00, 4=1.5, 5=7}',
        '{1=2, 2=A, 3=2026-01-01T00:00, 4=1.5, 5=7}',
        null,
        null,
      ],
    ]);
  });

  it('explains the bytes a query scanned', async () => {
    const [[bytes]] = (await rowsOf(
      'SELECT sum(element_at(column_sizes, 4) + element_at(column_sizes, 1)) FROM "ticks$files"',
    )) as [[string]];
    expect((await lake.query('SELECT sum(price) FROM ticks WHERE id > 0')).scannedBytes).toBe(
      Number(bytes),
    );
    expect((await lake.query('SELECT count(*) FROM ticks')).scannedBytes).toBe(0);
    expect((await lake.query('SELECT * FROM "ticks$files"')).scannedBytes).toBe(0);
  });

  it('can be joined, filtered, aggregated and put into subqueries', async () => {
    expect(
      await rowsOf(
        `WITH sizes AS (SELECT file_path, record_count n FROM awsdatacatalog.market."ticks$files")
         SELECT count(*), sum(s.n), (SELECT max(f.n) FROM sizes f)
         FROM sizes s JOIN "ticks$snapshots" p ON p.parent_id IS NULL WHERE s.n < 100`,
      ),
    ).toEqual([['3', '4', '2']]);
  });
});

describe('$manifests', () => {
  it('has the columns of the Iceberg connector', async () => {
    expect(await shapeOf('ticks$manifests')).toEqual([
      'path varchar',
      'length bigint',
      'partition_spec_id integer',
      'added_snapshot_id bigint',
      'added_data_files_count integer',
      'added_rows_count bigint',
      'existing_data_files_count integer',
      'existing_rows_count bigint',
      'deleted_data_files_count integer',
      'deleted_rows_count bigint',
      'partitions array(row(contains_null boolean, contains_nan boolean, lower_bound varchar, upper_bound varchar))',
    ]);
  });

  it('shows the range of every partition field', async () => {
    expect(
      await rowsOf(
        'SELECT added_data_files_count, added_rows_count, partitions FROM "ticks$manifests" ORDER BY 2 DESC',
      ),
    ).toEqual([
      [
        '2',
        '3',
        '[{contains_null=true, contains_nan=false, lower_bound=A, upper_bound=A}, {contains_null=false, contains_nan=false, lower_bound=2026-01-01, upper_bound=2026-01-02}]',
      ],
      [
        '1',
        '1',
        '[{contains_null=false, contains_nan=false, lower_bound=A, upper_bound=A}, {contains_null=false, contains_nan=false, lower_bound=2026-01-01, upper_bound=2026-01-01}]',
      ],
    ]);
  });
});

describe('$partitions', () => {
  it('has a row type per partition and per column', async () => {
    const range = (type: string): string =>
      `row(min ${type}, max ${type}, null_count bigint, nan_count bigint)`;
    expect(await shapeOf('ticks$partitions')).toEqual([
      'partition row(symbol_identity varchar, at_day date)',
      'record_count bigint',
      'file_count bigint',
      'total_size bigint',
      `data row(id ${range('bigint')}, at ${range('timestamp(6)')}, price ${range('double')}, odd name ${range('integer')})`,
    ]);
  });

  it('adds up the files of a partition', async () => {
    expect(
      await rowsOf(
        `SELECT partition, record_count, file_count, data.price, data."odd name".max FROM "ticks$partitions" ORDER BY record_count DESC`,
      ),
    ).toEqual([
      [
        '{symbol_identity=A, at_day=2026-01-01}',
        '3',
        '2',
        '{min=1.5, max=1.0E10, null_count=1, nan_count=0}',
        '7',
      ],
      [
        '{symbol_identity=null, at_day=2026-01-02}',
        '1',
        '1',
        '{min=-0.25, max=-0.25, null_count=0, nan_count=0}',
        '9',
      ],
    ]);
    expect(
      await rowsOf(
        'SELECT sum(total_size) - (SELECT sum(file_size_in_bytes) FROM "ticks$files") FROM "ticks$partitions"',
      ),
    ).toEqual([['0']]);
  });

  it('filters by the fields of a row', async () => {
    expect(
      await rowsOf(
        `SELECT record_count FROM "ticks$partitions" WHERE partition.at_day >= DATE '2026-01-02'`,
      ),
    ).toEqual([['1']]);
  });
});

describe('a table without rows', () => {
  it.each(['files', 'history', 'manifests', 'partitions', 'refs', 'snapshots'])(
    'has an empty $%s',
    async (name) => {
      expect(await rowsOf(`SELECT count(*) FROM "empty$${name}"`)).toEqual([['0']]);
      expect(await rowsOf(`SELECT * FROM "empty$${name}"`)).toEqual([]);
    },
  );

  it('has no partition column when it has no partitions', async () => {
    const { columns } = await lake.query('SELECT * FROM "empty$partitions"');
    expect(columns.map(({ name }) => name)).toEqual([
      'record_count',
      'file_count',
      'total_size',
      'data',
    ]);
  });
});

it('fails for a manifest that cannot be read, naming it', async () => {
  await lake.createTable({ name: 'torn', columns: { id: 'long' } });
  const metadata = await lake.append('torn', [{ id: 1n }]);
  const list = metadata.snapshots[0]?.['manifest-list'] ?? '';
  await lake.store.put(list, Buffer.from('torn'));
  await expect(lake.query('SELECT * FROM "torn$files"')).rejects.toThrow(
    /^ICEBERG_INVALID_METADATA: .*snap-/,
  );
  expect(await rowsOf('SELECT count(*) FROM "torn$snapshots"')).toEqual([['1']]);
});
