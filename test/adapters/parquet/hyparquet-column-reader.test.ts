import { describe, expect, it } from 'vitest';
import { MemoryObjectStore } from '#adapters/memory/memory-object-store.ts';
import { createHyparquetColumnReader } from '#adapters/parquet/hyparquet-column-reader.ts';
import type { NestedField } from '#core/iceberg/spec/schema.ts';
import { writeParquet } from '#core/parquet/write-parquet.ts';
import type { Row, Value } from '#core/schema/field.ts';
import { EVERY_TYPE_SCHEMA, everyTypeRows } from '#test/core/iceberg/every-type-table.ts';

const URI = 's3://lake/t/data/a.parquet';

async function stored(
  fields: readonly NestedField[],
  rows: readonly Row[],
  rowGroupRows = 1_000_000,
): Promise<MemoryObjectStore> {
  const store = new MemoryObjectStore();
  const { bytes } = writeParquet(
    fields.map((field) => ({ field, values: rows.map((row) => row[field.name] ?? null) })),
    { icebergSchemaJson: '{}', rowGroupRows },
  );
  await store.put(URI, bytes);
  return store;
}

async function readAll(
  store: Parameters<typeof createHyparquetColumnReader>[0],
  fields: readonly NestedField[],
  options: { readonly sizeBytes: number; readonly wholeFileBytes: number } = {
    sizeBytes: 1,
    wholeFileBytes: 1,
  },
): Promise<{ readonly rows: readonly Row[]; readonly blocks: readonly number[] }> {
  const rows: Row[] = [];
  const blocks: number[] = [];
  const { sizeBytes, wholeFileBytes } = options;
  const reader = createHyparquetColumnReader(store, { wholeFileBytes });
  for await (const block of reader.readBlocks({ uri: URI, sizeBytes }, fields)) {
    blocks.push(block.firstRow);
    for (let row = 0; row < block.rowCount; row++) {
      rows.push(
        Object.fromEntries(
          fields.map((field, index): [string, Value] => [
            field.name,
            block.columns[index]?.[row] ?? null,
          ]),
        ),
      );
    }
  }
  return { rows, blocks };
}

describe('createHyparquetColumnReader', () => {
  it('gives every type as it was written', async () => {
    const rows = everyTypeRows(200);
    const store = await stored(EVERY_TYPE_SCHEMA.fields, rows);
    expect((await readAll(store, EVERY_TYPE_SCHEMA.fields)).rows).toEqual(rows);
  });

  it('reads row group by row group', async () => {
    const rows = everyTypeRows(25);
    const store = await stored(EVERY_TYPE_SCHEMA.fields, rows, 10);
    const read = await readAll(store, EVERY_TYPE_SCHEMA.fields);
    expect(read.blocks).toEqual([0, 10, 20]);
    expect(read.rows).toEqual(rows);
  });

  it('reads a file above the limit in ranges, not whole', async () => {
    const rows = everyTypeRows(40);
    const store = await stored(EVERY_TYPE_SCHEMA.fields, rows, 10);
    const sizeBytes = (await store.head(URI))?.sizeBytes ?? 0;
    const gets: string[] = [];
    const watched = {
      get: async (uri: string) => {
        gets.push(uri);
        return await store.get(uri);
      },
      read: store.read.bind(store),
    };
    const read = await readAll(watched, EVERY_TYPE_SCHEMA.fields, {
      sizeBytes,
      wholeFileBytes: 1000,
    });
    expect(read.rows).toEqual(rows);
    expect(gets).toEqual([]);
  });

  it('finds columns by field id, widens them and fills in those the file lacks', async () => {
    const store = await stored(
      [
        { id: 1, name: 'old_name', required: true, type: 'int' },
        { id: 2, name: 'swapped', required: false, type: 'float' },
      ],
      [{ old_name: 7, swapped: 1.5 }],
    );
    const { rows } = await readAll(store, [
      { id: 3, name: 'old_name', required: false, type: 'string' },
      { id: 2, name: 'ratio', required: false, type: 'double' },
      { id: 1, name: 'swapped', required: true, type: 'long' },
    ]);
    expect(rows).toEqual([{ old_name: null, ratio: 1.5, swapped: 7n }]);
  });

  it('keeps map keys that objects would lose, in their order', async () => {
    const type = {
      type: 'map',
      'key-id': 2,
      key: 'string',
      'value-id': 3,
      value: 'long',
      'value-required': false,
    } as const;
    const fields: NestedField[] = [{ id: 1, name: 'm', required: false, type }];
    const map = new Map<string, Value>([
      ['z', 1n],
      ['2', 2n],
      ['1', 3n],
      ['__proto__', 4n],
      ['', null],
    ]);
    const store = await stored(fields, [{ m: map }, { m: null }, { m: new Map() }]);
    const { rows } = await readAll(store, fields);
    const first = rows[0]?.['m'];
    expect(first instanceof Map ? [...first] : first).toEqual([...map]);
    expect(rows.slice(1)).toEqual([{ m: null }, { m: new Map() }]);
  });

  it('names the file that is damaged', async () => {
    const store = new MemoryObjectStore();
    await store.put(URI, Buffer.from('PAR1 not a parquet file PAR1'));
    await expect(readAll(store, EVERY_TYPE_SCHEMA.fields)).rejects.toMatchObject({
      code: 'FORMAT_CORRUPT',
      message: expect.stringContaining(URI),
    });
  });

  it('tells a file that is not there', async () => {
    await expect(readAll(new MemoryObjectStore(), [])).rejects.toMatchObject({
      code: 'OBJECT_NOT_FOUND',
    });
  });
});
