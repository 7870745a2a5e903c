import { describe, expect, it } from 'vitest';
import { MemoryObjectStore } from '#adapters/memory/memory-object-store.ts';
import { encodeRows, findPoison, stageRows } from '#app/stage-rows.ts';
import { padSequence } from '#core/delivery/position.ts';
import { STAGED_NAME_MS } from '#core/iceberg/maintenance/orphan-age.ts';
import { createTableMetadata } from '#core/iceberg/transaction/create-table.ts';
import type { Row } from '#core/schema/field.ts';

const TABLE = createTableMetadata({
  location: 's3://lake/t',
  tableUuid: '00000000-0000-4000-8000-000000000001',
  schema: {
    type: 'struct',
    'schema-id': 0,
    fields: [
      { id: 1, name: 'symbol', required: false, type: 'string' },
      { id: 2, name: 'n', required: true, type: 'int' },
    ],
  },
  partitionSpec: {
    'spec-id': 0,
    fields: [{ 'source-id': 1, 'field-id': 1000, name: 'symbol', transform: 'identity' }],
  },
  properties: {},
  nowMs: 0,
});
const RANGE = {
  source: 'kinesis:s/shardId-000000000000',
  first: { sequence: padSequence('1'), subSequence: 0 },
  last: { sequence: padSequence('2'), subSequence: 5 },
};

async function stage(rows: readonly Row[], store = new MemoryObjectStore(), nowMs = 0) {
  return await stageRows(store, TABLE, { rows, range: RANGE, nowMs });
}

describe('stageRows', () => {
  it('keeps null and the text "null" in partitions of their own', async () => {
    const files = await stage([
      { symbol: null, n: 1 },
      { symbol: 'null', n: 2 },
      { symbol: null, n: 3 },
    ]);
    expect(files.map((file) => [file.partition, file.recordCount])).toEqual([
      [[null], 2n],
      [['null'], 1n],
    ]);
    expect(new Set(files.map((file) => file.filePath)).size).toBe(2);
  });

  it('keeps long values that begin alike in partitions of their own', async () => {
    const long = 'x'.repeat(2000);
    const files = await stage([
      { symbol: `${long}a`, n: 1 },
      { symbol: `${long}b`, n: 1 },
    ]);
    expect(files.map((file) => file.partition)).toEqual([[`${long}a`], [`${long}b`]]);
    expect(new Set(files.map((file) => file.filePath)).size).toBe(2);
    expect(Math.max(...files.map((file) => Buffer.byteLength(file.filePath)))).toBeLessThan(1024);
  });

  it('names a file by where its rows come from and what they are', async () => {
    const [file] = await stage([{ symbol: 'A', n: 1 }]);
    expect(file?.filePath).toMatch(
      /^s3:\/\/lake\/t\/data\/symbol=A\/shardId-000000000000_0{55}1-0_0{55}2-5_[0-9a-f]{16}-0\.parquet$/,
    );
  });

  it('meets its own file when the same rows are staged again', async () => {
    const store = new MemoryObjectStore();
    const rows = [{ symbol: 'A', n: 1 }];
    expect(await stage(rows, store)).toEqual(await stage(rows, store));
  });

  it('never meets a file of another day: orphan removal may be about to take it', async () => {
    const store = new MemoryObjectStore();
    const rows = [{ symbol: 'A', n: 1 }];
    const pathAt = async (nowMs: number) => (await stage(rows, store, nowMs))[0]?.filePath;
    const today = await pathAt(STAGED_NAME_MS);
    expect(await pathAt(2 * STAGED_NAME_MS - 1)).toBe(today);
    expect(await pathAt(2 * STAGED_NAME_MS)).not.toBe(today);
  });
});

describe('findPoison', () => {
  const good = (count: number): Row[] =>
    Array.from({ length: count }, (_, index) => ({ symbol: 'A', n: index }));

  it('finds the rows that cannot be encoded, each with its own reason', () => {
    const rows: Row[] = [...good(20), { symbol: 7, n: 1 }, ...good(5), { symbol: 'A', n: 1.5 }];
    expect(() => encodeRows(TABLE, rows)).toThrow();
    expect(findPoison(TABLE, rows)).toEqual([
      {
        row: rows[20],
        error: expect.objectContaining({ message: expect.stringContaining('symbol') }),
      },
      {
        row: rows[26],
        error: expect.objectContaining({ message: expect.stringContaining('"n"') }),
      },
    ]);
  });

  it('finds every row where all are poison', () => {
    const rows: Row[] = good(9).map((row) => ({ ...row, n: null }));
    expect(findPoison(TABLE, rows).map(({ row }) => row)).toEqual(rows);
  });

  it('finds none among good rows', () => {
    expect(findPoison(TABLE, good(9))).toEqual([]);
    expect(findPoison(TABLE, [])).toEqual([]);
  });

  it('blames no row for a table that cannot be written', () => {
    const [schema] = TABLE.schemas;
    const fields = [...schema!.fields, { ...schema!.fields[0]!, id: 9 }];
    const broken = { ...TABLE, schemas: [{ ...schema!, fields }] };
    expect(() => encodeRows(broken, good(3))).toThrow();
    expect(findPoison(broken, good(3))).toEqual([]);
  });
});
