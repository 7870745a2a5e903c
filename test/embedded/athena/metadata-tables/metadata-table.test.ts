import { describe, expect, it } from 'vitest';
import { loadLiveDataFiles } from '#core/iceberg/scan/live-files.ts';
import type { ManifestEntry } from '#core/iceberg/spec/manifest-entry.ts';
import { addedEntry } from '#core/iceberg/spec/manifest-entry.ts';
import type { PartitionSpec } from '#core/iceberg/spec/partition.ts';
import { currentSnapshot } from '#core/iceberg/spec/table-metadata.ts';
import {
  isUndocumentedMetadataTable,
  loadMetadataTable,
  parseMetadataTableName,
} from '#embedded/athena/metadata-tables/metadata-table.ts';
import { typeName } from '#embedded/athena/trino-types/trino-type.ts';
import { handMadeTable } from '#test/core/iceberg/hand-made-table.ts';
import { dataFileOf, SCHEMA, SPEC, trade } from '#test/core/iceberg/trades-table.ts';

describe('metadata table names', () => {
  it.each([
    ['t$files', { table: 't', metadataTable: 'files' }],
    ['a$b$refs', { table: 'a$b', metadataTable: 'refs' }],
    ['$files', null],
    ['t$', null],
    ['t$nope', null],
    ['files', null],
  ])('%s', (name, expected) => {
    expect(parseMetadataTableName(name)).toEqual(expected);
  });

  it('tell those that only Trino has', () => {
    expect(isUndocumentedMetadataTable('t$properties')).toBe(true);
    expect(isUndocumentedMetadataTable('t$files')).toBe(false);
  });
});

const BY_SYMBOL: PartitionSpec = {
  'spec-id': 1,
  fields: [{ 'source-id': 3, 'field-id': 1002, name: 'symbol', transform: 'identity' }],
};

function entryOf(name: string, ids: readonly number[], spec: PartitionSpec): ManifestEntry {
  const file = dataFileOf(
    ids.map((id) => trade(id)),
    { name, spec },
  );
  return addedEntry(file, { snapshotId: 1n, sortOrderId: 0 });
}

/** A table whose spec changed: files of both specs are live. */
function evolvedTable() {
  const table = handMadeTable(
    [
      { entries: [entryOf('old', [1, 2], SPEC)], sequenceNumber: 1n },
      {
        entries: [entryOf('new', [3], BY_SYMBOL), entryOf('newer', [4, 5], BY_SYMBOL)],
        sequenceNumber: 2n,
        spec: BY_SYMBOL,
      },
      {
        entries: [{ ...entryOf('gone', [9], BY_SYMBOL), content: 'position-deletes' }],
        sequenceNumber: 3n,
        content: 'deletes',
        spec: BY_SYMBOL,
      },
    ],
    { specs: [SPEC, BY_SYMBOL] },
  );
  return { ...table, metadata: { ...table.metadata, 'default-spec-id': 1 } };
}

describe('a table whose partition spec changed', () => {
  it('shows the fields of all specs in the partition row, null where a file has none', async () => {
    const { metadata, read } = evolvedTable();
    const { columns, rows } = await loadMetadataTable('partitions', metadata, read);
    expect(columns.slice(0, -1).map(({ name, type }) => `${name} ${typeName(type)}`)).toEqual([
      'partition row(ts_hour integer, symbol_bucket integer, symbol varchar)',
      'record_count bigint',
      'file_count bigint',
      'total_size bigint',
    ]);
    expect(rows.map((row) => row.slice(0, 4))).toEqual([
      [[expect.any(Number), expect.any(Number), null], 2n, 1n, 1002n],
      [[null, null, 'ACME'], 3n, 2n, 2003n],
    ]);
  });

  it('leaves the columns of the current spec out of the ranges', async () => {
    const { metadata, read } = evolvedTable();
    const { columns } = await loadMetadataTable('partitions', metadata, read);
    const data = columns.find(({ name }) => name === 'data')?.type;
    const names = data?.kind === 'row' ? data.fields.map(({ name }) => name) : [];
    expect(names).toEqual(['id', 'ts', 'price', 'amount', 'size']);
  });

  it('lists data files alone in $files, all manifests in $manifests', async () => {
    const { metadata, read } = evolvedTable();
    const files = await loadMetadataTable('files', metadata, read);
    expect(files.rows.map((row) => String(row[1]).split('/').at(-1))).toEqual([
      'old.parquet',
      'new.parquet',
      'newer.parquet',
    ]);
    const manifests = await loadMetadataTable('manifests', metadata, read);
    expect(manifests.rows.map((row) => [row[0], row[2], row[4]])).toEqual([
      ['s3://m/0.avro', 0, 1],
      ['s3://m/1.avro', 1, 2],
      ['s3://m/2.avro', 1, 1],
    ]);
  });

  it('leaves out fields whose column was dropped', async () => {
    const { metadata, read } = evolvedTable();
    const fields = SCHEMA.fields.filter(({ name }) => name !== 'ts');
    const dropped = { ...metadata, schemas: [{ ...SCHEMA, fields }] };
    const { columns } = await loadMetadataTable('partitions', dropped, read);
    const [partition] = columns;
    expect(partition === undefined ? '' : typeName(partition.type)).toBe(
      'row(symbol_bucket integer, symbol varchar)',
    );
  });
});

describe('statistics that a writer left out', () => {
  it('are null, and so are the ranges they would tell of', async () => {
    const file = dataFileOf([trade(1)], { name: 'bare' });
    const none = new Map<number, never>();
    const bare = {
      ...file,
      columnSizes: none,
      valueCounts: none,
      nullValueCounts: none,
      nanValueCounts: none,
      lowerBounds: none,
      upperBounds: none,
      splitOffsets: [],
    };
    const entry = addedEntry(bare, { snapshotId: 1n, sortOrderId: 0 });
    const { metadata, read } = handMadeTable([{ entries: [entry], sequenceNumber: 1n }]);
    const files = await loadMetadataTable('files', metadata, read);
    expect(files.rows[0]?.slice(5)).toEqual(Array.from({ length: 9 }, () => null));
    const partitions = await loadMetadataTable('partitions', metadata, read);
    expect(partitions.rows[0]?.at(-1)).toBeNull();
  });

  it('a manifest without summaries has an empty list', async () => {
    const manifest = {
      entries: [entryOf('one', [1], SPEC)],
      sequenceNumber: 1n,
      listed: { partitions: null },
    };
    const { metadata, read } = handMadeTable([manifest]);
    const { rows } = await loadMetadataTable('manifests', metadata, read);
    expect(rows[0]?.at(-1)).toEqual([]);
  });
});

it('a bound of a column that the table no longer has is left out', async () => {
  const { metadata, read } = handMadeTable([
    { entries: [entryOf('one', [1], SPEC)], sequenceNumber: 1n },
  ]);
  const fields = SCHEMA.fields.filter(({ name }) => name !== 'size');
  const { rows } = await loadMetadataTable(
    'files',
    { ...metadata, schemas: [{ ...SCHEMA, fields }] },
    read,
  );
  expect(
    Object.keys(Object.fromEntries((rows[0]?.[9] ?? []) as ReadonlyMap<number, string>)),
  ).toEqual(['1', '2', '3', '4', '5']);
  expect(await loadLiveDataFiles(read, currentSnapshot(metadata))).toHaveLength(1);
});
