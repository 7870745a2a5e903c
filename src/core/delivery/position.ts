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

const KAFKA = 'kafka:';

/**
 * Name of a Kafka partition as a source: `kafka:<topic>/<partition>`, and `kafka:<topic>@<generation>/<partition>` once the
 * topic was created again: its offsets start at 0 again and must not be taken for those of before.
 * @param generation 1 or more
 */
export function kafkaSource(
  topic: string,
  partition: number,
  { generation }: { readonly generation: number },
): string {
  return `${KAFKA}${topic}${generation === 1 ? '' : `@${generation}`}/${partition}`;
}

/** True for sources whose positions start again when what is behind them is deleted and created under its name. */
export function canStartAgain(source: string): boolean {
  return source.startsWith(KAFKA);
}

/** Name of an uploaded file as a source: `file:<entry>/<name>@<version>`. A position in it is the number of a row. */
export function fileSource(entry: string, file: string): string {
  return `file:${entry}/${file}`;
}

/** Rows of a file have no order in time: they are never late, and move no watermark. */
export function isFileSource(source: string): boolean {
  return source.startsWith('file:');
}

/** Text that is equal for equal positions of one source. */
export function positionKey({ sequence, subSequence }: Position): string {
  return `${sequence}/${subSequence}`;
}

/** The later of two positions. */
export function laterPosition(a: Position | null, b: Position): Position {
  return a === null || comparePositions(a, b) < 0 ? b : a;
}
