import { SluiceError } from '../errors.ts';

/**
 * A row's place in its source; it never changes on redelivery.
 * Sequence numbers are ordered but not dense: "the next one" cannot be computed.
 * Source: Kinesis API, `SequenceNumber` (decimal, up to 128 digits in the API, 56 in practice).
 */
export interface Position {
  /** Decimal, zero-padded to SEQUENCE_DIGITS, so that text order is numeric order. */
  readonly sequence: string;
  /** Place inside an aggregated record, from 0. */
  readonly subSequence: number;
}

export const SEQUENCE_DIGITS = 56;

/** Pads a Kinesis sequence number. Throws FORMAT_CORRUPT when it is not a decimal number of at most 56 digits. */
export function padSequence(sequenceNumber: string): string {
  if (!/^\d{1,56}$/.test(sequenceNumber)) {
    throw new SluiceError(
      'FORMAT_CORRUPT',
      `sequence number: expected 1 to ${SEQUENCE_DIGITS} digits, got ${sequenceNumber.length} characters`,
    );
  }
  return sequenceNumber.padStart(SEQUENCE_DIGITS, '0');
}

/** Negative when a is before b, 0 when equal, positive when after. */
export function comparePositions(a: Position, b: Position): number {
  if (a.sequence !== b.sequence) return a.sequence < b.sequence ? -1 : 1;
  return a.subSequence - b.subSequence;
}

/** Name of a Kinesis shard as a source: `kinesis:<stream>/<shard>`. */
export function kinesisSource(streamName: string, shardId: string): string {
  return `kinesis:${streamName}/${shardId}`;
}

/** Text that is equal for equal positions of one source. */
export function positionKey({ sequence, subSequence }: Position): string {
  return `${sequence}/${subSequence}`;
}

/** The later of two positions. */
export function laterPosition(a: Position | null, b: Position): Position {
  return a === null || comparePositions(a, b) < 0 ? b : a;
}
