import { describe, expect, it } from 'vitest';
import { readLiveRows } from '#app/read-live-rows.ts';
import { planScan } from '#core/iceberg/scan/plan-scan.ts';
import { addedEntry, type ManifestEntry } from '#core/iceberg/spec/manifest-entry.ts';
import type { Row } from '#core/schema/field.ts';
import type { TableReader } from '#ports/table-reader.ts';
import { type HandMadeManifest, handMadeTable } from '#test/core/iceberg/hand-made-table.ts';
import { dataFileOf, LOCATION, trade } from '#test/core/iceberg/trades-table.ts';

const pathOf = (name: string) => `${LOCATION}/data/${name}.parquet`;
const data = (name: string, values: Row = {}): ManifestEntry =>
  addedEntry(dataFileOf([trade(1, values), trade(2, values), trade(3, values)], { name }), {
    snapshotId: 1n,
    sortOrderId: 0,
  });
const deletes = (name: string, values: Row = {}): ManifestEntry => ({
  ...data(name, values),
  content: 'position-deletes',
});

/** Ids that a reader gets, by data file; `deleted` says what each delete file holds. */
async function idsOf(
  manifests: readonly HandMadeManifest[],
  deleted: Readonly<Record<string, readonly Row[]>>,
): Promise<Readonly<Record<string, readonly number[]>>> {
  const table = handMadeTable(manifests);
  const { files } = await planScan(table, table.metadata);
  const read: string[] = [];
  const reader: TableReader = {
    readRows: async (uri) => {
      expect(read).not.toContain(uri);
      read.push(uri);
      return deleted[uri] ?? [1, 2, 3].map((id) => trade(id));
    },
  };
  const ids: Record<string, readonly number[]> = {};
  let at = 0;
  for await (const rows of readLiveRows(reader, files, ['id'])) {
    ids[files[at++]?.filePath.split('/').at(-1) ?? ''] = rows.map((row) => Number(row['id']));
  }
  return ids;
}

const row = (name: string, pos: number): Row => ({ file_path: pathOf(name), pos: BigInt(pos) });

describe('readLiveRows', () => {
  it('leaves out what a delete file of another engine names', async () => {
    const manifests: HandMadeManifest[] = [
      { entries: [data('a'), data('b')], sequenceNumber: 1n },
      { entries: [deletes('d')], sequenceNumber: 2n, content: 'deletes' },
    ];
    const deleted = { [pathOf('d')]: [row('a', 0), row('a', 2), row('b', 1)] };
    expect(await idsOf(manifests, deleted)).toEqual({ 'a.parquet': [2], 'b.parquet': [1, 3] });
  });

  it('reads younger files whole, whatever an older delete file says', async () => {
    const manifests: HandMadeManifest[] = [
      { entries: [data('a')], sequenceNumber: 1n },
      { entries: [data('young')], sequenceNumber: 3n },
      { entries: [deletes('d')], sequenceNumber: 2n, content: 'deletes' },
    ];
    const deleted = { [pathOf('d')]: [row('a', 0), row('young', 0)] };
    expect(await idsOf(manifests, deleted)).toEqual({
      'a.parquet': [2, 3],
      'young.parquet': [1, 2, 3],
    });
  });

  it('reads files of other partitions whole', async () => {
    const manifests: HandMadeManifest[] = [
      { entries: [data('a'), data('other', { symbol: 'ZZZ' })], sequenceNumber: 1n },
      { entries: [deletes('d')], sequenceNumber: 2n, content: 'deletes' },
    ];
    const deleted = { [pathOf('d')]: [row('a', 1), row('other', 1)] };
    expect(await idsOf(manifests, deleted)).toEqual({
      'a.parquet': [1, 3],
      'other.parquet': [1, 2, 3],
    });
  });

  it('adds up what several delete files say', async () => {
    const manifests: HandMadeManifest[] = [
      { entries: [data('a')], sequenceNumber: 1n },
      { entries: [deletes('d'), deletes('e')], sequenceNumber: 2n, content: 'deletes' },
    ];
    const deleted = { [pathOf('d')]: [row('a', 0)], [pathOf('e')]: [row('a', 0), row('a', 1)] };
    expect(await idsOf(manifests, deleted)).toEqual({ 'a.parquet': [3] });
  });
});
