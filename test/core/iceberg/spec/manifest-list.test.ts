import { describe, expect, it } from 'vitest';
import { decodeObjectContainer, encodeObjectContainer } from '#core/avro/object-container.ts';
import {
  decodeManifestList,
  encodeManifestList,
  type ManifestFile,
} from '#core/iceberg/spec/manifest-list.ts';

const syncMarker = new Uint8Array(16).fill(7);
const MANIFEST: ManifestFile = {
  manifestPath: 's3://lake/t/metadata/a-m0.avro',
  manifestLength: 4096n,
  partitionSpecId: 2,
  content: 'data',
  sequenceNumber: 9n,
  minSequenceNumber: 3n,
  addedSnapshotId: 9_007_199_254_740_993n,
  addedFilesCount: 1,
  existingFilesCount: 2,
  deletedFilesCount: 3,
  addedRowsCount: 10n,
  existingRowsCount: 2n ** 40n,
  deletedRowsCount: 30n,
  partitions: [
    {
      containsNull: true,
      containsNan: false,
      lowerBound: Uint8Array.of(1, 2, 3, 4),
      upperBound: Uint8Array.of(5, 6, 7, 8),
    },
    { containsNull: false, containsNan: null, lowerBound: null, upperBound: null },
  ],
  keyMetadata: null,
};
const OPTIONS = { snapshotId: 5n, parentSnapshotId: null, sequenceNumber: 9n, syncMarker };

describe('encodeManifestList and decodeManifestList', () => {
  it('give back every manifest', () => {
    const deletes = {
      ...MANIFEST,
      content: 'deletes',
      partitions: null,
      keyMetadata: Uint8Array.of(1),
    } as const;
    expect(decodeManifestList(encodeManifestList([MANIFEST, deletes], OPTIONS))).toEqual([
      MANIFEST,
      deletes,
    ]);
  });

  it('give back an empty list', () => {
    expect(decodeManifestList(encodeManifestList([], OPTIONS))).toEqual([]);
  });

  it('name the snapshot in the header', () => {
    const bytes = encodeManifestList([], { ...OPTIONS, parentSnapshotId: 4n });
    expect(Object.fromEntries(decodeObjectContainer(bytes).metadata)).toEqual({
      'snapshot-id': '5',
      'parent-snapshot-id': '4',
      'sequence-number': '9',
      'format-version': '2',
    });
  });

  it('give sequence number 0 to lists from before an upgrade', () => {
    const { records, schema } = decodeObjectContainer(encodeManifestList([MANIFEST], OPTIONS));
    const fields = (schema as { fields: { name: string }[] }).fields.filter(
      ({ name }) =>
        !['sequence_number', 'min_sequence_number', 'content', 'partitions'].includes(name),
    );
    const old = encodeObjectContainer(
      { type: 'record', name: 'manifest_file', fields },
      [{ ...(records[0] as object) }],
      { metadata: {}, syncMarker },
    );
    expect(decodeManifestList(old)).toEqual([
      { ...MANIFEST, sequenceNumber: 0n, minSequenceNumber: 0n, partitions: null },
    ]);
  });

  it('refuse a list without file counts, which version 1 allows', () => {
    const bytes = encodeObjectContainer(
      {
        type: 'record',
        name: 'manifest_file',
        fields: [{ name: 'manifest_path', type: 'string', 'field-id': 500 }],
      },
      [{ manifest_path: 's3://m' }],
      { metadata: {}, syncMarker },
    );
    expect(() => decodeManifestList(bytes)).toThrow(
      expect.objectContaining({ code: 'FEATURE_UNSUPPORTED' }),
    );
  });

  it('refuse a column of another type', () => {
    const bytes = encodeObjectContainer(
      {
        type: 'record',
        name: 'manifest_file',
        fields: [
          { name: 'manifest_path', type: 'int', 'field-id': 500 },
          { name: 'added_files_count', type: 'int', 'field-id': 504 },
        ],
      },
      [{ manifest_path: 5, added_files_count: 1 }],
      { metadata: {}, syncMarker },
    );
    expect(() => decodeManifestList(bytes)).toThrow(
      expect.objectContaining({
        code: 'FORMAT_CORRUPT',
        message: expect.stringContaining('manifest_path'),
      }),
    );
  });
});
