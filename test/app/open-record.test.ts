import { deflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { MAX_RECORD_INFLATED_BYTES, type OpenedEvent, openRecord } from '#app/open-record.ts';
import { encodeSchemaRegistryHeader } from '#core/avro/schema-registry-header.ts';
import { padSequence } from '#core/delivery/position.ts';
import { encodeAggregatedRecord } from '#core/kinesis/aggregated-record.ts';
import { plainRecord, START_MS } from './ingest-world.ts';

const ID = '9f6f6b0e-0000-4000-8000-000000000001';
const MIB = 1024 * 1024;

function event(sizeBytes: number, compression: 'none' | 'zlib' = 'zlib'): Uint8Array {
  return encodeSchemaRegistryHeader(ID, new Uint8Array(sizeBytes), { compression });
}

function open(payloads: readonly Uint8Array[]): readonly OpenedEvent[] {
  const events = payloads.map((data, index) => ({ partitionKey: `k-${index}`, data }));
  return openRecord(plainRecord(6, encodeAggregatedRecord(events)));
}

function isOpen({ content }: OpenedEvent): boolean {
  return 'schemaVersionId' in content;
}

function problemOf(opened: OpenedEvent | undefined): string | null {
  return opened !== undefined && 'problem' in opened.content ? opened.content.problem : null;
}

describe('openRecord', () => {
  it('gives every event its position, its key, its bytes and the arrival of the record', () => {
    const payloads = [event(3, 'none'), event(4, 'none')];
    expect(open(payloads)).toEqual(
      payloads.map((payload, index) => ({
        position: { sequence: padSequence('7'), subSequence: index },
        arrivalMicros: BigInt(START_MS + 6) * 1000n,
        partitionKey: `k-${index}`,
        payload,
        content: {
          kind: 'glue',
          schemaVersionId: ID,
          payload: new Uint8Array(3 + index),
          inflatedBytes: 0,
        },
      })),
    );
  });

  it('makes one event of a record whose aggregation is broken', () => {
    const data = Buffer.from(encodeAggregatedRecord([{ partitionKey: 'k', data: event(3) }]));
    const opened = openRecord(plainRecord(0, data.subarray(0, data.length - 3)));
    expect(opened).toMatchObject([{ position: { subSequence: 0 } }]);
    expect(problemOf(opened[0])).toMatch(/schema registry header/);
  });

  it('lets the events of a record inflate to the limit together and no further', () => {
    const opened = open([...Array.from({ length: 8 }, () => event(MIB)), event(1), event(1)]);
    expect(opened.map(isOpen)).toEqual([...Array.from({ length: 8 }, () => true), false, false]);
    expect(problemOf(opened[8])).toContain(
      `events of one record may inflate to ${MAX_RECORD_INFLATED_BYTES} bytes together`,
    );
  });

  it('opens what is not compressed, or small enough, although others went beyond the limit', () => {
    const large = Array.from({ length: 7 }, () => event(MIB));
    const opened = open([...large, event(MIB - 10), event(11), event(50, 'none'), event(10)]);
    expect(opened.slice(7).map(isOpen)).toEqual([true, false, true, true]);
  });

  it('holds an event to the limit of one event, whatever the record has left', () => {
    const bomb = Buffer.concat([event(0).subarray(0, 18), deflateSync(Buffer.alloc(MIB + 1))]);
    const [first, second] = open([bomb, event(5)]);
    expect(problemOf(first)).toContain(`at most ${MIB} bytes`);
    expect(isOpen(second!)).toBe(true);
  });
});
