import { describe, expect, it } from 'vitest';
import { applyUpdates } from '#core/iceberg/rest/apply-updates.ts';
import type { TableUpdate } from '#core/iceberg/rest/table-update.ts';
import type { Schema } from '#core/iceberg/spec/schema.ts';
import type { TableMetadata } from '#core/iceberg/spec/table-metadata.ts';
import { snapshotAfter } from '#test/contracts/table-states.ts';
import { START_MS } from '#test/core/iceberg/fixed-world.ts';
import { SCHEMA, tradesMetadata } from '#test/core/iceberg/trades-table.ts';

const LOCATION = 's3://lake/market/trades/metadata/00000-a.metadata.json';

function apply(
  metadata: TableMetadata,
  updates: readonly TableUpdate[],
  nowMs = START_MS + 1000,
): TableMetadata {
  return applyUpdates({ metadata, location: LOCATION }, updates, { nowMs });
}

function setMain(id: bigint): TableUpdate {
  return { action: 'set-snapshot-ref', 'ref-name': 'main', type: 'branch', 'snapshot-id': id };
}

function withSnapshots(count: number): TableMetadata {
  let metadata = tradesMetadata();
  for (let id = 1n; id <= BigInt(count); id++) {
    metadata = apply(metadata, [
      { action: 'add-snapshot', snapshot: snapshotAfter(metadata, id) },
      setMain(id),
    ]);
  }
  return metadata;
}

const WIDER: Schema = {
  ...SCHEMA,
  'schema-id': 17,
  fields: [...SCHEMA.fields, { id: 9, name: 'note', required: false, type: 'string' }],
};

describe('applyUpdates', () => {
  it('gives the same object back for nothing', () => {
    const metadata = tradesMetadata();
    expect(apply(metadata, [])).toBe(metadata);
  });

  it('remembers the file before, and moves the time on even when the clock stands still', () => {
    const metadata = tradesMetadata();
    const next = apply(metadata, [{ action: 'set-properties', updates: { a: '1' } }], 0);
    expect(next['last-updated-ms']).toBe(metadata['last-updated-ms'] + 1);
    expect(next['metadata-log']).toEqual([
      { 'metadata-file': LOCATION, 'timestamp-ms': metadata['last-updated-ms'] },
    ]);
  });

  it('keeps as many files before as the table wants', () => {
    let metadata = tradesMetadata({ properties: { 'write.metadata.previous-versions-max': '2' } });
    for (const value of ['1', '2', '3']) {
      metadata = apply(metadata, [{ action: 'set-properties', updates: { value } }]);
    }
    expect(metadata['metadata-log']).toHaveLength(2);
  });

  it('numbers a new schema itself, and uses one again that the table has', () => {
    const added = apply(tradesMetadata(), [
      { action: 'add-schema', schema: WIDER },
      { action: 'set-current-schema', 'schema-id': -1 },
    ]);
    expect(added['current-schema-id']).toBe(1);
    expect(added['last-column-id']).toBe(9);
    const back = apply(added, [
      { action: 'add-schema', schema: { ...SCHEMA, 'schema-id': 5 } },
      { action: 'set-current-schema', 'schema-id': -1 },
    ]);
    expect(back['current-schema-id']).toBe(0);
    expect(back.schemas).toHaveLength(2);
    expect(back['last-column-id']).toBe(9);
  });

  it('gives partition fields the ids they had in another spec, and new ones the next', () => {
    const next = apply(tradesMetadata(), [
      {
        action: 'add-spec',
        spec: {
          fields: [
            { 'source-id': 3, name: 'symbol_bucket', transform: 'bucket[4]' },
            { 'source-id': 2, name: 'ts_day', transform: 'day' },
          ],
        },
      },
      { action: 'set-default-spec', 'spec-id': -1 },
    ]);
    expect(next['default-spec-id']).toBe(1);
    expect(next['partition-specs'][1]?.fields.map((field) => field['field-id'])).toEqual([
      1001, 1002,
    ]);
    expect(next['last-partition-id']).toBe(1002);
  });

  it('logs only the last of several snapshots of one commit', () => {
    const base = withSnapshots(1);
    const middle = snapshotAfter(base, 2n);
    const last = {
      ...snapshotAfter(base, 3n),
      'parent-snapshot-id': 2n,
      'sequence-number': 3n,
    };
    const next = apply(base, [
      { action: 'add-snapshot', snapshot: middle },
      setMain(2n),
      { action: 'add-snapshot', snapshot: last },
      setMain(3n),
    ]);
    expect(next['snapshot-log'].map((entry) => entry['snapshot-id'])).toEqual([1n, 3n]);
    expect(next.snapshots).toHaveLength(3);
  });

  it('keeps the log in order when an engine has a slow clock', () => {
    const base = withSnapshots(1);
    const late = { ...snapshotAfter(base, 2n), 'timestamp-ms': base['last-updated-ms'] - 500 };
    const next = apply(base, [{ action: 'add-snapshot', snapshot: late }, setMain(2n)]);
    const times = next['snapshot-log'].map((entry) => entry['timestamp-ms']);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
  });

  it('takes branches, tags and statistics of a removed snapshot away with it', () => {
    const base = apply(withSnapshots(3), [
      { action: 'set-snapshot-ref', 'ref-name': 'old', type: 'tag', 'snapshot-id': 1n },
      {
        action: 'set-statistics',
        statistics: { 'snapshot-id': 1n, 'statistics-path': 's3://lake/1.puffin' },
      },
    ]);
    expect(base).toMatchObject({ statistics: [{ 'snapshot-id': 1n }] });
    const next = apply(base, [{ action: 'remove-snapshots', 'snapshot-ids': [1n] }]);
    expect(Object.keys(next.refs)).toEqual(['main']);
    expect(next).toMatchObject({ statistics: [] });
    expect(next['snapshot-log'].map((entry) => entry['snapshot-id'])).toEqual([2n, 3n]);
  });

  it('leaves a table without a current snapshot when main is removed', () => {
    const next = apply(withSnapshots(2), [{ action: 'remove-snapshot-ref', 'ref-name': 'main' }]);
    expect(next['current-snapshot-id']).toBeNull();
    expect(next.snapshots).toHaveLength(2);
  });

  it('makes a table out of nothing', () => {
    const made = applyUpdates(
      null,
      [
        { action: 'assign-uuid', uuid: '11111111-03FE-4693-9A96-A0705DDF69C1' },
        { action: 'upgrade-format-version', 'format-version': 2 },
        { action: 'add-schema', schema: SCHEMA },
        { action: 'set-current-schema', 'schema-id': -1 },
        { action: 'add-spec', spec: { fields: [] } },
        { action: 'set-default-spec', 'spec-id': -1 },
        { action: 'add-sort-order', 'sort-order': { fields: [] } },
        { action: 'set-default-sort-order', 'sort-order-id': -1 },
        { action: 'set-location', location: 's3://lake/market/made/' },
      ],
      { nowMs: START_MS },
    );
    expect(made).toMatchObject({
      'table-uuid': '11111111-03fe-4693-9a96-a0705ddf69c1',
      location: 's3://lake/market/made',
      'last-column-id': 6,
      'default-spec-id': 0,
      'default-sort-order-id': 0,
      'last-updated-ms': START_MS,
      'metadata-log': [],
    });
  });

  it('calls a sequence number that has passed a conflict, also when its snapshot is gone', () => {
    const base = withSnapshots(2);
    const branch = { ...snapshotAfter(withSnapshots(1), 3n), 'parent-snapshot-id': 1n };
    const gone = apply(apply(base, [setMain(1n)]), [
      { action: 'remove-snapshots', 'snapshot-ids': [2n] },
    ]);
    for (const metadata of [base, gone]) {
      expect(() => apply(metadata, [{ action: 'add-snapshot', snapshot: branch }])).toThrow(
        expect.objectContaining({ code: 'COMMIT_CONFLICT' }),
      );
    }
  });

  const snapshot = (values: Readonly<Record<string, unknown>>): TableUpdate => ({
    action: 'add-snapshot',
    snapshot: { ...snapshotAfter(withSnapshots(2), 3n), ...values },
  });
  it.each<[string, readonly TableUpdate[], string]>([
    ['a snapshot id it has', [snapshot({ 'snapshot-id': 1n })], 'a new snapshot id'],
    ['a snapshot of long ago', [snapshot({ 'timestamp-ms': 1 })], 'timestamp-ms'],
    ['a branch on nothing', [setMain(9n)], 'a snapshot of the table'],
    [
      'a tag called main',
      [{ action: 'set-snapshot-ref', 'ref-name': 'main', type: 'tag', 'snapshot-id': 1n }],
      'set-snapshot-ref main: expected a branch',
    ],
    [
      'another UUID',
      [{ action: 'assign-uuid', uuid: `${'0'.repeat(8) + '-0000'.repeat(3)}-${'0'.repeat(12)}` }],
      'own UUID',
    ],
    ['version 3', [{ action: 'upgrade-format-version', 'format-version': 3 }], 'only version 2'],
    ['a schema it has not', [{ action: 'set-current-schema', 'schema-id': 4 }], 'got 4'],
    ['the last schema of none', [{ action: 'set-current-schema', 'schema-id': -1 }], 'same commit'],
    ['a spec it has not', [{ action: 'set-default-spec', 'spec-id': 4 }], 'got 4'],
    ['an order it has not', [{ action: 'set-default-sort-order', 'sort-order-id': 4 }], 'got 4'],
    ['the end of its schema', [{ action: 'remove-schemas', 'schema-ids': [0] }], 'current schema'],
    [
      'the end of its spec',
      [{ action: 'remove-partition-specs', 'spec-ids': [0] }],
      'no default spec',
    ],
    [
      'a partition field of no column',
      [
        {
          action: 'add-spec',
          spec: { fields: [{ 'source-id': 77, name: 'x', transform: 'day' }] },
        },
      ],
      'expected column 77',
    ],
    [
      'a sort field of no column',
      [
        {
          action: 'add-sort-order',
          'sort-order': {
            fields: [
              {
                'source-id': 77,
                transform: 'identity',
                direction: 'asc',
                'null-order': 'nulls-first',
              },
            ],
          },
        },
        { action: 'set-default-sort-order', 'sort-order-id': -1 },
      ],
      'sort-orders',
    ],
    [
      'a column id twice',
      [
        {
          action: 'add-schema',
          schema: { ...SCHEMA, fields: SCHEMA.fields.map((field) => ({ ...field, id: 1 })) },
        },
      ],
      'schemas',
    ],
    [
      'a schema without a column it is partitioned by',
      [
        { action: 'add-schema', schema: { ...SCHEMA, fields: SCHEMA.fields.slice(0, 2) } },
        { action: 'set-current-schema', 'schema-id': -1 },
      ],
      'partition',
    ],
    ['a reserved property', [{ action: 'set-properties', updates: { uuid: 'x' } }], 'reserved'],
    ['no location', [{ action: 'set-location', location: '/tmp' }], 'a URI with a scheme'],
    [
      'statistics of nothing',
      [
        {
          action: 'set-statistics',
          statistics: { 'snapshot-id': 9n, 'statistics-path': 's3://lake/9.puffin' },
        },
      ],
      'a snapshot of the table',
    ],
  ])('refuses %s', (_, updates, message) => {
    expect(() => apply(withSnapshots(2), updates)).toThrow(message);
  });
});
