import { describe } from 'vitest';
import type { ManifestEntry } from '#core/iceberg/spec/manifest-entry.ts';
import type { ManifestFile } from '#core/iceberg/spec/manifest-list.ts';
import {
  manifestPath,
  objectAt,
  present,
  snapshotAt,
  type TableFiles,
  withEntry,
  withList,
  withManifest,
  withObject,
} from '../sound-table.ts';
import { finds, type Mutation } from './finds.ts';
import { rewriteContainer, rewriteManifest } from './rewrite-container.ts';

describe('manifest lists', () => {
  const row = (changes: Partial<ManifestFile>) => (t: TableFiles) =>
    withList(t, -1, (rows) =>
      rows.map((each, index) => (index === 0 ? { ...each, ...changes } : each)),
    );
  const path = (t: TableFiles) => snapshotAt(t, -1)['manifest-list'];
  const header = (key: string, value: string) => (t: TableFiles) =>
    rewriteContainer(t, path(t), (schema) => schema, { [key]: value });
  finds([
    ['a wrong manifest_length', row({ manifestLength: 1n }), 'expected manifest_length'],
    ['a wrong added_files_count', row({ addedFilesCount: 1 }), 'expected added_files_count'],
    [
      'a wrong existing_files_count',
      row({ existingFilesCount: 1 }),
      'expected existing_files_count 0, got 1',
    ],
    [
      'a wrong deleted_files_count',
      row({ deletedFilesCount: 1 }),
      'expected deleted_files_count 0, got 1',
    ],
    ['a wrong added_rows_count', row({ addedRowsCount: 1n }), 'expected added_rows_count 6, got 1'],
    [
      'a wrong existing_rows_count',
      row({ existingRowsCount: 1n }),
      'expected existing_rows_count 0, got 1',
    ],
    [
      'a wrong deleted_rows_count',
      row({ deletedRowsCount: 1n }),
      'expected deleted_rows_count 0, got 1',
    ],
    [
      'a sequence number of an older commit',
      row({ sequenceNumber: 4n }),
      'the sequence number of the snapshot that added the manifest, 5, got 4',
    ],
    [
      'a sequence number of a later commit',
      row({ sequenceNumber: 6n }),
      "from 1 to the snapshot's 5, got 6",
    ],
    [
      'a min_sequence_number that is too low',
      row({ minSequenceNumber: 1n }),
      'expected min_sequence_number 5, got 1',
    ],
    [
      'a min_sequence_number that is too high',
      row({ minSequenceNumber: 9n }),
      'expected min_sequence_number up to 5, got 9',
    ],
    [
      'a manifest added by another snapshot',
      row({ addedSnapshotId: 404n }),
      'an expired one, got 5',
    ],
    ['a manifest of deletes', row({ content: 'deletes' }), 'expected content deletes, got data'],
    [
      'a manifest of an unknown spec',
      row({ partitionSpecId: 3 }),
      'the id of a partition spec, got 3',
    ],
    [
      'a manifest without summaries',
      row({ partitions: null }),
      'partition summaries that span the entries',
    ],
    [
      'a summary that is too narrow',
      (t) =>
        withList(t, -1, (rows) =>
          rows.map((each) => ({
            ...each,
            partitions: (each.partitions ?? []).map((summary) => ({
              ...summary,
              upperBound: summary.lowerBound,
            })),
          })),
        ),
      'partition summaries that span the entries',
    ],
    [
      'a summary that hides nulls',
      (t) =>
        withList(t, -1, (rows) =>
          rows.map((each) => ({
            ...each,
            partitions: (each.partitions ?? []).map((summary) => ({
              ...summary,
              containsNull: true,
            })),
          })),
        ),
      'partition summaries that span the entries',
    ],
    ['an encrypted manifest', row({ keyMetadata: Uint8Array.of(1) }), 'expected no encryption key'],
    [
      'a manifest outside the table',
      row({ manifestPath: 's3://lake/other/m.avro' }),
      'expected a file below',
    ],
    [
      'a manifest listed twice',
      (t) => withList(t, -1, (rows) => [...rows, present(rows[0])]),
      'expected every manifest once',
    ],
    [
      'a list that says otherwise than an older one',
      (t) =>
        withList(t, -1, (rows) =>
          rows.map((each) =>
            each.existingFilesCount > 0 ? { ...each, existingRowsCount: 0n } : each,
          ),
        ),
      'every manifest list to say the same',
    ],
    ['a header of another snapshot', header('snapshot-id', '1'), 'expected header snapshot-id'],
    [
      'a header of another parent',
      header('parent-snapshot-id', '1'),
      'expected header parent-snapshot-id',
    ],
    [
      'a header of another sequence number',
      header('sequence-number', '1'),
      'expected header sequence-number 5, got 1',
    ],
    [
      'a header of another version',
      header('format-version', '1'),
      'expected header format-version 2, got 1',
    ],
    [
      'a field without its id',
      (t) => rewriteContainer(t, path(t), (schema) => schema.replace(',"field-id":519', '')),
      'expected the Avro schema of the specification',
    ],
    [
      'a list without its element id',
      (t) => rewriteContainer(t, path(t), (schema) => schema.replace(',"element-id":508', '')),
      'expected the Avro schema of the specification',
    ],
    [
      'an optional count',
      (t) =>
        rewriteContainer(t, path(t), (schema) =>
          schema.replace(
            '"name":"added_files_count","type":"int"',
            '"name":"added_files_count","type":["null","int"]',
          ),
        ),
      'expected the Avro schema of the specification',
    ],
  ]);
});

describe('manifests', () => {
  const path = (t: TableFiles) => manifestPath(t, 'newest');
  const schema = (from: string, to: string) => (t: TableFiles) =>
    rewriteManifest(t, (text) => text.replaceAll(from, to));
  const header = (key: string, value: string | null) => (t: TableFiles) =>
    rewriteManifest(t, (text) => text, { [key]: value });
  finds([
    ['a manifest that is gone', (t) => withObject(t, path(t), null), 'expected the file to exist'],
    [
      'a manifest cut off',
      (t) => withObject(t, path(t), objectAt(t, path(t)).subarray(0, 2000)),
      'expected manifest_length 2000',
    ],
    [
      'no entry',
      (t) => withManifest(t, 'newest', (manifest) => ({ ...manifest, entries: [] })),
      'expected at least one entry',
    ],
    ...['schema-id', 'partition-spec-id', 'format-version', 'content'].map(
      (key): Mutation => [`no header ${key}`, header(key, null), key],
    ),
    [
      'a header of another content',
      header('content', 'deletes'),
      'expected content data, got deletes',
    ],
    ['a header of another schema id', header('schema-id', '0'), "as in the header's schema, got 0"],
    [
      'a header with an older schema than its id',
      (t) =>
        withManifest(t, 'newest', (manifest) => ({
          ...manifest,
          schema: { ...present(t.metadata.schemas[0]), 'schema-id': 1 },
        })),
      "the table's schema 1 in the header",
    ],
    [
      'a header with another partition spec',
      (t) =>
        withManifest(t, 'newest', (manifest) => ({
          ...manifest,
          partitionSpec: {
            ...manifest.partitionSpec,
            fields: manifest.partitionSpec.fields.map((field) => ({
              ...field,
              name: `${field.name}_`,
            })),
          },
        })),
      "the table's partition spec 0 in the header",
    ],
    [
      'maps without their logical type',
      schema(',"logicalType":"map"', ''),
      'expected the Avro schema of the specification',
    ],
    [
      'split offsets without their element id',
      schema(',"element-id":133', ''),
      'expected the Avro schema of the specification',
    ],
    [
      'a field without its id',
      schema(',"field-id":140', ''),
      'expected the Avro schema of the specification',
    ],
    [
      'a field with the id of another',
      schema('"field-id":103', '"field-id":105'),
      'manifest record_count',
    ],
    [
      'a day partition that is an int only',
      schema('{"type":"int","logicalType":"date"}', '"int"'),
      'expected the Avro schema of the specification',
    ],
    [
      'an optional content',
      schema('"name":"content","type":"int"', '"name":"content","type":["null","int"]'),
      'expected the Avro schema of the specification',
    ],
  ]);
});

describe('entries', () => {
  const entry = (changes: Partial<ManifestEntry>) => (t: TableFiles) =>
    withEntry(t, 'newest', () => changes);
  const old = (changes: Partial<ManifestEntry>) => (t: TableFiles) =>
    withEntry(t, 'merged', () => changes);
  finds([
    ['an added file without a snapshot id', entry({ snapshotId: null }), 'expected a snapshot id'],
    [
      'an added file of another snapshot',
      entry({ snapshotId: 404n }),
      'of an entry that is added, got 404',
    ],
    [
      'an added file with a sequence number of its own',
      entry({ fileSequenceNumber: 5n }),
      'to be inherited, got 5',
    ],
    [
      'an added file newer than its commit',
      entry({ sequenceNumber: 6n }),
      'a sequence number up to 5, got 6',
    ],
    [
      'an existing file without sequence numbers',
      old({ sequenceNumber: null, fileSequenceNumber: null }),
      'explicit sequence numbers',
    ],
    [
      'an existing file that gets a new sequence number',
      old({ sequenceNumber: 3n, fileSequenceNumber: 3n }),
      'in every manifest',
    ],
    [
      'an existing file as new as its manifest',
      old({ sequenceNumber: 4n, fileSequenceNumber: 4n }),
      'a file of an earlier commit than 4',
    ],
    ['an existing file of another snapshot', old({ snapshotId: 404n }), 'expected snapshotId'],
    [
      'an existing file of another size',
      (t) =>
        withEntry(t, 'merged', ({ file }) => ({
          file: { ...file, recordCount: file.recordCount + 1n },
        })),
      'expected recordCount',
    ],
    [
      'an existing file in another partition',
      (t) =>
        withEntry(t, 'merged', ({ file }) => ({
          file: { ...file, partition: [1, ...file.partition.slice(1)] },
        })),
      'expected partition',
    ],
    ['a file that is marked deleted', old({ status: 'deleted' }), 'of an entry that is deleted'],
    [
      'an added file that is called existing',
      entry({ status: 'existing', sequenceNumber: 5n, fileSequenceNumber: 5n }),
      'a file of an earlier commit than 5',
    ],
    [
      'deletes among data',
      entry({ content: 'position-deletes' }),
      'expected data files in the manifest',
    ],
    ['another file format', entry({ fileFormat: 'AVRO' }), 'expected Parquet, got AVRO'],
    [
      'equality ids of a data file',
      entry({ equalityIds: [1] }),
      'equality_ids for equality deletes only',
    ],
    ['an unknown sort order', entry({ sortOrderId: 4 }), 'the id of a sort order, got 4'],
    ['an encrypted file', entry({ keyMetadata: Uint8Array.of(1) }), 'expected no encryption key'],
    [
      'the same file twice',
      (t) =>
        withManifest(t, 'newest', (manifest) => ({
          ...manifest,
          entries: [...manifest.entries, present(manifest.entries[0])],
        })),
      'once, got it twice',
    ],
  ]);
});
