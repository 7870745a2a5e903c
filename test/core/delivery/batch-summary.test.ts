import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  arrivalHour,
  BATCH_KEY,
  type BatchSummary,
  encodeBatchSummary,
  readBatchSummary,
} from '#core/delivery/batch-summary.ts';
import { padSequence } from '#core/delivery/position.ts';
import { type DeliveryCounts, NO_COUNTS } from '#core/delivery/source-state.ts';

const BATCH: BatchSummary = {
  source: 'kinesis:local-market/shardId-000000000000',
  first: { sequence: padSequence('7'), subSequence: 2 },
  last: { sequence: padSequence('9'), subSequence: 0 },
  streams: new Map([
    ['trade', new Map([['2026-11-20T21', { ...NO_COUNTS, received: 3, committed: 2, late: 1 }]])],
  ]),
};

const counts: fc.Arbitrary<DeliveryCounts> = fc.record({
  received: fc.nat(),
  committed: fc.nat(),
  rejected: fc.nat(),
  deduplicated: fc.nat(),
  deadLettered: fc.nat(),
  late: fc.nat(),
});
const hour = fc
  .date({ min: new Date(0), max: new Date('2100-01-01'), noInvalidDate: true })
  .map((date) => arrivalHour(BigInt(date.getTime()) * 1000n));
const hours = fc.array(fc.tuple(hour, counts)).map((entries) => new Map(entries));
const streams = fc
  .array(fc.tuple(fc.stringMatching(/^[_a-z][a-z0-9_]{0,20}$/), hours))
  .map((entries) => new Map(entries));

describe('batch summary', () => {
  it('has a fixed form: what is committed is read for years', () => {
    expect(encodeBatchSummary(BATCH)).toBe(
      `{"source":"kinesis:local-market/shardId-000000000000","first":["${padSequence('7')}",2],"last":["${padSequence('9')}",0],"streams":{"trade":{"2026-11-20T21":[3,2,0,0,0,1]}}}`,
    );
  });

  it('reads back what was written', () => {
    fc.assert(
      fc.property(streams, (map) => {
        const batch = { ...BATCH, streams: map };
        expect(readBatchSummary({ [BATCH_KEY]: encodeBatchSummary(batch) })).toEqual(batch);
      }),
    );
  });

  it('gives equal batches equal bytes, whatever came first', () => {
    const turned = fc.tuple(streams, fc.boolean());
    fc.assert(
      fc.property(turned, ([map]) => {
        const reversed = new Map([...map].reverse());
        expect(encodeBatchSummary({ ...BATCH, streams: reversed })).toBe(
          encodeBatchSummary({ ...BATCH, streams: map }),
        );
      }),
    );
  });

  it('is null for a commit that is not of ours', () => {
    expect(readBatchSummary({ operation: 'append' })).toBeNull();
  });

  it.each([
    '',
    '{}',
    '[1]',
    'no json',
    '{"source":"s","first":["7",0],"last":["9",0],"streams":{}}',
  ])('refuses %j', (text) => {
    expect(() => readBatchSummary({ [BATCH_KEY]: text })).toThrow(
      expect.objectContaining({ code: 'TABLE_INVALID' }),
    );
  });

  it.each([
    [0n, '1970-01-01T00'],
    [3_599_999_999n, '1970-01-01T00'],
    [3_600_000_000n, '1970-01-01T01'],
  ])('puts %d µs into the hour %s', (micros, expected) => {
    expect(arrivalHour(micros)).toBe(expected);
  });
});
