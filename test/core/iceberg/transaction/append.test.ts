import { describe, expect, it } from 'vitest';
import { decodeManifestList, type ManifestFile } from '#core/iceberg/spec/manifest-list.ts';
import type { StagedManifest } from '#core/iceberg/spec/staged-manifest.ts';
import { currentSnapshot, type TableMetadata } from '#core/iceberg/spec/table-metadata.ts';
import { planAppend } from '#core/iceberg/transaction/append.ts';
import { START_MS } from '../fixed-world.ts';
import { dataFileOf, trade, tradesMetadata } from '../trades-table.ts';

const syncMarker = new Uint8Array(16);
const FILE = dataFileOf([trade(1), trade(2)], { name: 'a' });

function stagedOf(
  snapshotId: bigint,
  minExistingSequenceNumber: bigint | null = null,
): StagedManifest {
  return {
    manifestPath: `s3://m/${snapshotId}.avro`,
    manifestLength: 100n,
    partitionSpecId: 0,
    content: 'data',
    addedSnapshotId: snapshotId,
    addedFilesCount: 1,
    existingFilesCount: 0,
    deletedFilesCount: 0,
    addedRowsCount: 2n,
    existingRowsCount: 0n,
    deletedRowsCount: 0n,
    partitions: [],
    keyMetadata: null,
    minExistingSequenceNumber,
  };
}

function append(
  base: TableMetadata,
  request: Partial<Parameters<typeof planAppend>[1]> & { readonly snapshotId: bigint },
) {
  return planAppend(base, {
    baseLocation: `s3://md/${base['last-sequence-number']}.json`,
    manifestListPath: `s3://list/${request.snapshotId}`,
    addedFiles: [FILE],
    staged: [stagedOf(request.snapshotId)],
    kept: [],
    summary: {},
    nowMs: START_MS + 1000,
    syncMarker,
    ...request,
  });
}

describe('planAppend', () => {
  it('makes the first snapshot current', () => {
    const { metadata } = append(tradesMetadata(), { snapshotId: 11n });
    expect(currentSnapshot(metadata)).toEqual({
      'snapshot-id': 11n,
      'sequence-number': 1n,
      'timestamp-ms': START_MS + 1000,
      'manifest-list': 's3://list/11',
      'schema-id': 0,
      summary: {
        operation: 'append',
        'added-data-files': '1',
        'added-records': '2',
        'added-files-size': '1002',
        'changed-partition-count': '1',
        'total-data-files': '1',
        'total-records': '2',
        'total-delete-files': '0',
        'total-files-size': '1002',
        'total-position-deletes': '0',
        'total-equality-deletes': '0',
      },
    });
    expect(metadata.refs).toEqual({ main: { 'snapshot-id': 11n, type: 'branch' } });
    expect(metadata['snapshot-log']).toEqual([
      { 'snapshot-id': 11n, 'timestamp-ms': START_MS + 1000 },
    ]);
    expect(metadata['metadata-log']).toEqual([
      { 'metadata-file': 's3://md/0.json', 'timestamp-ms': START_MS },
    ]);
    expect(metadata['last-sequence-number']).toBe(1n);
    expect(metadata['last-updated-ms']).toBe(START_MS + 1000);
  });

  it("gives its own manifests the sequence number of the attempt and leaves the parent's alone", () => {
    const first = append(tradesMetadata(), { snapshotId: 11n });
    const kept = decodeManifestList(first.manifestList);
    const { manifestList } = append(first.metadata, { snapshotId: 12n, kept });
    expect(decodeManifestList(manifestList)).toMatchObject([
      { addedSnapshotId: 12n, sequenceNumber: 2n, minSequenceNumber: 2n },
      { addedSnapshotId: 11n, sequenceNumber: 1n, minSequenceNumber: 1n },
    ]);
  });

  it('keeps the age of the files in a merged manifest', () => {
    const base = append(tradesMetadata(), { snapshotId: 11n }).metadata;
    const { manifestList } = append(base, { snapshotId: 12n, staged: [stagedOf(12n, 1n)] });
    expect(decodeManifestList(manifestList)).toMatchObject([
      { sequenceNumber: 2n, minSequenceNumber: 1n },
    ]);
  });

  it('names its parent', () => {
    const base = append(tradesMetadata(), { snapshotId: 11n }).metadata;
    const { metadata } = append(base, { snapshotId: 12n });
    expect(currentSnapshot(metadata)?.['parent-snapshot-id']).toBe(11n);
  });

  it('carries totals forward', () => {
    const first = append(tradesMetadata(), { snapshotId: 11n });
    const kept = decodeManifestList(first.manifestList);
    const { metadata } = append(first.metadata, { snapshotId: 12n, kept });
    expect(currentSnapshot(metadata)?.summary).toMatchObject({
      'total-data-files': '2',
      'total-records': '4',
      'total-files-size': '2004',
    });
  });

  it('counts rows and files itself where the parent states them wrongly', () => {
    const first = append(tradesMetadata(), { snapshotId: 11n });
    const [snapshot] = first.metadata.snapshots;
    const wrong = { ...snapshot!, summary: { operation: 'append', 'total-records': '999' } };
    const { metadata } = append(
      { ...first.metadata, snapshots: [wrong] },
      { snapshotId: 12n, kept: decodeManifestList(first.manifestList) },
    );
    expect(currentSnapshot(metadata)?.summary).toMatchObject({ 'total-records': '4' });
    expect(currentSnapshot(metadata)?.summary).not.toHaveProperty('total-files-size');
  });

  it('counts delete files of the parent apart', () => {
    const deletes: ManifestFile = {
      ...stagedOf(5n),
      content: 'deletes',
      sequenceNumber: 1n,
      minSequenceNumber: 1n,
      addedRowsCount: 100n,
    };
    const { metadata } = append(tradesMetadata(), { snapshotId: 11n, kept: [deletes] });
    expect(currentSnapshot(metadata)?.summary).toMatchObject({
      'total-delete-files': '1',
      'total-records': '2',
    });
  });

  it('commits without files: only summary entries move', () => {
    const base = append(tradesMetadata(), { snapshotId: 11n });
    const { metadata, manifestList } = append(base.metadata, {
      snapshotId: 12n,
      addedFiles: [],
      staged: [],
      kept: decodeManifestList(base.manifestList),
      summary: { position: '7' },
    });
    expect(decodeManifestList(manifestList)).toHaveLength(1);
    expect(currentSnapshot(metadata)?.summary).toMatchObject({
      position: '7',
      'added-data-files': '0',
      'changed-partition-count': '0',
      'total-records': '2',
    });
  });

  it('does not let entries of the caller replace its counts', () => {
    const { metadata } = append(tradesMetadata(), {
      snapshotId: 11n,
      summary: { operation: 'delete', 'total-records': '5', mine: 'yes' },
    });
    expect(currentSnapshot(metadata)?.summary).toMatchObject({
      operation: 'append',
      'total-records': '2',
      mine: 'yes',
    });
  });

  it('never goes back in time, even when this clock is behind', () => {
    const { metadata } = append(tradesMetadata(), { snapshotId: 11n, nowMs: 5 });
    expect(metadata['last-updated-ms']).toBe(START_MS + 1);
  });

  it('remembers a limited number of metadata files', () => {
    let metadata = tradesMetadata({ properties: { 'write.metadata.previous-versions-max': '3' } });
    for (let id = 1n; id <= 6n; id++) metadata = append(metadata, { snapshotId: id }).metadata;
    expect(metadata['metadata-log'].map((entry) => entry['metadata-file'])).toEqual([
      's3://md/3.json',
      's3://md/4.json',
      's3://md/5.json',
    ]);
  });

  it('remembers 100 by default', () => {
    let metadata = tradesMetadata();
    for (let id = 1n; id <= 103n; id++) metadata = append(metadata, { snapshotId: id }).metadata;
    expect(metadata['metadata-log']).toHaveLength(100);
  });

  it('keeps retention settings of the main branch and other refs', () => {
    const first = append(tradesMetadata(), { snapshotId: 11n }).metadata;
    const refs = {
      main: { 'snapshot-id': 11n, type: 'branch', 'max-snapshot-age-ms': 5 },
      audit: { 'snapshot-id': 11n, type: 'tag' },
    } as const;
    const { metadata } = append({ ...first, refs }, { snapshotId: 12n });
    expect(metadata.refs).toEqual({ ...refs, main: { ...refs.main, 'snapshot-id': 12n } });
  });

  it('leaves its base unchanged', () => {
    const base = tradesMetadata();
    append(base, { snapshotId: 11n });
    expect(base).toEqual(tradesMetadata());
  });
});
