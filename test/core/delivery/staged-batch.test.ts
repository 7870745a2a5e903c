import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NO_COUNTS } from '#core/delivery/delivery-counts.ts';
import {
  decodeStagedBatch,
  encodeStagedBatch,
  type StagedBatch,
} from '#core/delivery/staged-batch.ts';
import type { PartitionTuple } from '#core/iceberg/spec/partition.ts';
import { at } from './chains.ts';

function batchOf(
  partition: PartitionTuple,
  bound: Uint8Array = Uint8Array.of(0, 255),
): StagedBatch {
  const ids = new Map([
    [2, 2n ** 60n],
    [1, 0n],
  ]);
  return {
    domain: 'market',
    source: 'kinesis:s/shardId-0',
    last: at(9),
    tables: new Map([
      [
        'd.trade',
        {
          tableUuid: '00000000-0000-4000-8000-000000000001',
          schemaId: 3,
          specId: 1,
          dedupeHorizonMs: 3_600_000,
          first: at(4),
          files: [
            {
              filePath: 's3://lake/t/data/a.parquet',
              partition,
              recordCount: 3n,
              fileSizeBytes: 2n ** 53n + 1n,
              columnSizes: ids,
              valueCounts: ids,
              nullValueCounts: new Map(),
              nanValueCounts: new Map([[7, 1n]]),
              lowerBounds: new Map([[1, bound]]),
              upperBounds: new Map([[1, new Uint8Array()]]),
              splitOffsets: [4n],
            },
          ],
          streams: new Map([
            ['trade', new Map([['2026-11-20T12', { ...NO_COUNTS, received: 4, committed: 3 }]])],
          ]),
          duplicates: [{ position: at(5), arrivalMicros: 2n ** 61n }],
          maxEventTimeMicros: -5n,
          maxArrivalMicros: 6n,
        },
      ],
    ]),
  };
}

const value: fc.Arbitrary<PartitionTuple[number]> = fc.oneof(
  fc.constant(null),
  fc.boolean(),
  fc.double(),
  fc.bigInt(),
  fc.string({ unit: 'binary' }),
  fc.uint8Array(),
);

describe('a staged batch', () => {
  it('keeps every partition value and bound, to the bit', () => {
    fc.assert(
      fc.property(fc.array(value, { maxLength: 4 }), fc.uint8Array(), (tuple, bound) => {
        const batch = batchOf(tuple, Uint8Array.from(bound));
        const read = decodeStagedBatch(encodeStagedBatch(batch), 'x');
        const [file] = read.tables.get('d.trade')?.files ?? [];
        expect(file?.partition.map((each, index) => Object.is(each, tuple[index]) || each)).toEqual(
          tuple.map((each) => (each instanceof Uint8Array ? Uint8Array.from(each) : true)),
        );
        expect({ ...read, tables: new Map(read.tables) }).toEqual(batch);
      }),
    );
  });

  it('has equal bytes for equal batches, whatever came first', () => {
    const batch = batchOf([1]);
    const [[name, table]] = [...batch.tables] as [
      [string, NonNullable<ReturnType<typeof batch.tables.get>>],
    ];
    const turned = new Map([...(table.files[0]?.columnSizes ?? [])].reverse());
    const files = table.files.map((file) => ({ ...file, columnSizes: turned }));
    const other = { ...batch, tables: new Map([[name, { ...table, files }]]) };
    expect(encodeStagedBatch(other)).toBe(encodeStagedBatch(batch));
  });

  const text = encodeStagedBatch(batchOf([1]));
  it.each([
    ['no JSON', 'x', /s3:\/\/a: expected JSON/],
    ['another format', text.replace('"format":1', '"format":9'), /format/],
    ['a field that nobody knows', text.replace('"schemaId"', '"schemaID"'), /schemaI/],
    [
      'an unknown kind of partition value',
      text.replace('["number","1"]', '["float","1"]'),
      /partition/,
    ],
    ['a bound that is no base64', text.replace('"AP8="', '"AP8"'), /lowerBounds/],
    [
      'a count that is none',
      text.replace('"recordCount":"3"', '"recordCount":"3.5"'),
      /recordCount/,
    ],
  ])('is refused with %s', (_, broken, problem) => {
    expect(() => decodeStagedBatch(broken, 's3://a')).toThrow(
      expect.objectContaining({ code: 'FORMAT_CORRUPT', message: expect.stringMatching(problem) }),
    );
  });
});
