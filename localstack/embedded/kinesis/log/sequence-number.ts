/**
 * Place of a record in its shard, ordered by arrival time, then ordinal. Both never fall inside a
 * shard, so a position stays behind later records even when the log loses its tail to a power cut
 * and ordinals are given out again, and positions of a deleted stream of the same name stay behind
 * every record of its successor.
 */
export interface ShardPosition {
  /** Epoch milliseconds, never less than the shard's previous record. */
  readonly arrivalMs: number;
  /** 1 for the first record of a shard; 0 names the place before it. */
  readonly ordinal: number;
}

/**
 * sequence_number => prefix(3) arrival_ms(14) shard_index(12) ordinal(27), decimal, 56 digits:
 * as long as AWS's, above 2^185 as AWS's, and string order is record order.
 */
const PREFIX = '495';
const PATTERN = /^495(\d{14})(\d{12})(\d{27})$/;

/** The sequence number of a position. `arrivalMs` below 10^14 (year 5138). */
export function formatSequenceNumber(shardIndex: number, position: ShardPosition): string {
  const time = String(position.arrivalMs).padStart(14, '0');
  const shard = String(shardIndex).padStart(12, '0');
  return `${PREFIX}${time}${shard}${String(position.ordinal).padStart(27, '0')}`;
}

/** Reads a sequence number back; null for anything that `formatSequenceNumber` cannot have written. */
export function parseSequenceNumber(
  text: string,
): { readonly shardIndex: number; readonly position: ShardPosition } | null {
  const match = PATTERN.exec(text);
  if (match === null) return null;
  const ordinal = Number(match[3]);
  if (!Number.isSafeInteger(ordinal)) return null;
  return { shardIndex: Number(match[2]), position: { arrivalMs: Number(match[1]), ordinal } };
}

/** Negative when `left` comes before `right`. */
export function comparePositions(left: ShardPosition, right: ShardPosition): number {
  return left.arrivalMs - right.arrivalMs || left.ordinal - right.ordinal;
}
