import { describe } from 'vitest';
import type { IcebergType, NestedField, Schema } from '#core/iceberg/spec/schema.ts';
import { snapshotAt, type TableFiles, withMetadata } from '../sound-table.ts';
import { finds } from './finds.ts';

const editSchema =
  (which: number, edit: (fields: readonly NestedField[]) => readonly NestedField[]) =>
  (table: TableFiles): TableFiles =>
    withMetadata(table, {
      schemas: table.metadata.schemas.map((schema, index) =>
        index === which ? { ...schema, fields: edit(schema.fields) } : schema,
      ),
    });
const editField = (which: number, id: number, changes: Partial<NestedField>) =>
  editSchema(which, (fields) =>
    fields.map((field) => (field.id === id ? { ...field, ...changes } : field)),
  );
const list = (element: IcebergType): IcebergType => ({
  type: 'list',
  'element-id': 21,
  element,
  'element-required': false,
});

describe('metadata', () => {
  finds([
    [
      'an uuid in capitals',
      (t) => withMetadata(t, { 'table-uuid': t.metadata['table-uuid'].toUpperCase() }),
      'lower-case UUID',
    ],
    [
      'a location without a scheme',
      (t) => withMetadata(t, { location: '/lake/market' }),
      'a URI with a scheme',
    ],
    [
      'a location that ends with a slash',
      (t) => withMetadata(t, { location: `${t.metadata.location}/` }),
      'no trailing slash',
    ],
    [
      'a location elsewhere',
      (t) => withMetadata(t, { location: 's3://lake/other' }),
      'expected a file below s3://lake/other',
    ],
    [
      'the schema of version 1',
      (t) => withMetadata(t, { schema: t.metadata.schemas[0] }),
      'schema: expected no such key',
    ],
    [
      'the partition spec of version 1',
      (t) => withMetadata(t, { 'partition-spec': [] }),
      'partition-spec: expected no such key',
    ],
    [
      'row ids of version 3',
      (t) => withMetadata(t, { 'next-row-id': 60n }),
      'next-row-id: expected no such key',
    ],
    [
      'a last update at the beginning of time',
      (t) => withMetadata(t, { 'last-updated-ms': 0 }),
      'expected milliseconds since 1970',
    ],
    [
      'a last sequence number that is too low',
      (t) => withMetadata(t, { 'last-sequence-number': 4n }),
      'a sequence number from 1 to 4, got 5',
    ],
    [
      'a last column id that is too low',
      (t) => withMetadata(t, { 'last-column-id': 64 }),
      'up to last-column-id 64, got 65',
    ],
    [
      'a last partition id that is too low',
      (t) => withMetadata(t, { 'last-partition-id': 1001 }),
      'to last-partition-id 1001, got 1002',
    ],
    [
      'a last partition id below the first',
      (t) => withMetadata(t, { 'last-partition-id': 0 }),
      'expected 999 or more, got 0',
    ],
    [
      'an unknown default sort order',
      (t) => withMetadata(t, { 'default-sort-order-id': 3 }),
      'the id of a sort order, got 3',
    ],
    [
      'a metadata log with a file of another table',
      (t) =>
        withMetadata(t, {
          'metadata-log': [{ 'metadata-file': 's3://lake/other/v1.json', 'timestamp-ms': 1 }],
        }),
      'expected a file below',
    ],
    [
      'a metadata log out of order',
      (t) => withMetadata(t, { 'metadata-log': t.metadata['metadata-log'].toReversed() }),
      'metadata-log: expected times in order',
    ],
    [
      'a metadata log that repeats a file',
      (t) =>
        withMetadata(t, {
          'metadata-log': [...t.metadata['metadata-log'], t.metadata['metadata-log'].at(-1)],
        }),
      'metadata-log: expected unique values',
    ],
    [
      'a snapshot log out of order',
      (t) => withMetadata(t, { 'snapshot-log': t.metadata['snapshot-log'].toReversed() }),
      'snapshot-log: expected times in order',
    ],
    [
      'a snapshot log that ends before the current snapshot',
      (t) => withMetadata(t, { 'snapshot-log': t.metadata['snapshot-log'].slice(0, -1) }),
      'expected the current snapshot last',
    ],
    [
      'a snapshot log that names an expired snapshot',
      (t) =>
        withMetadata(t, {
          'snapshot-log': [
            { 'snapshot-id': 404n, 'timestamp-ms': 1 },
            ...t.metadata['snapshot-log'],
          ],
        }),
      'snapshots of the table only, got 404',
    ],
    [
      'a snapshot that was current before it was made',
      (t) =>
        withMetadata(t, {
          'snapshot-log': t.metadata['snapshot-log'].map((entry) => ({
            ...entry,
            'timestamp-ms': entry['timestamp-ms'] - 1,
          })),
        }),
      'from its own time',
    ],
    [
      'a log entry after the last update',
      (t) => withMetadata(t, { 'last-updated-ms': t.metadata['last-updated-ms'] - 1 }),
      'no log entry after',
    ],
    [
      'a main branch that is a tag',
      (t) => withMetadata(t, { refs: { main: { ...t.metadata.refs['main'], type: 'tag' } } }),
      'a branch that never ends',
    ],
    [
      'a main branch elsewhere',
      (t) =>
        withMetadata(t, {
          refs: { main: { 'snapshot-id': snapshotAt(t, 0)['snapshot-id'], type: 'branch' } },
        }),
      'refs.main: expected the current snapshot',
    ],
    [
      'a tag of no snapshot',
      (t) =>
        withMetadata(t, {
          refs: { ...t.metadata.refs, audit: { 'snapshot-id': 404n, type: 'tag' } },
        }),
      'refs.audit: expected a snapshot of the table',
    ],
    [
      'a tag that keeps snapshots',
      (t) =>
        withMetadata(t, {
          refs: {
            ...t.metadata.refs,
            audit: {
              'snapshot-id': snapshotAt(t, 0)['snapshot-id'],
              type: 'tag',
              'min-snapshots-to-keep': 2,
            },
          },
        }),
      'no min-snapshots-to-keep of a tag',
    ],
    [
      'a branch that keeps no snapshot',
      (t) =>
        withMetadata(t, {
          refs: {
            ...t.metadata.refs,
            dev: {
              'snapshot-id': snapshotAt(t, 0)['snapshot-id'],
              type: 'branch',
              'min-snapshots-to-keep': 0,
            },
          },
        }),
      'min-snapshots-to-keep above 0',
    ],
  ]);
});

describe('schemas', () => {
  finds([
    [
      'a schema id twice',
      (t) =>
        withMetadata(t, {
          schemas: t.metadata.schemas.map((schema) => ({ ...schema, 'schema-id': 1 })),
        }),
      'schemas: expected unique values, got 1 twice',
    ],
    ['a field id twice', editField(1, 4, { id: 5 }), 'expected unique values, got 5 twice'],
    ['a field id of 0', editField(1, 4, { id: 0 }), 'field ids from 1'],
    [
      'a name twice but for its letter case',
      editField(1, 4, { name: 'BIG' }),
      'expected unique values, got big twice',
    ],
    ['a column without a name', editField(1, 4, { name: '' }), 'a name for field 4'],
    [
      'a name twice inside a struct',
      editField(1, 40, {
        type: {
          type: 'struct',
          fields: [
            { id: 41, name: 'city', required: true, type: 'string' },
            { id: 42, name: 'City', required: false, type: 'double' },
          ],
        },
      }),
      'expected unique values, got city twice',
    ],
    [
      'a long that becomes a text',
      editField(1, 6, { type: 'string' }),
      'column 6 to keep its type long or widen it, got string',
    ],
    [
      'a decimal of another scale',
      editField(1, 9, { type: 'decimal(9, 3)' }),
      'keep its type decimal(9, 2)',
    ],
    [
      'a list that becomes a struct',
      editField(1, 20, { type: { type: 'struct', fields: [] } }),
      'keep its type list',
    ],
    [
      'a list whose elements change their type',
      editField(1, 20, { type: list('boolean') }),
      'column 21 to keep its type int',
    ],
    [
      'an optional column that becomes required',
      editField(1, 4, { required: true }),
      'the optional column 4 to stay optional',
    ],
    [
      'an added column that is required',
      editField(1, 65, { required: true }),
      'the added column 65 to be optional',
    ],
    [
      'a column that moves into a struct',
      editSchema(1, (fields) =>
        fields
          .filter(({ id }) => id !== 4)
          .map((field) =>
            field.id === 40 && typeof field.type === 'object' && field.type.type === 'struct'
              ? {
                  ...field,
                  type: {
                    ...field.type,
                    fields: [
                      ...field.type.fields,
                      { id: 4, name: 'flag', required: false, type: 'boolean' },
                    ],
                  },
                }
              : field,
          ),
      ),
      'column 4 to stay in the table, got 40',
    ],
    ['an identifier that is optional', withIdentifier(14), 'identifier field 14'],
    ['an identifier that is a float', withIdentifier(8), 'identifier field 8'],
    ['an identifier inside a list', withIdentifier(52), 'identifier field 52'],
    ['an identifier inside an optional struct', withIdentifier(41), 'identifier field 41'],
    ['an identifier that is no column', withIdentifier(99), 'identifier field 99'],
  ]);

  function withIdentifier(id: number) {
    return (table: TableFiles): TableFiles =>
      withMetadata(table, {
        schemas: table.metadata.schemas.map((schema: Schema) => ({
          ...schema,
          'identifier-field-ids': [1, id],
        })),
      });
  }
});
