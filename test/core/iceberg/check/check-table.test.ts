import { describe, expect, it } from 'vitest';
import { decodeObjectContainer, encodeObjectContainer } from '#core/avro/object-container.ts';
import { SluiceError } from '#core/errors.ts';
import { checkTable } from '#core/iceberg/check/check-table.ts';
import { addedEntry, type ManifestEntry } from '#core/iceberg/spec/manifest-entry.ts';
import type { ManifestFile } from '#core/iceberg/spec/manifest-list.ts';
import type { Snapshot } from '#core/iceberg/spec/snapshot.ts';
import type { TableMetadata } from '#core/iceberg/spec/table-metadata.ts';
import { type HandMadeTable, handMadeTable } from '../hand-made-table.ts';
import {
  dataFileOf,
  LOCATION,
  SCHEMA,
  SPEC,
  START_MICROS,
  trade,
  tradesMetadata,
} from '../trades-table.ts';

const ROWS = [trade(1), trade(2, { price: null })];
const FILE = dataFileOf(ROWS, { name: 'a' });
const ENTRY = addedEntry(FILE, { snapshotId: 1n, sortOrderId: 0 });
const syncMarker = new Uint8Array(16);
const FOLDER = `${LOCATION}/metadata`;
const LIST = `${FOLDER}/list`;
const MANIFEST = `${FOLDER}/m/0.avro`;

/** A sound table; `listed` changes what the list says, `entry` the only entry. */
function tableWith(
  changes: {
    readonly listed?: Partial<ManifestFile>;
    readonly entry?: Partial<ManifestEntry>;
  } = {},
): HandMadeTable {
  const entries = [{ ...ENTRY, ...changes.entry }];
  return handMadeTable([{ entries, sequenceNumber: 9n, listed: changes.listed ?? {} }], {
    folder: FOLDER,
  });
}

async function problemsOf(
  table: HandMadeTable,
  metadata: Partial<TableMetadata> = {},
): Promise<string> {
  const problems = await checkTable(table, { ...table.metadata, ...metadata });
  return problems.map(({ where, message }) => `${where}: ${message}`).join('\n');
}

const withSnapshot = (
  table: HandMadeTable,
  changes: Partial<Snapshot>,
): Partial<TableMetadata> => ({
  snapshots: table.metadata.snapshots.map((snapshot) => ({ ...snapshot, ...changes })),
});

describe('checkTable', () => {
  it('finds nothing wrong with a new table and with a sound one', async () => {
    expect(await checkTable(tableWith(), tradesMetadata())).toEqual([]);
    expect(await problemsOf(tableWith())).toBe('');
  });

  it('compares the sizes of data files when it can look them up', async () => {
    const table = tableWith();
    const head = async () => ({ sizeBytes: 1002 });
    expect(await checkTable({ ...table, head }, table.metadata)).toEqual([]);
    const [wrong] = await checkTable(
      { ...table, head: async () => ({ sizeBytes: 5 }) },
      table.metadata,
    );
    expect(wrong?.message).toBe('expected file_size_in_bytes 5, got 1002');
    const [gone] = await checkTable({ ...table, head: async () => null }, table.metadata);
    expect(gone?.message).toBe('expected the data file to exist');
  });

  it('reports missing files', async () => {
    const table = tableWith();
    table.objects.delete(MANIFEST);
    expect(await problemsOf(table)).toContain(`${MANIFEST}: expected the file to exist`);
    table.objects.delete(LIST);
    expect(await problemsOf(table)).toContain(`${LIST}: expected the file to exist`);
  });

  it('does not take a store that fails for a broken table', async () => {
    const read = async () => {
      throw new SluiceError('SOURCE_UNAVAILABLE', 'throttled');
    };
    await expect(checkTable({ read }, tableWith().metadata)).rejects.toThrow('throttled');
  });

  it('reports damaged files and goes on', async () => {
    const table = tableWith();
    table.objects.set(MANIFEST, Uint8Array.of(1, 2, 3, 4));
    expect(await problemsOf(table)).toContain('expected an object container file');
    table.objects.set(LIST, Uint8Array.of(1, 2, 3, 4));
    expect(await problemsOf(table)).toContain(`${LIST}: avro`);
  });
});

describe('metadata rules', () => {
  const current = tableWith().metadata;
  it.each<[string, Partial<TableMetadata>, string]>([
    ['an uuid that is none', { 'table-uuid': 'T' }, 'lower-case UUID'],
    ['a trailing slash', { location: 's3://lake/' }, 'no trailing slash'],
    ['repeated schema ids', { schemas: [SCHEMA, SCHEMA] }, 'got 0 twice'],
    ['ids above last-column-id', { 'last-column-id': 3 }, 'up to last-column-id 3'],
    [
      'repeated column names',
      { schemas: [{ ...SCHEMA, fields: [...SCHEMA.fields, { ...SCHEMA.fields[0]!, id: 6 }] }] },
      'got id twice',
    ],
    [
      'partition ids above last-partition-id',
      { 'last-partition-id': 1000 },
      'last-partition-id 1000',
    ],
    [
      'an unfit transform',
      { 'partition-specs': [{ ...SPEC, fields: [{ ...SPEC.fields[0]!, transform: 'hours' }] }] },
      'does not take',
    ],
    [
      'a partition named as a column',
      { 'partition-specs': [{ ...SPEC, fields: [{ ...SPEC.fields[0]!, name: 'price' }] }] },
      'has the name of the partition field',
    ],
    ['no default sort order', { 'default-sort-order-id': 4 }, 'the id of a sort order'],
    [
      'fields in order 0',
      {
        'sort-orders': [
          {
            'order-id': 0,
            fields: [
              {
                transform: 'identity',
                'source-id': 1,
                direction: 'asc',
                'null-order': 'nulls-first',
              },
            ],
          },
        ],
      },
      'id 0 for the order without fields',
    ],
    [
      'a sequence number beyond the last',
      { 'last-sequence-number': 3n },
      'a sequence number from 1 to 3',
    ],
    ['a last update before a snapshot', { 'last-updated-ms': 1 }, 'up to last-updated-ms 1'],
    ['a log that ends elsewhere', { 'snapshot-log': [] }, 'expected the current snapshot last'],
    [
      'a log out of order',
      {
        'metadata-log': [
          { 'metadata-file': 'a', 'timestamp-ms': 2 },
          { 'metadata-file': 'b', 'timestamp-ms': 1 },
        ],
      },
      'out of order',
    ],
    [
      'a metadata file logged twice',
      {
        'metadata-log': [
          { 'metadata-file': 'a', 'timestamp-ms': 1 },
          { 'metadata-file': 'a', 'timestamp-ms': 1 },
        ],
      },
      'got a twice',
    ],
    [
      'a ref to no snapshot',
      { refs: { ...current.refs, audit: { 'snapshot-id': 404n, type: 'tag' } } },
      'got 404',
    ],
    ['a main branch elsewhere', { refs: {} }, 'expected the current snapshot 1'],
  ])('report %s', async (_name, metadata, message) => {
    expect(await problemsOf(tableWith(), metadata)).toContain(message);
  });

  it.each<[string, Partial<Snapshot>, string]>([
    ['without operation', { summary: {} }, 'expected an operation'],
    ['with an unknown schema', { 'schema-id': 9 }, 'the schema-id of a schema, got 9'],
    ['without schema', { 'schema-id': undefined }, 'got undefined'],
    [
      'that is its own parent',
      { 'parent-snapshot-id': 1n },
      'a parent with a lower sequence number',
    ],
  ])('report a snapshot %s', async (_name, changes, message) => {
    const table = tableWith();
    expect(await problemsOf(table, withSnapshot(table, changes))).toContain(message);
  });

  it.each<[string, string, string]>([
    ['total-records', '3', 'expected summary total-records 2, got 3'],
    ['total-data-files', '0', 'expected summary total-data-files 1, got 0'],
    ['total-files-size', '1', 'expected summary total-files-size 1002, got 1'],
    ['total-delete-files', '1', 'expected summary total-delete-files 0, got 1'],
    ['added-data-files', '2', 'expected summary added-data-files 1, got 2'],
    ['added-records', '9', 'expected summary added-records 2, got 9'],
  ])('report a wrong %s', async (key, value, message) => {
    const table = tableWith();
    const summary = { operation: 'append', [key]: value };
    expect(await problemsOf(table, withSnapshot(table, { summary }))).toContain(message);
  });
});

describe('manifest list rules', () => {
  it.each<[string, Partial<ManifestFile>, string]>([
    ['manifest_length', { manifestLength: 1n }, 'expected manifest_length'],
    ['added_files_count', { addedFilesCount: 0 }, 'expected added_files_count 1, got 0'],
    ['existing_files_count', { existingFilesCount: 3 }, 'expected existing_files_count 0, got 3'],
    ['deleted_files_count', { deletedFilesCount: 3 }, 'expected deleted_files_count 0, got 3'],
    ['added_rows_count', { addedRowsCount: 1n }, 'expected added_rows_count 2, got 1'],
    ['existing_rows_count', { existingRowsCount: 1n }, 'expected existing_rows_count 0, got 1'],
    ['deleted_rows_count', { deletedRowsCount: 1n }, 'expected deleted_rows_count 0, got 1'],
    ['min_sequence_number', { minSequenceNumber: 1n }, 'expected min_sequence_number 9, got 1'],
    ['sequence_number', { sequenceNumber: 10n }, "a sequence number from 1 to the snapshot's 9"],
    ['added_snapshot_id', { addedSnapshotId: 5n }, 'the snapshot that added the manifest'],
    ['partition_spec_id', { partitionSpecId: 7 }, 'the id of a partition spec, got 7'],
    ['content', { content: 'deletes' }, 'expected content deletes, got data'],
    ['partition summaries', { partitions: [] }, 'expected partition summaries'],
  ])('report a wrong %s', async (_name, listed, message) => {
    expect(await problemsOf(tableWith({ listed }))).toContain(message);
  });

  it('report a header that names another snapshot', async () => {
    const table = tableWith();
    const metadata = withSnapshot(table, { 'snapshot-id': 2n });
    expect(await problemsOf(table, metadata)).toContain('expected header snapshot-id 2, got 1');
  });

  it('report a manifest listed twice and a file that is live twice', async () => {
    const manifest = { entries: [ENTRY], sequenceNumber: 9n };
    const table = handMadeTable([manifest, manifest], { folder: FOLDER });
    expect(await problemsOf(table)).toContain('once, got it twice');
  });
});

describe('Avro schema rules', () => {
  type Json = { [key: string]: unknown };
  /** Rewrites a container file under a changed schema text and header. */
  function rewrite(table: HandMadeTable, uri: string, edit: (schema: string) => string): void {
    const bytes = table.objects.get(uri) ?? new Uint8Array();
    const { schema, metadata, records } = decodeObjectContainer(bytes);
    table.objects.set(
      uri,
      encodeObjectContainer(JSON.parse(edit(JSON.stringify(schema))), records.map(asBuffers), {
        metadata: Object.fromEntries(metadata),
        syncMarker,
      }),
    );
  }
  const asBuffers = (value: unknown): unknown => {
    if (value instanceof Uint8Array) return Buffer.from(value);
    if (Array.isArray(value)) return value.map(asBuffers);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value as Json).map(([key, item]) => [key, asBuffers(item)]),
    );
  };

  it.each([
    ['a manifest without logical map types', MANIFEST, ',"logicalType":"map"'],
    ['a manifest without an element id', MANIFEST, ',"element-id":133'],
    ['a list without an element id', LIST, ',"element-id":508'],
  ])('report %s, which lenient readers accept', async (_name, uri, text) => {
    const table = tableWith();
    rewrite(table, uri, (schema) => {
      expect(schema).toContain(text);
      return schema.replaceAll(text, '');
    });
    expect(await problemsOf(table)).toContain('expected the Avro schema of the specification');
  });

  it('report a field without its id', async () => {
    const table = tableWith();
    rewrite(table, MANIFEST, (schema) => schema.replace(',"field-id":140', ''));
    expect(await problemsOf(table)).toContain('expected the Avro schema of the specification');
  });

  it('accept documentation texts', async () => {
    const table = tableWith();
    rewrite(table, LIST, (schema) =>
      schema.replace('"field-id":500', '"doc":"Location URI with FS scheme","field-id":500'),
    );
    expect(await problemsOf(table)).not.toContain('Avro schema');
  });

  it.each(['schema-id', 'partition-spec-id', 'format-version', 'content'])(
    'report a manifest header without %s',
    async (key) => {
      const table = tableWith();
      const bytes = table.objects.get(MANIFEST) ?? new Uint8Array();
      const { schema, metadata, records } = decodeObjectContainer(bytes);
      const header = Object.fromEntries([...metadata].filter(([name]) => name !== key));
      const rewritten = encodeObjectContainer(schema, records.map(asBuffers), {
        metadata: header,
        syncMarker,
      });
      table.objects.set(MANIFEST, rewritten);
      expect(await problemsOf(table)).toContain(key);
    },
  );

  it('report a manifest under a schema the table does not have', async () => {
    const other = { ...SCHEMA, fields: SCHEMA.fields.slice(0, 5) };
    const table = handMadeTable([{ entries: [ENTRY], sequenceNumber: 9n, schema: other }], {
      folder: FOLDER,
    });
    expect(await problemsOf(table)).toContain("expected the table's schema 0 in the header");
  });
});

describe('entry and data file rules', () => {
  const bytes = Uint8Array;
  const file = (changes: Partial<typeof FILE>): Partial<ManifestEntry> => ({
    file: { ...FILE, ...changes },
  });
  it.each<[string, Partial<ManifestEntry>, string]>([
    [
      'an existing file without numbers',
      { status: 'existing' },
      'expected explicit sequence numbers',
    ],
    ['a missing snapshot id', { snapshotId: null }, 'expected a snapshot id'],
    ['another file format', { fileFormat: 'orc' }, 'expected Parquet, got orc'],
    ['deletes among data', { content: 'position-deletes' }, 'expected data files in the manifest'],
    ['equality ids of a data file', { equalityIds: [1] }, 'equality_ids for equality deletes only'],
    ['a path without scheme', file({ filePath: '/data/a' }), 'expected a URI'],
    ['a file without records', file({ recordCount: 0n }), 'expected records, got 0'],
    ['a file without size', file({ fileSizeBytes: 0n }), 'expected a size'],
    ['split offsets out of order', file({ splitOffsets: [9n, 4n] }), 'split offsets in order'],
    [
      'metrics of an unknown column',
      file({ valueCounts: new Map([[99, 1n]]) }),
      'columns of the table only',
    ],
    [
      'more nulls than values',
      file({ nullValueCounts: new Map([[4, 3n]]) }),
      'expected at most 2 nulls',
    ],
    [
      'nulls in a required column',
      file({ nullValueCounts: new Map([[1, 1n]]) }),
      'no null in a required column',
    ],
    [
      'bounds of nothing but nulls',
      file({ nullValueCounts: new Map([[4, 2n]]) }),
      'expected no bounds',
    ],
    [
      'a bound of the wrong length',
      file({ lowerBounds: new Map([[1, bytes.of(1)]]) }),
      'got 1 bytes',
    ],
    [
      'NaN as a bound',
      file({ upperBounds: new Map([[4, bytes.of(0, 0, 0, 0, 0, 0, 0xf8, 0x7f)]]) }),
      'no NaN as a bound',
    ],
    [
      'bounds the wrong way round',
      file({ lowerBounds: FILE.upperBounds, upperBounds: FILE.lowerBounds }),
      'not to exceed the upper',
    ],
    [
      'a partition value against the bounds',
      file({ partition: [498667, 1] }),
      'expected 498666 by the column',
    ],
    [
      'a null partition of rows with values',
      file({ partition: [null, 1] }),
      'expected a value, got null',
    ],
  ])('report %s', async (_name, entry, message) => {
    expect(await problemsOf(tableWith({ entry }))).toContain(message);
  });

  it('report a file whose rows belong to several partitions', async () => {
    const mixed = dataFileOf([trade(1), trade(2, { ts: START_MICROS + 3_600_000_000n })], {
      name: 'a',
    });
    expect(await problemsOf(tableWith({ entry: { file: mixed } }))).toContain('got 498666');
  });
});
