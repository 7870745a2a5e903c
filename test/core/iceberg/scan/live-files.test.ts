import { expect, it } from 'vitest';
import { loadLiveDataFiles } from '#core/iceberg/scan/live-files.ts';
import { addedEntry, type ManifestEntry } from '#core/iceberg/spec/manifest-entry.ts';
import { currentSnapshot } from '#core/iceberg/spec/table-metadata.ts';
import { handMadeTable } from '#test/core/iceberg/hand-made-table.ts';
import { dataFileOf, trade } from '#test/core/iceberg/trades-table.ts';

function entry(name: string, values: Partial<ManifestEntry> = {}): ManifestEntry {
  const file = dataFileOf([trade(1)], { name });
  return { ...addedEntry(file, { snapshotId: 1n, sortOrderId: 0 }), ...values };
}

it('gives the data files that are not deleted, in the order of the manifests', async () => {
  const deleted = { status: 'deleted', sequenceNumber: 1n, fileSequenceNumber: 1n } as const;
  const { metadata, read, reads } = handMadeTable([
    { entries: [entry('a'), entry('b', deleted)], sequenceNumber: 1n },
    {
      entries: [entry('d', { content: 'position-deletes' })],
      sequenceNumber: 2n,
      content: 'deletes',
    },
    { entries: [entry('c')], sequenceNumber: 3n },
  ]);
  const files = await loadLiveDataFiles(read, currentSnapshot(metadata));
  expect(files.map(({ entry: { file } }) => file.filePath.split('/').at(-1))).toEqual([
    'a.parquet',
    'c.parquet',
  ]);
  expect(files[1]).toMatchObject({ specId: 0, entry: { sequenceNumber: 3n } });
  expect(reads).not.toContain('s3://m/1.avro');
});

it('gives none for a table that never had a snapshot', async () => {
  const { read } = handMadeTable([]);
  expect(await loadLiveDataFiles(read, null)).toEqual([]);
});

it('names the manifest that cannot be read', async () => {
  const { metadata, objects, read } = handMadeTable([
    { entries: [entry('a')], sequenceNumber: 1n },
  ]);
  objects.set('s3://m/0.avro', Buffer.from('torn'));
  await expect(loadLiveDataFiles(read, currentSnapshot(metadata))).rejects.toThrow('s3://m/0.avro');
});
