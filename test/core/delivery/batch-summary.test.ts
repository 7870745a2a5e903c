import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  arrivalHour,
  BATCH_KEY,
  type BatchSummary,
  encodeBatchSummaries,
  readBatchSummaries,
} from '#core/delivery/batch-summary.ts';
import { type DeliveryCounts, NO_COUNTS } from '#core/delivery/delivery-counts.ts';
import { padSequence } from '#core/delivery/position.ts';

const BATCH: BatchSummary = {
  source: 'kinesis:local-market/shardId-000000000000',
  first: { sequence: padSequence('7'), subSequence: 2 },
  last: { sequence: padSequence('9'), subSequence: 0 },
  streams: new Map([
    ['trade', new Map([['2026-11-20T21', { ...NO_COUNTS, received: 3, committed: 2, late: 1 }]])],
  ]),
};

const TEXT = `{"source":"kinesis:local-market/shardId-000000000000","first":["${padSequence('7')}",2],"last":["${padSequence('9')}",0],"streams":{"trade":{"2026-11-20T21":[3,2,0,0,0,1]}}}`;

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
    const record =
      'kinesis:local-market/shardId-000000000000,55=7,2,55=9,0,trade+2026-11-20T21+3+2+0+0+0+1';
    expect(encodeBatchSummaries([BATCH])).toBe(`2;${record}`);
    const second = '40=1,55=7,2,55=9,0,++3+2+0+0+0+1';
    expect(
      encodeBatchSummaries([BATCH, { ...BATCH, source: `${BATCH.source.slice(0, -1)}1` }]),
    ).toBe(`2;${record};${second}`);
  });

  it('reads what was committed before batches came in lists', () => {
    expect(readBatchSummaries({ [BATCH_KEY]: TEXT })).toEqual([BATCH]);
  });

  it('reads what was committed as a list of JSON', () => {
    const text = `[${TEXT},${TEXT.replace(BATCH.source, 's')}]`;
    expect(readBatchSummaries({ [BATCH_KEY]: text })).toEqual([BATCH, { ...BATCH, source: 's' }]);
  });

  it('reads back what was written', () => {
    fc.assert(
      fc.property(streams, (map) => {
        const batches = [{ ...BATCH, streams: map }, BATCH];
        const text = encodeBatchSummaries(batches);
        expect(readBatchSummaries({ [BATCH_KEY]: text })).toEqual(batches);
      }),
    );
  });

  it('gives equal batches equal bytes, whatever came first', () => {
    const turned = fc.tuple(streams, fc.boolean());
    fc.assert(
      fc.property(turned, ([map]) => {
        const reversed = new Map([...map].reverse());
        expect(encodeBatchSummaries([{ ...BATCH, streams: reversed }])).toBe(
          encodeBatchSummaries([{ ...BATCH, streams: map }]),
        );
      }),
    );
  });

  it('is empty for a commit that is not of ours', () => {
    expect(readBatchSummaries({ operation: 'append' })).toEqual([]);
  });

  it.each([
    '',
    '{}',
    '[1]',
    'no json',
    '{"source":"s","first":["7",0],"last":["9",0],"streams":{}}',
    '2;',
    '2;s,7,0,9,0',
    '2;s,55=7,0,55=9',
    '2;s,55=7,0,55=9,0,trade+2026-11-20+1',
    '2;s,55=7,0,55=9,0,trade+2026-11-20T21+0',
    '2;s,55=7,0,55=9,0,trade+2026-11-20T21+1+2+3+4+5+6+7',
    '2;s,55=7,0,55=9,0,trade+2026-11-20T21+1,+2026-11-20T21+1',
    '2;%,55=7,0,55=9,0',
    '3;s,55=7,0,55=9,0',
  ])('refuses %j', (text) => {
    expect(() => readBatchSummaries({ [BATCH_KEY]: text })).toThrow(
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
