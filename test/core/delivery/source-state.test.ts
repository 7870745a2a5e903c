import { describe, expect, it } from 'vitest';
import { padSequence } from '#core/delivery/position.ts';
import {
  decodeSourceStates,
  encodeSourceStates,
  NO_COUNTS,
  readSourceStates,
  SOURCES_KEY,
  type SourceState,
} from '#core/delivery/source-state.ts';
import type { Snapshot } from '#core/iceberg/spec/snapshot.ts';
import type { TableMetadata } from '#core/iceberg/spec/table-metadata.ts';
import { createTableMetadata } from '#core/iceberg/transaction/create-table.ts';

function stateAt(sequence: number, maxEventTimeMicros: bigint | null = 5n): SourceState {
  return {
    position: { sequence: padSequence(String(sequence)), subSequence: 3 },
    maxEventTimeMicros,
    counts: { ...NO_COUNTS, received: sequence },
  };
}

const EMPTY = createTableMetadata({
  location: 's3://lake/t',
  tableUuid: '00000000-0000-4000-8000-000000000001',
  schema: {
    type: 'struct',
    'schema-id': 0,
    fields: [{ id: 1, name: 'a', required: true, type: 'int' }],
  },
  partitionSpec: { 'spec-id': 0, fields: [] },
  properties: {},
  nowMs: 0,
});

/** Snapshots in a line, oldest first; `null` stands for a foreign engine's commit. The last one is current. */
function tableOf(
  line: readonly (number | null)[],
  options: { readonly property?: number; readonly expired?: number } = {},
): TableMetadata {
  const snapshots = line.map(
    (sequence, index): Snapshot => ({
      'snapshot-id': BigInt(index + 1),
      ...(index === 0 ? {} : { 'parent-snapshot-id': BigInt(index) }),
      'sequence-number': BigInt(index + 1),
      'timestamp-ms': index,
      'manifest-list': `s3://lake/t/metadata/${index}.avro`,
      summary: {
        operation: 'append',
        ...(sequence === null
          ? {}
          : { [SOURCES_KEY]: encodeSourceStates(new Map([['s', stateAt(sequence)]])) }),
      },
      'schema-id': 0,
    }),
  );
  const { property, expired = 0 } = options;
  return {
    ...EMPTY,
    snapshots: snapshots.slice(expired),
    'current-snapshot-id': line.length === 0 ? null : BigInt(line.length),
    properties:
      property === undefined
        ? {}
        : { [SOURCES_KEY]: encodeSourceStates(new Map([['s', stateAt(property)]])) },
  };
}

const sequenceOf = (metadata: TableMetadata): number | undefined =>
  readSourceStates(metadata).get('s')?.counts.received;

describe('encodeSourceStates', () => {
  it('is read back as it was', () => {
    const states = new Map([
      ['b', stateAt(7, null)],
      ['a', stateAt(9, -12n)],
    ]);
    expect(decodeSourceStates(encodeSourceStates(states))).toEqual(states);
  });

  it('does not depend on the order of the sources', () => {
    const [a, b] = [stateAt(1), stateAt(2)];
    expect(
      encodeSourceStates(
        new Map([
          ['a', a],
          ['b', b],
        ]),
      ),
    ).toBe(
      encodeSourceStates(
        new Map([
          ['b', b],
          ['a', a],
        ]),
      ),
    );
  });

  it.each([
    '',
    '[]',
    '{"s":{}}',
    '{"s":{"sequence":"1","sub":0,"maxEventTime":null,"counts":[0,0,0,0,0,0]}}',
  ])('refuses %j', (text) => {
    expect(() => decodeSourceStates(text)).toThrow(/sluice\.sources/);
  });
});

describe('readSourceStates', () => {
  it('is empty for a new table', () => {
    expect(readSourceStates(EMPTY)).toEqual(new Map());
  });

  it('takes the current snapshot before the property', () => {
    expect(sequenceOf(tableOf([10, 20], { property: 99 }))).toBe(20);
  });

  it('rolls back with the table', () => {
    const rolledBack = { ...tableOf([10, 20, 30], { property: 30 }), 'current-snapshot-id': 1n };
    expect(sequenceOf(rolledBack)).toBe(10);
  });

  it('steps over commits of other engines', () => {
    expect(sequenceOf(tableOf([10, 20, null, null], { property: 20 }))).toBe(20);
  });

  it('takes the property when the parents that knew have expired', () => {
    expect(sequenceOf(tableOf([10, 20, null], { property: 20, expired: 2 }))).toBe(20);
  });

  it('takes the property of a table whose snapshots are all gone', () => {
    expect(sequenceOf(tableOf([], { property: 20 }))).toBe(20);
  });

  it('does not run in circles on damaged parents', () => {
    const metadata = tableOf([null, null], { property: 5 });
    const [first, second] = metadata.snapshots;
    const circle = { ...metadata, snapshots: [{ ...first!, 'parent-snapshot-id': 2n }, second!] };
    expect(sequenceOf(circle)).toBe(5);
  });
});
