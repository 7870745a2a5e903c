import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NO_COUNTS } from '#core/delivery/delivery-counts.ts';
import { padSequence } from '#core/delivery/position.ts';
import {
  decodeSourceStates,
  encodeSourceStates,
  readSourceStates,
  SOURCES_KEY,
  type SourceState,
  type SourceStates,
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

/** Like those of Kinesis: shards differ after a dozen digits. */
function shardSequence(shard: number): string {
  return `496612345678${String(shard)}${'7'.repeat(43)}`;
}

describe('encodeSourceStates', () => {
  it('is read back as it was', () => {
    const states = new Map([
      ['b', stateAt(7, null)],
      ['a', stateAt(9, -12n)],
    ]);
    expect(decodeSourceStates(encodeSourceStates(states))).toEqual(states);
  });

  it('has a fixed form: what is committed is read for years', () => {
    const states = new Map([
      ['kinesis:m/shardId-000000000000', stateAt(7, null)],
      ['kinesis:m/shardId-000000000001', stateAt(1007, -12n)],
      ['kafka:a,b;c=%/0', { ...stateAt(0), maxArrivalMicros: 9n }],
    ]);
    expect(encodeSourceStates(states)).toBe(
      `2;kafka:a%2Cb%3Bc%3D%25/0,56=,3,5,9;1=inesis:m/shardId-000000000000,55=7,3,,,7;` +
        '29=1,52=1007,3,-12,,1007',
    );
    expect(encodeSourceStates(new Map())).toBe('2');
  });

  it('reads back whatever names, positions and counts there are', () => {
    const count = fc.maxSafeNat();
    const digits = fc.stringMatching(/^\d{1,56}$/);
    const state = fc.record(
      {
        position: fc.record({ sequence: digits.map(padSequence), subSequence: fc.nat() }),
        maxEventTimeMicros: fc.option(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })),
        counts: fc.record({
          received: count,
          committed: count,
          rejected: count,
          deduplicated: count,
          deadLettered: count,
          late: count,
        }),
        maxArrivalMicros: fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }),
      },
      { requiredKeys: ['position', 'maxEventTimeMicros', 'counts'] },
    );
    const name = fc.string({ unit: 'grapheme', minLength: 1 });
    fc.assert(
      fc.property(fc.array(fc.tuple(name, state)), (entries) => {
        const states: SourceStates = new Map(entries);
        expect(decodeSourceStates(encodeSourceStates(states))).toEqual(states);
      }),
    );
  });

  it('takes about 100 characters for a shard', () => {
    const states = new Map(
      Array.from({ length: 8 }, (_, shard): [string, SourceState] => [
        `kinesis:prod-market-trade/shardId-${String(shard).padStart(12, '0')}`,
        {
          position: { sequence: shardSequence(shard), subSequence: 499 },
          maxEventTimeMicros: 1_767_225_600_005_000n,
          counts: { ...NO_COUNTS, received: 250_000_000, committed: 250_000_000 },
        },
      ]),
    );
    expect(encodeSourceStates(states).length / 8).toBeLessThan(110);
  });

  it('reads the JSON that was committed before', () => {
    const text = `{"s":{"sequence":"${padSequence('9')}","sub":3,"maxEventTime":"-12","counts":[9,0,0,0,0,0],"maxArrival":"4"},"r":{"sequence":"${padSequence('7')}","sub":0,"maxEventTime":null,"counts":[1,2,3,4,5,6]}}`;
    expect(decodeSourceStates(text)).toEqual(
      new Map([
        ['s', { ...stateAt(9, -12n), maxArrivalMicros: 4n }],
        [
          'r',
          {
            position: { sequence: padSequence('7'), subSequence: 0 },
            maxEventTimeMicros: null,
            counts: {
              received: 1,
              committed: 2,
              rejected: 3,
              deduplicated: 4,
              deadLettered: 5,
              late: 6,
            },
          },
        ],
      ]),
    );
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
    '2;',
    '2;s',
    '2;s,7,0,,',
    '2;s,57=7,0,,',
    '2;s,55=,0,,',
    '2;s,55=7,-1,,',
    '2;s,55=7,01,,',
    '2;s,55=7,0,x,',
    '2;s,55=7,0,1,1',
    '2;s,55=7,0,,,5,5',
    '2;s,55=7,0,,,',

    '2;s,55=7,0,,,0',
    '2;s,55=7,0,,,1,2,3,4,5,6,7',
    '2;s,54=07,0,,',
    '2;s,55=7,0,,;1=,56=,0,,',
    '2;s,55=7,0,,;a,56=,0,,',
    '2;2=s,55=7,0,,',
    '2;s,55=9007199254740993,0,,',
    '22',
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
