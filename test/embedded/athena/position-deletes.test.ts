import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createGlueTableCatalog } from '#adapters/aws/glue-table-catalog.ts';
import type { DataFile } from '#core/iceberg/spec/data-file.ts';
import { encodeManifest } from '#core/iceberg/spec/manifest.ts';
import type { ManifestEntry } from '#core/iceberg/spec/manifest-entry.ts';
import { decodeManifestList, encodeManifestList } from '#core/iceberg/spec/manifest-list.ts';
import type { NestedField } from '#core/iceberg/spec/schema.ts';
import { describeManifest, listStagedManifest } from '#core/iceberg/spec/staged-manifest.ts';
import {
  currentSchema,
  currentSnapshot,
  defaultPartitionSpec,
  serializeTableMetadata,
  type TableMetadata,
} from '#core/iceberg/spec/table-metadata.ts';
import { writeParquet } from '#core/parquet/write-parquet.ts';
import { type Lake, startLake } from './start-lake.ts';

const SYNC_MARKER = new Uint8Array(16);
const PATH: NestedField = { id: 2147483546, name: 'file_path', required: true, type: 'string' };
const POSITION: NestedField = { id: 2147483545, name: 'pos', required: true, type: 'long' };

let lake: Lake;
beforeAll(async () => {
  lake = await startLake();
});
afterAll(() => lake.close());

/** Commits delete files as another engine would, in one snapshot. */
async function commitDeletes(
  table: string,
  metadata: TableMetadata,
  deletes: { readonly content: ManifestEntry['content']; readonly file: DataFile }[],
): Promise<TableMetadata> {
  const parent = currentSnapshot(metadata);
  if (parent === null) throw new Error('the table needs rows first');
  const sequenceNumber = metadata['last-sequence-number'] + 1n;
  const snapshotId = sequenceNumber + 1000n;
  const location = `${metadata.location}/metadata/deletes-${sequenceNumber}`;
  const spec = defaultPartitionSpec(metadata);
  const entries = deletes.map(
    ({ content, file }): ManifestEntry => ({
      status: 'added',
      snapshotId,
      sequenceNumber: null,
      fileSequenceNumber: null,
      content,
      fileFormat: 'PARQUET',
      file,
      keyMetadata: null,
      equalityIds: content === 'equality-deletes' ? [1] : null,
      sortOrderId: null,
      referencedDataFile: null,
    }),
  );
  const manifest = encodeManifest(
    { schema: currentSchema(metadata), partitionSpec: spec, content: 'deletes' },
    entries,
    { syncMarker: SYNC_MARKER },
  );
  await lake.store.put(`${location}-m.avro`, manifest);
  const staged = describeManifest(entries, {
    manifestPath: `${location}-m.avro`,
    manifestLength: BigInt(manifest.length),
    snapshotId,
    specId: spec['spec-id'],
    partitionFields: [],
  });
  const listed = [
    { ...listStagedManifest(staged, sequenceNumber), content: 'deletes' as const },
    ...decodeManifestList(await lake.store.get(parent['manifest-list'])),
  ];
  const parentSnapshotId = parent['snapshot-id'];
  const options = { snapshotId, parentSnapshotId, sequenceNumber, syncMarker: SYNC_MARKER };
  await lake.store.put(`${location}-list.avro`, encodeManifestList(listed, options));
  const timestampMs = metadata['last-updated-ms'] + 1;
  const next: TableMetadata = {
    ...metadata,
    'last-sequence-number': sequenceNumber,
    'last-updated-ms': timestampMs,
    'current-snapshot-id': snapshotId,
    snapshots: [
      ...metadata.snapshots,
      {
        'snapshot-id': snapshotId,
        'parent-snapshot-id': parentSnapshotId,
        'sequence-number': sequenceNumber,
        'timestamp-ms': timestampMs,
        'manifest-list': `${location}-list.avro`,
        summary: { operation: 'overwrite' },
        'schema-id': metadata['current-schema-id'],
      },
    ],
    refs: { main: { 'snapshot-id': snapshotId, type: 'branch' } },
  };
  const catalog = createGlueTableCatalog(lake.clients.glue);
  const ident = { database: 'market', table };
  const metadataLocation = `${location}.metadata.json`;
  await lake.store.put(metadataLocation, Buffer.from(serializeTableMetadata(next)));
  await catalog.swap(ident, await catalog.load(ident), { metadataLocation, metadata: next });
  return next;
}

/** A position delete file; `rows` are the data file and the row number in it. */
async function deleteFile(
  uri: string,
  rows: readonly (readonly [path: string, position: number])[],
): Promise<DataFile> {
  const { bytes, metrics } = writeParquet(
    [
      { field: PATH, values: rows.map(([path]) => path) },
      { field: POSITION, values: rows.map(([, position]) => BigInt(position)) },
    ],
    { icebergSchemaJson: '{}' },
  );
  await lake.store.put(uri, bytes);
  return { filePath: uri, partition: [], ...metrics };
}

const dataFiles = (table: string): string[] =>
  lake.s3.listObjects('lake', `market/${table}/data/`).map(({ key }) => `s3://lake/${key}`);

const ids = async (sql: string) => (await lake.query(sql)).rows.map(([id]) => Number(id));

describe('position deletes', () => {
  it('take their rows out, of the files that were there before them', async () => {
    await lake.createTable({ name: 'trades', columns: { id: 'long!', name: 'string' } });
    const rows = (from: number) =>
      Array.from({ length: 5 }, (_, index) => ({ id: BigInt(from + index), name: `n${index}` }));
    await lake.append('trades', rows(0));
    const metadata = await lake.append('trades', rows(10));
    const [first = '', second = ''] = dataFiles('trades');
    const file = await deleteFile('s3://lake/market/trades/data/d1.parquet', [
      [first, 1],
      [first, 3],
      [second, 4],
      // A file of another table: deletes nothing here.
      ['s3://lake/market/other/data/x.parquet', 0],
    ]);
    await commitDeletes('trades', metadata, [{ content: 'position-deletes', file }]);
    expect(await ids('SELECT id FROM trades ORDER BY id')).toEqual([0, 2, 4, 10, 11, 12, 13]);
    expect(await ids('SELECT count(*) FROM trades')).toEqual([7]);
    expect(await ids("SELECT count(*) FROM trades WHERE name = 'n1'")).toEqual([1]);

    // Younger files keep all their rows, also beside older ones.
    await lake.append('trades', rows(20));
    expect(await ids('SELECT count(*) FROM trades')).toEqual([12]);
    const before = metadata['current-snapshot-id'];
    expect(await ids(`SELECT count(*) FROM trades FOR VERSION AS OF ${before}`)).toEqual([10]);
  });

  it('may empty a file', async () => {
    await lake.createTable({ name: 'gone', columns: { id: 'long!' } });
    const metadata = await lake.append('gone', [{ id: 1n }, { id: 2n }]);
    const [path = ''] = dataFiles('gone');
    const file = await deleteFile('s3://lake/market/gone/data/d1.parquet', [
      [path, 0],
      [path, 1],
    ]);
    await commitDeletes('gone', metadata, [{ content: 'position-deletes', file }]);
    expect(await ids('SELECT id FROM gone')).toEqual([]);
    expect(await ids('SELECT count(*) FROM gone')).toEqual([0]);
  });
});

describe('equality deletes', () => {
  it('are refused, never ignored', async () => {
    await lake.createTable({ name: 'upserts', columns: { id: 'long!' } });
    const metadata = await lake.append('upserts', [{ id: 1n }]);
    const file = await deleteFile('s3://lake/market/upserts/data/d1.parquet', [['x', 0]]);
    await commitDeletes('upserts', metadata, [{ content: 'equality-deletes', file }]);
    await expect(lake.query('SELECT id FROM upserts')).rejects.toThrow(
      /^NOT_SUPPORTED: .*equality-deletes/,
    );
  });
});
