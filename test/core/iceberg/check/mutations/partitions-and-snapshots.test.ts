import { describe } from 'vitest';
import { UNPARTITIONED } from '../../trades-table.ts';
import {
  present,
  snapshotAt,
  type TableFiles,
  withList,
  withMetadata,
  withObject,
  withSnapshot,
} from '../sound-table.ts';
import { finds } from './finds.ts';

describe('partition specs and sort orders', () => {
  const editSpec =
    (index: number, changes: object) =>
    (table: TableFiles): TableFiles =>
      withMetadata(table, {
        'partition-specs': table.metadata['partition-specs'].map((spec) => ({
          ...spec,
          fields: spec.fields.map((field, at) => (at === index ? { ...field, ...changes } : field)),
        })),
      });
  const addSpec =
    (fields: readonly object[]) =>
    (table: TableFiles): TableFiles =>
      withMetadata(table, {
        'partition-specs': [...table.metadata['partition-specs'], { 'spec-id': 1, fields }],
        'last-partition-id': 1003,
      });
  const addOrder =
    (order: object) =>
    (table: TableFiles): TableFiles =>
      withMetadata(table, { 'sort-orders': [...table.metadata['sort-orders'], order] });
  const sortBy = (sourceId: number, transform = 'identity') => ({
    'order-id': 1,
    fields: [{ transform, 'source-id': sourceId, direction: 'asc', 'null-order': 'nulls-first' }],
  });
  finds([
    [
      'a spec id twice',
      (t) =>
        withMetadata(t, { 'partition-specs': [...t.metadata['partition-specs'], UNPARTITIONED] }),
      'partition-specs: expected unique values, got 0 twice',
    ],
    [
      'a partition field id twice',
      editSpec(1, { 'field-id': 1000 }),
      'expected unique values, got 1000 twice',
    ],
    ['a partition field id below 1000', editSpec(1, { 'field-id': 7 }), 'a field id from 1000'],
    [
      'a partition name twice',
      editSpec(1, { name: 'ts_day' }),
      'expected unique values, got ts_day twice',
    ],
    [
      'a partition field without a name',
      editSpec(1, { name: '' }),
      'a name for partition field 1001',
    ],
    [
      'a transform that does not take its column',
      editSpec(0, { 'source-id': 14 }),
      'a transform of a column outside lists and maps, got day of 14',
    ],
    ['a transform that nobody knows', editSpec(0, { transform: 'zorder' }), 'got zorder of 2'],
    [
      'a partition of a column inside a list',
      editSpec(1, { 'source-id': 21 }),
      'got bucket[2] of 21',
    ],
    ['a partition of no column', editSpec(1, { 'source-id': 99 }), 'got bucket[2] of 99'],
    [
      'a partition named as another column',
      editSpec(1, { name: 'big' }),
      'has the name of the partition field',
    ],
    [
      'a field id with two meanings',
      addSpec([{ 'source-id': 2, 'field-id': 1000, name: 'ts_hour', transform: 'hour' }]),
      'partition field 1000 to be day(2) in every spec, got hour(2)',
    ],
    [
      'a field that gets another id',
      addSpec([{ 'source-id': 2, 'field-id': 1003, name: 'ts_day', transform: 'day' }]),
      'ts_day to keep its field id 1000',
    ],
    [
      'the same spec twice',
      (t) => addSpec(present(t.metadata['partition-specs'][0]).fields)(t),
      'no second spec like 0',
    ],
    [
      'a sort order id twice',
      addOrder({ 'order-id': 0, fields: [] }),
      'sort-orders: expected unique values',
    ],
    [
      'an order without fields that has an id',
      addOrder({ 'order-id': 1, fields: [] }),
      'id 0 for the order without fields only',
    ],
    ['an order by no column', addOrder(sortBy(99)), 'got identity of 99'],
    ['an order by a list', addOrder(sortBy(20)), 'got identity of 20'],
    ['an order by a transform that does not fit', addOrder(sortBy(14, 'hour')), 'got hour of 14'],
  ]);
});

describe('snapshots', () => {
  const summary = (key: string, value: string | undefined) => (t: TableFiles) =>
    withSnapshot(t, -1, { summary: { ...snapshotAt(t, -1).summary, [key]: value } });
  finds([
    [
      'a snapshot id twice',
      (t) => withSnapshot(t, 0, { 'snapshot-id': snapshotAt(t, 1)['snapshot-id'] }),
      'snapshots: expected unique values',
    ],
    [
      'a negative snapshot id',
      (t) => withSnapshot(t, 0, { 'snapshot-id': -5n }),
      'a positive snapshot id',
    ],
    [
      'a sequence number twice',
      (t) => withSnapshot(t, 0, { 'sequence-number': 2n }),
      'snapshots: expected unique values, got 2 twice',
    ],
    [
      'a sequence number of 0',
      (t) => withSnapshot(t, 0, { 'sequence-number': 0n }),
      'a sequence number from 1',
    ],
    [
      'a manifest list twice',
      (t) => withSnapshot(t, 0, { 'manifest-list': snapshotAt(t, 1)['manifest-list'] }),
      'snapshots: expected unique values',
    ],
    [
      'a snapshot in the future',
      (t) => withSnapshot(t, -1, { 'timestamp-ms': t.metadata['last-updated-ms'] + 1 }),
      'a time up to last-updated-ms',
    ],
    [
      'a snapshot before its parent',
      (t) => withSnapshot(t, 3, { 'timestamp-ms': snapshotAt(t, 2)['timestamp-ms'] }),
      "a time after the parent's",
    ],
    [
      'a parent that came later',
      (t) => withSnapshot(t, 1, { 'parent-snapshot-id': snapshotAt(t, 2)['snapshot-id'] }),
      'a parent with a lower sequence number',
    ],
    ['a snapshot without an operation', summary('operation', undefined), 'expected an operation'],
    [
      'an operation that nobody knows',
      summary('operation', 'merge'),
      'expected an operation, got "merge"',
    ],
    [
      'a snapshot without its schema',
      (t) => withSnapshot(t, -1, { 'schema-id': undefined }),
      'the schema-id of a schema',
    ],
    [
      'a snapshot of an unknown schema',
      (t) => withSnapshot(t, -1, { 'schema-id': 9 }),
      'the schema-id of a schema, got 9',
    ],
    [
      'the manifests of version 1',
      (t) => withSnapshot(t, 0, { manifests: [] }),
      'no "manifests" in version 2',
    ],
    [
      'row ids of version 3',
      (t) => withSnapshot(t, 0, { 'first-row-id': 0n }),
      'no "first-row-id" in version 2',
    ],
    [
      'a manifest list outside the table',
      (t) => withSnapshot(t, 0, { 'manifest-list': 's3://lake/other/list' }),
      'expected a file below',
    ],
    [
      'a manifest list that is gone',
      (t) => withObject(t, snapshotAt(t, 0)['manifest-list'], null),
      'expected the file to exist',
    ],
    ['a wrong total-records', summary('total-records', '61'), 'summary total-records 30, got 61'],
    [
      'a wrong total-data-files',
      summary('total-data-files', '0'),
      'expected summary total-data-files',
    ],
    [
      'a wrong total-files-size',
      summary('total-files-size', '1'),
      'expected summary total-files-size',
    ],
    [
      'a wrong total-delete-files',
      summary('total-delete-files', '1'),
      'summary total-delete-files 0, got 1',
    ],
    [
      'a wrong total-position-deletes',
      summary('total-position-deletes', '1'),
      'summary total-position-deletes 0, got 1',
    ],
    [
      'a wrong total-equality-deletes',
      summary('total-equality-deletes', '1'),
      'summary total-equality-deletes 0, got 1',
    ],
    [
      'a wrong added-data-files',
      summary('added-data-files', '1'),
      'expected summary added-data-files',
    ],
    ['a wrong added-records', summary('added-records', '11'), 'summary added-records 6, got 11'],
    [
      'a wrong added-files-size',
      summary('added-files-size', '11'),
      'expected summary added-files-size',
    ],
    [
      'deleted files of an append',
      summary('deleted-data-files', '1'),
      'summary deleted-data-files 0, got 1',
    ],
    [
      'deleted records of an append',
      summary('deleted-records', '1'),
      'summary deleted-records 0, got 1',
    ],
    [
      'a wrong changed-partition-count',
      summary('changed-partition-count', '1'),
      'expected summary changed-partition-count',
    ],
    [
      'an append that loses a file',
      (t) => withList(t, -1, (rows) => rows.filter((row) => row.existingFilesCount === 0)),
      'expected an append to keep',
    ],
    [
      'an append that brings a file from nowhere',
      (t) => withList(t, 0, (rows) => rows.slice(1)),
      'to be added by this snapshot',
    ],
    [
      'a delete that adds a file',
      summary('operation', 'delete'),
      'expected a delete to add no data file',
    ],
    [
      'a replace that adds rows',
      summary('operation', 'replace'),
      'expected a replace to add no row',
    ],
  ]);
});
