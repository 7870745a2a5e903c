import {
  DEFAULT_MAX_INFLATED_BYTES,
  type RegisteredRecord,
} from '#core/avro/schema-registry-header.ts';
import { noHeader, readWireHeader } from '#core/avro/wire-header.ts';
import { processingFailure } from '#core/delivery/judged-event.ts';
import { type Position, padSequence } from '#core/delivery/position.ts';
import { hasCode } from '#core/errors.ts';
import { decodeRecord, type UserRecord } from '#core/kinesis/aggregated-record.ts';

/** One stream record as the event source mapping delivers it; possibly aggregated. */
export interface SourceRecord {
  readonly sequenceNumber: string;
  readonly partitionKey: string;
  readonly arrivalMs: number;
  /** Bytes, or base64 as the event has it. */
  readonly data: Uint8Array | string;
}

/** An event out of its record: which schema it names and the bytes to decode, or why there are none. */
export interface OpenedEvent {
  readonly position: Position;
  readonly arrivalMicros: bigint;
  readonly partitionKey: string;
  /** As it arrived, schema header included. */
  readonly payload: Uint8Array;
  readonly content: RegisteredRecord | { readonly problem: string };
}

/**
 * What the zlib-compressed events of one stream record may inflate to together. Honest events shrink to
 * a third, seldom to a tenth, each by itself; the largest record of such events stays far below. A bomb
 * shrinks to a thousandth. What is beyond is kept whole as undecodable. It depends on the record alone,
 * so every delivery decides alike.
 */
export const MAX_RECORD_INFLATED_BYTES = 8 * DEFAULT_MAX_INFLATED_BYTES;

/** The events of a record, in order; a record whose aggregation is broken is one event that cannot be read. */
export function openRecord(record: SourceRecord): readonly OpenedEvent[] {
  const arrivalMicros = BigInt(Math.round(record.arrivalMs * 1000));
  const sequence = padSequence(record.sequenceNumber);
  const data = typeof record.data === 'string' ? Buffer.from(record.data, 'base64') : record.data;
  let parts: readonly UserRecord[];
  try {
    parts = decodeRecord(data, record.partitionKey);
  } catch (error) {
    const { partitionKey } = record;
    const payload = data;
    const position = { sequence, subSequence: 0 };
    const content = { problem: corruption(error) };
    return [{ position, arrivalMicros, partitionKey, payload, content }];
  }
  let budgetBytes = MAX_RECORD_INFLATED_BYTES;
  return parts.map(({ subSequence, partitionKey, data: payload }) => {
    const content = readHeader(payload, budgetBytes);
    if ('inflatedBytes' in content) budgetBytes -= content.inflatedBytes;
    const position = { sequence, subSequence };
    return { position, arrivalMicros, partitionKey, payload, content };
  });
}

/** What stands before an event's body, and the body; `budgetBytes` is what its record may still inflate to. */
export function readHeader(data: Uint8Array, budgetBytes: number): OpenedEvent['content'] {
  const maxInflatedBytes = Math.min(budgetBytes, DEFAULT_MAX_INFLATED_BYTES);
  try {
    const header = readWireHeader(data, { maxInflatedBytes });
    return header.kind === 'none' ? { problem: noHeader(data).message } : header;
  } catch (error) {
    const reason = corruption(error);
    if (maxInflatedBytes === DEFAULT_MAX_INFLATED_BYTES) return { problem: reason };
    return {
      problem: `${reason}; events of one record may inflate to ${MAX_RECORD_INFLATED_BYTES} bytes together`,
    };
  }
}

/** What is wrong with the bytes; an error of ours is said to be one, and stays with this one event. */
export function corruption(error: unknown): string {
  return hasCode(error, 'FORMAT_CORRUPT') ? error.message : processingFailure(error);
}
