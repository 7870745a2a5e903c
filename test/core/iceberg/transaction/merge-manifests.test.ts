import { describe, expect, it } from 'vitest';
import { decodeManifest, inheritEntries, type Manifest } from '#core/iceberg/spec/manifest.ts';
import { addedEntry, type InheritedEntry } from '#core/iceberg/spec/manifest-entry.ts';
import type { ManifestFile } from '#core/iceberg/spec/manifest-list.ts';
import {
  mergedHeader,
  mergeManifests,
  planManifestMerge,
} from '#core/iceberg/transaction/merge-manifests.ts';
import { dataFileOf, SCHEMA, SPEC, trade, tradesMetadata } from '../trades-table.ts';

function manifestOf(index: number, values: Partial<ManifestFile> = {}): ManifestFile {
  return {
    manifestPath: `s3://m/${index}`,
    manifestLength: 4000n,
    partitionSpecId: 0,
    content: 'data',
    sequenceNumber: BigInt(index),
    minSequenceNumber: BigInt(index),
    addedSnapshotId: BigInt(index),
    addedFilesCount: 1,
    existingFilesCount: 0,
    deletedFilesCount: 0,
    addedRowsCount: 1n,
    existingRowsCount: 0n,
    deletedRowsCount: 0n,
    partitions: [],
    keyMetadata: null,
    ...values,
  };
}
const many = (count: number, values: Partial<ManifestFile> = {}) =>
  Array.from({ length: count }, (_, index) => manifestOf(index, values));

describe('planManifestMerge', () => {
  it('waits until a hundred small manifests have piled up', () => {
    expect(planManifestMerge(tradesMetadata(), many(99))).toEqual([]);
    expect(planManifestMerge(tradesMetadata(), many(100))).toHaveLength(1);
  });

  it('merges oldest first', () => {
    const [group] = planManifestMerge(tradesMetadata(), many(100).reverse());
    expect(group?.map((manifest) => manifest.sequenceNumber)).toEqual(
      Array.from({ length: 100 }, (_, index) => BigInt(index)),
    );
  });

  it('counts each partition spec by itself', () => {
    const mixed = [...many(60), ...many(60, { partitionSpecId: 1 })];
    expect(planManifestMerge(tradesMetadata(), mixed)).toEqual([]);
  });

  it('merges what merging made once it makes one of the next size', () => {
    const table = tradesMetadata();
    const middling = (count: number, manifestLength: bigint) => many(count, { manifestLength });
    expect(planManifestMerge(table, middling(4, 30_000n))).toEqual([]);
    expect(planManifestMerge(table, middling(5, 30_000n))).toHaveLength(1);
    expect(planManifestMerge(table, middling(4, 250_000n))).toEqual([]);
    expect(planManifestMerge(table, middling(5, 250_000n))).toHaveLength(1);
  });

  it('does not write what is merged again with every hundred small ones', () => {
    const groups = planManifestMerge(tradesMetadata(), [
      ...many(3, { manifestLength: 30_000n }),
      ...many(100),
    ]);
    expect(groups.map((group) => group.length)).toEqual([100]);
  });

  it('leaves large, encrypted and delete manifests alone', () => {
    const others = [
      ...many(100, { manifestLength: 1_100_000n }),
      ...many(100, { content: 'deletes' }),
      ...many(100, { keyMetadata: Uint8Array.of(1) }),
    ];
    expect(planManifestMerge(tradesMetadata(), others)).toEqual([]);
  });

  it('fills manifests up to the target size', () => {
    const groups = planManifestMerge(tradesMetadata(), many(100, { manifestLength: 1_000_000n }));
    expect(groups.map((group) => group.length)).toEqual([
      ...Array.from({ length: 12 }, () => 8),
      4,
    ]);
  });

  it('follows the table properties', () => {
    const metadata = tradesMetadata({ properties: { 'commit.manifest.min-count-to-merge': '3' } });
    expect(planManifestMerge(metadata, many(3))).toHaveLength(1);
    const off = tradesMetadata({ properties: { 'commit.manifest-merge.enabled': 'false' } });
    expect(planManifestMerge(off, many(500))).toEqual([]);
  });
});

describe('mergeManifests', () => {
  const header = { schema: SCHEMA, partitionSpec: SPEC, content: 'data' } as const;
  const options = {
    manifestPath: 's3://m/merged',
    snapshotId: 50n,
    syncMarker: new Uint8Array(16),
  };
  const entryOf = (id: number, values: Partial<InheritedEntry> = {}): InheritedEntry => ({
    ...addedEntry(dataFileOf([trade(id)], { name: `f${id}` }), {
      snapshotId: BigInt(id),
      sortOrderId: 0,
    }),
    snapshotId: BigInt(id),
    sequenceNumber: BigInt(id),
    fileSequenceNumber: BigInt(id + 1),
    ...values,
  });

  it('carries every live file over with its numbers and snapshot', () => {
    const entries = [entryOf(1), entryOf(2, { status: 'existing' }), entryOf(3)];
    const { bytes, staged } = mergeManifests(header, entries, options);
    const listed = { manifestPath: '', sequenceNumber: 60n, addedSnapshotId: 50n };
    expect(inheritEntries(decodeManifest(bytes), listed)).toEqual(
      entries.map((entry) => ({ ...entry, status: 'existing' })),
    );
    expect(staged).toMatchObject({
      addedFilesCount: 0,
      existingFilesCount: 3,
      existingRowsCount: 3n,
      addedSnapshotId: 50n,
      minExistingSequenceNumber: 1n,
      manifestLength: BigInt(bytes.length),
    });
  });

  it('drops entries of deleted files', () => {
    const { bytes, staged } = mergeManifests(
      header,
      [entryOf(1), entryOf(2, { status: 'deleted' })],
      options,
    );
    expect(decodeManifest(bytes).entries).toHaveLength(1);
    expect(staged.deletedFilesCount).toBe(0);
  });

  it('reads old partition values under the widened type', () => {
    const spec = {
      'spec-id': 0,
      fields: [{ 'source-id': 6, 'field-id': 1000, name: 'size', transform: 'identity' }],
    };
    const widened = {
      ...SCHEMA,
      'schema-id': 1,
      fields: SCHEMA.fields.map((field) =>
        field.id === 6 ? { ...field, type: 'long' as const } : field,
      ),
    };
    const parts: Manifest[] = [
      { schema: widened, partitionSpec: spec, content: 'data', entries: [] },
      { schema: SCHEMA, partitionSpec: spec, content: 'data', entries: [] },
    ];
    const entry = entryOf(1);
    const old = { ...entry, file: { ...entry.file, partition: [5] } };
    const { bytes } = mergeManifests(mergedHeader(parts), [old], options);
    expect(decodeManifest(bytes).entries[0]?.file.partition).toEqual([5n]);
  });
});
