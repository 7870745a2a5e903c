import type { RecordsBatch } from '@platformatic/kafka';
import { describe, expect, it } from 'vitest';
import { readBatches } from '#adapters/kafka/record-batch.ts';

const LOG_APPEND_TIME = 0x08;
const TRANSACTIONAL = 0x10;
const CONTROL = 0x20;

function batch(firstOffset: bigint, texts: readonly string[], changes: Partial<RecordsBatch> = {}) {
  return {
    firstOffset,
    length: 0,
    partitionLeaderEpoch: 0,
    magic: 2,
    crc: 0,
    attributes: LOG_APPEND_TIME,
    lastOffsetDelta: texts.length - 1,
    firstTimestamp: 1_000n,
    maxTimestamp: 9_000n,
    producerId: 1n,
    producerEpoch: 0,
    firstSequence: 0,
    records: texts.map((text, offsetDelta) => ({
      length: 0,
      attributes: 0,
      timestampDelta: BigInt(offsetDelta),
      offsetDelta,
      key: Buffer.from('k'),
      value: Buffer.from(text),
      headers: [],
    })),
    ...changes,
  };
}

/** Source: Apache Kafka, "Control Batches": version and type, 0 aborts, 1 commits. */
function marker(offset: bigint, producerId: bigint, type: 0 | 1): RecordsBatch {
  const control = batch(offset, ['']);
  const [record] = control.records;
  return {
    ...control,
    producerId,
    attributes: CONTROL | TRANSACTIONAL,
    records: [{ ...record!, key: Buffer.from([0, 0, 0, type]) }],
  };
}

const textsOf = (read: ReturnType<typeof readBatches>) =>
  read.records.map(({ value }) => Buffer.from(value ?? []).toString());

describe('readBatches', () => {
  it('gives records their offset and the time at which the broker took them', () => {
    const { records, nextOffset } = readBatches([batch(5n, ['a', 'b'])], {
      fromOffset: 5n,
      aborted: [],
    });
    expect(records.map(({ offset, timestampMs }) => [offset, timestampMs])).toEqual([
      [5n, 9_000],
      [6n, 9_000],
    ]);
    expect(nextOffset).toBe(7n);
  });

  it("gives the producer's times where the topic keeps those", () => {
    const { records } = readBatches([batch(0n, ['a', 'b'], { attributes: 0 })], {
      fromOffset: 0n,
      aborted: [],
    });
    expect(records.map(({ timestampMs, timestampType }) => [timestampMs, timestampType])).toEqual([
      [1_000, 'CREATE_TIME'],
      [1_001, 'CREATE_TIME'],
    ]);
  });

  it('begins in the middle of a batch', () => {
    const read = readBatches([batch(0n, ['a', 'b', 'c'])], { fromOffset: 2n, aborted: [] });
    expect(textsOf(read)).toEqual(['c']);
  });

  it('goes on behind a batch that compaction has emptied', () => {
    const empty = batch(3n, [], { lastOffsetDelta: 4 });
    expect(readBatches([empty], { fromOffset: 3n, aborted: [] })).toEqual({
      records: [],
      nextOffset: 8n,
    });
  });

  it('stays where it is when there is nothing', () => {
    expect(readBatches([], { fromOffset: 9n, aborted: [] }).nextOffset).toBe(9n);
  });

  it('leaves out control batches and transactions that were taken back, and only those', () => {
    const transactional = { attributes: LOG_APPEND_TIME | TRANSACTIONAL };
    const read = readBatches(
      [
        batch(0n, ['kept'], { ...transactional, producerId: 7n }),
        marker(1n, 7n, 1),
        batch(2n, ['taken back'], { ...transactional, producerId: 7n }),
        batch(3n, ['other producer'], { ...transactional, producerId: 8n }),
        batch(4n, ['no transaction']),
        marker(5n, 7n, 0),
        batch(6n, ['kept too'], { ...transactional, producerId: 7n }),
        marker(7n, 7n, 1),
      ],
      { fromOffset: 0n, aborted: [{ producerId: 7n, firstOffset: 2n }] },
    );
    expect(textsOf(read)).toEqual(['kept', 'other producer', 'no transaction', 'kept too']);
    expect(read.nextOffset).toBe(8n);
  });
});
