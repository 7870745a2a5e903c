import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SluiceError } from '#core/errors.ts';
import { decodeRecord, encodeAggregatedRecord } from '#core/kinesis/aggregated-record.ts';
import { sealMessage } from './seal-message.ts';

const userRecord = fc.record(
  {
    partitionKey: fc.string({ unit: 'binary', maxLength: 12 }),
    explicitHashKey: fc.bigInt({ min: 0n, max: 2n ** 128n - 1n }),
    data: fc.uint8Array({ maxLength: 300 }),
  },
  { requiredKeys: ['partitionKey', 'data'] },
);

/** Deterministic bytes without a library: a fixed linear congruential sequence. */
function createByteSource(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return state >>> 16;
  };
}

describe('aggregated records', () => {
  it('decodes what it encoded, in order', () => {
    fc.assert(
      fc.property(fc.array(userRecord, { maxLength: 40 }), (records) => {
        const decoded = decodeRecord(encodeAggregatedRecord(records), 'outer');
        expect(
          decoded.map(({ partitionKey, explicitHashKey, data }) => ({
            partitionKey,
            explicitHashKey,
            data: Uint8Array.from(data),
          })),
        ).toEqual(
          records.map(({ partitionKey, explicitHashKey, data }) => ({
            partitionKey,
            explicitHashKey: explicitHashKey ?? null,
            data,
          })),
        );
        expect(decoded.map((record) => record.subSequence)).toEqual(records.map((_, i) => i));
      }),
      { numRuns: 300, seed: 11 },
    );
  });

  it('answers 30,000 damaged messages with records or FORMAT_CORRUPT, nothing else', () => {
    const next = createByteSource(7);
    const whole = encodeAggregatedRecord(
      Array.from({ length: 6 }, (_, index) => ({
        partitionKey: `key-${index % 3}`,
        ...(index % 2 === 0 ? { explicitHashKey: BigInt(index) } : {}),
        data: Uint8Array.from({ length: index * 7 }, next),
      })),
    );
    const message = whole.subarray(4, whole.length - 16);
    let refused = 0;
    for (let run = 0; run < 30_000; run++) {
      const damaged = Uint8Array.from(message.subarray(0, message.length - (next() % 3) * 5));
      for (let change = next() % 4; change >= 0; change--) {
        damaged[next() % damaged.length] = next() & 0xff;
      }
      try {
        const total = decodeRecord(sealMessage(damaged), 'outer').reduce(
          (bytes, record) => bytes + record.data.byteLength,
          0,
        );
        expect(total).toBeLessThanOrEqual(damaged.length);
      } catch (error) {
        if (!(error instanceof SluiceError) || error.code !== 'FORMAT_CORRUPT') throw error;
        refused++;
      }
    }
    expect(refused).toBeGreaterThan(10_000);
  });
});
