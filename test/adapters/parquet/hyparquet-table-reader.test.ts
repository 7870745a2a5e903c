import { describe, expect, it } from 'vitest';
import { MemoryObjectStore } from '#adapters/memory/memory-object-store.ts';
import { createHyparquetTableReader } from '#adapters/parquet/hyparquet-table-reader.ts';
import type { IcebergType } from '#core/iceberg/spec/schema.ts';
import { writeParquet } from '#core/parquet/write-parquet.ts';
import type { Value } from '#core/schema/field.ts';

const URI = 's3://lake/f.parquet';

type Columns = Readonly<Record<string, readonly [IcebergType, readonly Value[]]>>;

async function readBack(columns: Columns, names: readonly string[] = Object.keys(columns)) {
  const store = new MemoryObjectStore();
  const { bytes } = writeParquet(
    Object.entries(columns).map(([name, [type, values]], index) => ({
      field: { id: index + 1, name, required: false, type },
      values,
    })),
    { icebergSchemaJson: '{}', rowGroupRows: 3, pageBytes: 64 },
  );
  await store.put(URI, bytes);
  return await createHyparquetTableReader(store).readRows(URI, names);
}

async function valuesOf(type: IcebergType, values: readonly Value[]): Promise<readonly Value[]> {
  const rows = await readBack({ value: [type, values] });
  return rows.map((row) => row['value'] ?? null);
}

describe('createHyparquetTableReader', () => {
  it.each<[IcebergType, readonly Value[]]>([
    ['boolean', [true, false, null]],
    ['int', [-(2 ** 31), 0, null, 2 ** 31 - 1]],
    ['long', [-(2n ** 63n), null, 2n ** 53n + 1n, 2n ** 63n - 1n]],
    ['float', [0.5, -0.25, null]],
    ['double', [1e308, Number.NaN, null, -0]],
    ['decimal(9, 2)', [-999_999_999n, null, 1n]],
    ['decimal(18, 4)', [10n ** 17n, null, -1n]],
    ['decimal(38, 10)', [-(10n ** 37n), null, 0n, 10n ** 37n]],
    ['date', [-1, 0, null, 20_000]],
    ['timestamp', [1n, null, -62_135_596_800_000_000n, 1_763_640_000_123_456n]],
    ['string', ['', null, 'ascii', '\ufeffß €𝄞', '\u0000']],
    ['binary', [new Uint8Array(), null, Uint8Array.of(0xff, 0, 0x80)]],
  ])('reads %s in the values of rows', async (type, values) => {
    expect(await valuesOf(type, values)).toEqual(values);
  });

  it('reads the same text thousands of times and long ones', async () => {
    const values = Array.from({ length: 2_000 }, (_, index) =>
      index % 3 === 0 ? 'x'.repeat(5_000) : `id-${index % 7}`,
    );
    expect(await valuesOf('string', values)).toEqual(values);
  });

  it('gives the named columns only, row by row in file order', async () => {
    const columns: Columns = {
      a: ['int', [1, 2, 3, 4, 5]],
      b: ['string', ['p', 'q', 'r', 's', 't']],
      c: ['int', [9, 9, 9, 9, 9]],
    };
    expect(await readBack(columns, ['b', 'a'])).toEqual([
      { b: 'p', a: 1 },
      { b: 'q', a: 2 },
      { b: 'r', a: 3 },
      { b: 's', a: 4 },
      { b: 't', a: 5 },
    ]);
  });

  it('gives null for columns the file does not have', async () => {
    const columns: Columns = { a: ['int', [1, 2]] };
    expect(await readBack(columns, ['new', 'a'])).toEqual([
      { new: null, a: 1 },
      { new: null, a: 2 },
    ]);
    expect(await readBack(columns, ['new'])).toEqual([{ new: null }, { new: null }]);
  });

  it('reads beside nested columns, and refuses them themselves', async () => {
    const list: IcebergType = {
      type: 'list',
      'element-id': 10,
      element: 'int',
      'element-required': true,
    };
    const columns: Columns = { l: [list, [[1], [], [2, 3]]], element: ['int', [7, 8, 9]] };
    expect(await readBack(columns, ['element'])).toEqual([
      { element: 7 },
      { element: 8 },
      { element: 9 },
    ]);
    await expect(readBack(columns, ['l'])).rejects.toMatchObject({ code: 'FEATURE_UNSUPPORTED' });
  });

  it('says which object is missing or no Parquet file', async () => {
    const store = new MemoryObjectStore();
    const reader = createHyparquetTableReader(store);
    await expect(reader.readRows(URI, ['a'])).rejects.toMatchObject({ code: 'OBJECT_NOT_FOUND' });
    for (const bytes of [[], [80, 65, 82, 49], Array.from({ length: 100 }, (_, index) => index)]) {
      await store.put(URI, Uint8Array.from(bytes));
      await expect(reader.readRows(URI, ['a'])).rejects.toMatchObject({
        code: 'FORMAT_CORRUPT',
        message: expect.stringContaining(URI),
      });
    }
  });

  it('calls a damaged page what it is', async () => {
    const store = new MemoryObjectStore();
    const values = Array.from({ length: 100 }, (_, index) => `value-${index}`);
    const { bytes } = writeParquet(
      [{ field: { id: 1, name: 'a', required: true, type: 'string' }, values }],
      { icebergSchemaJson: '{}' },
    );
    bytes.fill(0xee, 30, 120);
    await store.put(URI, bytes);
    await expect(createHyparquetTableReader(store).readRows(URI, ['a'])).rejects.toMatchObject({
      code: 'FORMAT_CORRUPT',
    });
  });
});
