import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createGlueTableCatalog } from '#adapters/aws/glue-table-catalog.ts';
import { createOutput } from '#cli/output.ts';
import {
  findTable,
  printFiles,
  printSnapshots,
  readFiles,
  readSnapshots,
} from '#cli/table-history.ts';
import { NO_COUNTS } from '#core/delivery/delivery-counts.ts';
import { encodeSourceStates, SOURCES_KEY } from '#core/delivery/source-state.ts';
import type { TableMetadata } from '#core/iceberg/spec/table-metadata.ts';
import { type Lake, startLake } from '#test/embedded/athena/start-lake.ts';
import { RecordingStreams } from './recording-streams.ts';

const TRADE = { database: 'market', table: 'trade' };
const SHARD = 'kinesis:local-market/shardId-000000000000';

let lake: Lake;
let last: TableMetadata;
beforeAll(async () => {
  lake = await startLake();
  await lake.createTable({ name: 'trade', columns: { id: 'long' } });
  const commit = (sequence: number, received: number, rows: number) => ({
    [SOURCES_KEY]: encodeSourceStates(
      new Map([
        [
          SHARD,
          {
            position: { sequence: String(sequence).padStart(56, '0'), subSequence: rows },
            maxEventTimeMicros: null,
            counts: { ...NO_COUNTS, received, committed: rows },
          },
        ],
      ]),
    ),
  });
  await lake.append('trade', [{ id: 1n }, { id: 2n }], { summary: commit(123456789, 1000, 2) });
  // A commit of another engine carries no positions.
  await lake.append('trade', [{ id: 3n }]);
  last = await lake.append('trade', [{ id: 4n }], { summary: commit(123456999, 1500, 3) });
});
afterAll(() => lake.close());

function printed(print: (output: ReturnType<typeof createOutput>) => void): readonly string[] {
  const streams = new RecordingStreams();
  print(createOutput(streams, false));
  return streams.stdoutText.trimEnd().split('\n');
}

describe('readSnapshots', () => {
  it('tells what every commit added and how far it read its sources', async () => {
    const lines = await readSnapshots(lake.engine, TRADE);
    expect(lines).toMatchObject([
      {
        snapshotId: String(last.snapshots[0]?.['snapshot-id']),
        refs: [],
        operation: 'append',
        rowsAdded: 2,
        rowsInAll: 2,
        filesInAll: 1,
        moved: [{ source: SHARD, subSequence: 2, events: 1000 }],
      },
      { rowsAdded: 1, rowsInAll: 3, moved: [] },
      { refs: ['main'], rowsInAll: 4, moved: [{ source: SHARD, subSequence: 3, events: 500 }] },
    ]);
  });

  it('tells what a rollback left behind, and counts from the parent of each commit', async () => {
    const states = (rows: number) =>
      encodeSourceStates(
        new Map([
          [
            SHARD,
            {
              position: { sequence: String(rows).padStart(56, '0'), subSequence: 0 },
              maxEventTimeMicros: null,
              counts: { ...NO_COUNTS, received: rows, committed: rows },
            },
          ],
        ]),
      );
    const at = (second: number) => `2026-11-20 18:00:0${second}.000 UTC`;
    const rows = [
      [at(1), '11', null, 'append', '1', '1', '1', states(1), ''],
      [at(2), '12', '11', 'append', '4', '5', '2', states(5), ''],
      [at(3), '13', '11', 'append', '2', '3', '2', states(3), 'main'],
    ];
    const query = async () => ({ columns: [], rows, scannedBytes: 0, milliseconds: 0 });
    const lines = await readSnapshots({ query }, TRADE);
    expect(lines).toMatchObject([
      { isReachable: true, moved: [{ events: 1 }] },
      { isReachable: false, moved: [{ events: 4 }] },
      { isReachable: true, moved: [{ events: 2 }] },
    ]);
    const text = printed((output) => printSnapshots(output, TRADE, lines, { limit: 20 }));
    expect(text[4]).toMatch(/ append, left behind {2}/);
  });

  it('prints the newest ones, with what tells positions apart', async () => {
    const lines = await readSnapshots(lake.engine, TRADE);
    const text = printed((output) => printSnapshots(output, TRADE, lines, { limit: 2 }));
    expect(text[0]).toBe('market.trade: 3 snapshots; the last 2 (--limit shows more)');
    expect(text).toHaveLength(5);
    expect(text[4]).toMatch(
      / main {2}append {2} .* 1 {2} {3}4 {6}3 {2}shardId-000000000000 …23456999:3 \(\+500 events\)$/,
    );
  });
});

describe('readFiles', () => {
  it('lists the data files of the table as it is', async () => {
    const lines = await readFiles(lake.engine, TRADE);
    expect(lines.map(({ rows }) => rows).sort()).toEqual([1, 1, 2]);
    const text = printed((output) => printFiles(output, TRADE, lines, { limit: 20 }));
    expect(text[0]).toMatch(/^market\.trade: 3 data files, 4 rows, [\d,]+ bytes$/);
    expect(text[1]).toBe('below s3://lake/market/trade/data/');
    expect(text[4]).toMatch(/^ +[12] +\d+ {2}\S+\.parquet$/);
  });
});

describe('findTable', () => {
  it('finds the table of a stream by the name the stream has elsewhere', async () => {
    const catalog = { list: async (database: string) => [{ database, table: 'trade' }] };
    const databases = ['local_market_bronze', 'local_my_city_bronze', 'local_ops'];
    expect(await findTable(catalog, databases, 'my_city.trade')).toEqual({
      database: 'local_my_city_bronze',
      table: 'trade',
    });
    await expect(findTable(catalog, databases, 'ops.trade')).rejects.toThrow(
      'table "ops.trade": expected one of local_market_bronze.trade',
    );
  });

  it('finds a table by its name or with its database', async () => {
    const catalog = createGlueTableCatalog(lake.clients.glue);
    expect(await findTable(catalog, ['market'], 'trade')).toEqual(TRADE);
    expect(await findTable(catalog, ['market'], 'market.trade')).toEqual(TRADE);
    await expect(findTable(catalog, ['market'], 'nope')).rejects.toThrow(
      'table "nope": expected one of market.trade',
    );
    await expect(findTable(catalog, ['market', 'market'], 'trade')).rejects.toThrow(
      'expected one of market.trade, market.trade',
    );
  });
});
