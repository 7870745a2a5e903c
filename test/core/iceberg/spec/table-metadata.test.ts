import zlib from 'node:zlib';
import { describe, expect, it } from 'vitest';
import {
  currentSchema,
  currentSnapshot,
  decodeTableMetadata,
  defaultPartitionSpec,
  parseTableMetadata,
  partitionSpecById,
  schemaById,
  serializeTableMetadata,
  snapshotAsOf,
  snapshotById,
} from '#core/iceberg/spec/table-metadata.ts';
import { SCHEMA, SPEC, tradesMetadata } from '../trades-table.ts';

/** As the reference implementation writes it; ids beyond 2^53, one of them small. */
const FOREIGN = `{
  "format-version": 2,
  "table-uuid": "9c12d441-03fe-4693-9a96-a0705ddf69c1",
  "location": "s3://bucket/test/location",
  "last-sequence-number": 34,
  "last-updated-ms": 1602638573590,
  "last-column-id": 3,
  "current-schema-id": 1,
  "schemas": [
    {"type": "struct", "schema-id": 0, "fields": [{"id": 1, "name": "x", "required": true, "type": "long"}]},
    {"type": "struct", "schema-id": 1, "identifier-field-ids": [1], "fields": [
      {"id": 1, "name": "x", "required": true, "type": "long"},
      {"id": 2, "name": "y", "required": true, "type": "decimal(9,2)", "doc": "comment"},
      {"id": 3, "name": "m", "required": false, "type": {"type": "map", "key-id": 4, "key": "string",
        "value-id": 5, "value": {"type": "list", "element-id": 6, "element": "int", "element-required": false},
        "value-required": false}}
    ]}
  ],
  "default-spec-id": 0,
  "partition-specs": [{"spec-id": 0, "fields": [{"name": "x", "transform": "identity", "source-id": 1, "field-id": 1000}]}],
  "last-partition-id": 1000,
  "default-sort-order-id": 3,
  "sort-orders": [{"order-id": 3, "fields": [{"transform": "bucket[4]", "source-id": 2, "direction": "desc", "null-order": "nulls-last"}]}],
  "properties": {"read.split.target.size": "134217728"},
  "current-snapshot-id": 3055729675574597004,
  "snapshots": [
    {"snapshot-id": 5, "timestamp-ms": 1515100955770, "sequence-number": 0, "summary": {"operation": "append"}, "manifest-list": "s3://a/b/1.avro"},
    {"snapshot-id": 3055729675574597004, "parent-snapshot-id": 5, "timestamp-ms": 1555100955770, "sequence-number": 1,
     "summary": {"operation": "append"}, "manifest-list": "s3://a/b/2.avro", "schema-id": 1}
  ],
  "snapshot-log": [{"snapshot-id": 5, "timestamp-ms": 1515100955770}, {"snapshot-id": 3055729675574597004, "timestamp-ms": 1555100955770}],
  "metadata-log": [{"metadata-file": "s3://bucket/.../v1.json", "timestamp-ms": 1515100}],
  "refs": {"main": {"snapshot-id": 3055729675574597004, "type": "branch"}, "audit": {"snapshot-id": 5, "type": "tag", "max-ref-age-ms": 10000000}},
  "statistics": [{"snapshot-id": 3055729675574597004, "statistics-path": "s3://a/b/stats.puffin", "file-size-in-bytes": 413, "blob-metadata": []}],
  "next-generation-key": {"deep": [9007199254740993, 1.25, null, "9007199254740993"]}
}`;

const withKey = (key: string, value: unknown): string =>
  JSON.stringify({
    ...JSON.parse(FOREIGN),
    'current-snapshot-id': -1,
    snapshots: [],
    refs: {},
    [key]: value,
  });
const withoutKey = (key: string): string => withKey(key, undefined);

describe('parseTableMetadata', () => {
  it('keeps ids exact, the small ones too', () => {
    const metadata = parseTableMetadata(FOREIGN);
    expect(metadata['current-snapshot-id']).toBe(3055729675574597004n);
    expect(metadata.snapshots.map((s) => s['snapshot-id'])).toEqual([5n, 3055729675574597004n]);
    expect(metadata.snapshots[1]?.['parent-snapshot-id']).toBe(5n);
    expect(metadata['last-sequence-number']).toBe(34n);
  });

  it('gives back every key and value when it is written again', () => {
    const again = serializeTableMetadata(parseTableMetadata(FOREIGN));
    const normalize = (text: string) =>
      text.replaceAll(/\s/g, '').replaceAll('decimal(9,2)', 'D').replaceAll('decimal(9, 2)', 'D');
    const sortedTokens = (text: string) =>
      normalize(text)
        .split(/[,{}[\]]+/)
        .sort();
    expect(sortedTokens(again)).toEqual(sortedTokens(FOREIGN));
  });

  it('spells decimal types in one way', () => {
    expect(currentSchema(parseTableMetadata(FOREIGN)).fields[1]?.type).toBe('decimal(9, 2)');
  });

  it('reads a table without snapshots, whatever stands for none', () => {
    for (const none of [undefined, null, -1]) {
      const metadata = parseTableMetadata(withKey('current-snapshot-id', none));
      expect(metadata['current-snapshot-id']).toBeNull();
      expect(currentSnapshot(metadata)).toBeNull();
    }
  });

  it('fills in what the specification lets writers leave out', () => {
    for (const key of ['properties', 'snapshots', 'snapshot-log', 'metadata-log', 'refs']) {
      expect(() => parseTableMetadata(withoutKey(key))).not.toThrow();
    }
  });

  it('gives a table with a current snapshot a main branch', () => {
    const { refs: _, ...rest } = parseTableMetadata(FOREIGN);
    const text = serializeTableMetadata({ ...rest, refs: {} });
    expect(parseTableMetadata(text).refs['main']).toEqual({
      'snapshot-id': 3055729675574597004n,
      type: 'branch',
    });
  });

  it('treats the parents -1 and null as none', () => {
    const text = FOREIGN.replace('"parent-snapshot-id": 5', '"parent-snapshot-id": -1');
    expect(parseTableMetadata(text).snapshots[1]).not.toHaveProperty('parent-snapshot-id');
  });

  it.each([
    'table-uuid',
    'location',
    'last-sequence-number',
    'last-updated-ms',
    'last-column-id',
    'schemas',
    'current-schema-id',
    'partition-specs',
    'default-spec-id',
    'last-partition-id',
    'sort-orders',
    'default-sort-order-id',
  ])('names the missing key %s', (key) => {
    expect(() => parseTableMetadata(withoutKey(key))).toThrow(
      expect.objectContaining({ code: 'TABLE_INVALID', message: expect.stringContaining(key) }),
    );
  });

  it.each([
    ['properties', { a: 1 }, 'properties.a'],
    ['schemas', [{ type: 'struct', 'schema-id': 1 }], 'schemas[0].fields'],
    [
      'schemas',
      [{ 'schema-id': 1, fields: [{ id: 1, name: 'x', required: 'yes' }] }],
      'schemas[0].fields[0].required',
    ],
    ['current-schema-id', 7, 'current-schema-id'],
    ['default-spec-id', 7, 'default-spec-id'],
    ['current-snapshot-id', 7, 'current-snapshot-id'],
    ['last-updated-ms', '1602638573590', 'last-updated-ms'],
    [
      'partition-specs',
      [{ 'spec-id': 0, fields: [{ 'source-id': 1 }] }],
      'partition-specs[0].fields[0].field-id',
    ],
    [
      'sort-orders',
      [{ 'order-id': 3, fields: [{ transform: 'x', 'source-id': 1, direction: 'up' }] }],
      'direction',
    ],
    ['snapshots', [{ 'snapshot-id': 'x' }], 'snapshots[0].snapshot-id'],
    ['refs', { main: { 'snapshot-id': 5, type: 'twig' } }, 'refs.main.type'],
  ])('names the place of a bad value: %s', (key, value, where) => {
    expect(() => parseTableMetadata(withKey(key, value))).toThrow(
      expect.objectContaining({ code: 'TABLE_INVALID', message: expect.stringContaining(where) }),
    );
  });

  it.each([1, 3])('does not support format version %i', (version) => {
    expect(() => parseTableMetadata(withKey('format-version', version))).toThrow(
      expect.objectContaining({
        code: 'FEATURE_UNSUPPORTED',
        message: expect.stringContaining(`got ${version}`),
      }),
    );
  });

  it('names a column type it does not support', () => {
    const text = FOREIGN.replace('"type": "decimal(9,2)"', '"type": "timestamptz"');
    expect(() => parseTableMetadata(text)).toThrow(
      expect.objectContaining({
        code: 'FEATURE_UNSUPPORTED',
        message: expect.stringContaining('timestamptz'),
      }),
    );
  });

  it.each(['decimal(39, 2)', 'decimal(2, 3)', 'decimal(0, 0)'])('refuses the type %s', (type) => {
    expect(() => parseTableMetadata(FOREIGN.replace('decimal(9,2)', type))).toThrow(
      expect.objectContaining({ code: 'TABLE_INVALID' }),
    );
  });

  it.each(['', '[]', 'null', '{"format-version": 2', '"x"'])('refuses %j', (text) => {
    expect(() => parseTableMetadata(text)).toThrow(
      expect.objectContaining({ code: 'TABLE_INVALID' }),
    );
  });
});

describe('serializeTableMetadata', () => {
  it('writes -1 where there is no snapshot, as version 2 readers expect', () => {
    expect(serializeTableMetadata(tradesMetadata())).toContain('"current-snapshot-id":-1');
  });

  it('writes metadata that parses to the same', () => {
    const metadata = parseTableMetadata(FOREIGN);
    expect(parseTableMetadata(serializeTableMetadata(metadata))).toEqual(metadata);
  });
});

describe('decodeTableMetadata', () => {
  it('reads plain and gzip files', () => {
    const plain = Buffer.from(FOREIGN);
    expect(decodeTableMetadata(zlib.gzipSync(plain))).toEqual(decodeTableMetadata(plain));
  });

  it('refuses a damaged gzip file', () => {
    expect(() => decodeTableMetadata(zlib.gzipSync(FOREIGN).subarray(0, 100))).toThrow(
      expect.objectContaining({ code: 'FORMAT_CORRUPT' }),
    );
  });
});

describe('accessors', () => {
  const metadata = parseTableMetadata(FOREIGN);

  it('find schemas and specs by id', () => {
    expect(schemaById(metadata, 0).fields).toHaveLength(1);
    expect(partitionSpecById(metadata, 0)).toBe(defaultPartitionSpec(metadata));
    expect(currentSchema(tradesMetadata())).toBe(SCHEMA);
    expect(defaultPartitionSpec(tradesMetadata())).toBe(SPEC);
  });

  it('refuse ids that are not there', () => {
    expect(() => schemaById(metadata, 9)).toThrow('a schema with id 9');
    expect(() => partitionSpecById(metadata, 9)).toThrow('a partition spec with id 9');
  });

  it('find snapshots by id', () => {
    expect(snapshotById(metadata, 5n)?.['manifest-list']).toBe('s3://a/b/1.avro');
    expect(snapshotById(metadata, 6n)).toBeNull();
  });

  it('find the snapshot that was current at a time', () => {
    expect(snapshotAsOf(metadata, 1515100955769)).toBeNull();
    expect(snapshotAsOf(metadata, 1515100955770)?.['snapshot-id']).toBe(5n);
    expect(snapshotAsOf(metadata, 1555100955769)?.['snapshot-id']).toBe(5n);
    expect(snapshotAsOf(metadata, 1555100955770)?.['snapshot-id']).toBe(3055729675574597004n);
  });
});
