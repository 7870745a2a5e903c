import type { PollCursor } from '#core/config/connector.ts';
import { parseTimestamp } from '#core/expression/values/calendar.ts';
import { exactNumber } from '#core/ingest/exact-number.ts';

/** Longer values are no cursors; they travel in URLs and in the connector's state. */
const MAX_LENGTH = 512;
/** Decimals that are compared. */
const NUMBER_SCALE = 20;
const CONTROL = /\p{Cc}/u;

/** How values compare when the connector does not say it: as the first one looks. */
export function comparisonOf(initial: string): PollCursor['compare'] {
  if (exactNumber(initial, NUMBER_SCALE) !== null) return 'number';
  return parseTimestamp(initial) === null ? 'text' : 'time';
}

/** True for a value that can be a cursor of its kind. */
export function isCursorValue(compare: PollCursor['compare'], value: string): boolean {
  if (value === '' || value.length > MAX_LENGTH || CONTROL.test(value)) return false;
  return compare === 'text' || rankOf(compare, value) !== null;
}

/** Below, at or above 0 as `a` is lower than, equal to or higher than `b`; both are cursor values. */
export function compareCursors(compare: PollCursor['compare'], a: string, b: string): number {
  const [left, right] =
    compare === 'text' ? [a, b] : [rankOf(compare, a) ?? 0n, rankOf(compare, b) ?? 0n];
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

function rankOf(compare: 'number' | 'time', value: string): bigint | null {
  return compare === 'number' ? exactNumber(value, NUMBER_SCALE) : parseTimestamp(value);
}

/** The cursor less the overlap, as RFC 3339 in UTC; the value itself when there is none. */
export function withOverlap(
  cursor: Pick<PollCursor, 'compare' | 'overlapMs'>,
  value: string,
): string {
  if (cursor.overlapMs === 0 || cursor.compare !== 'time') return value;
  const micros = (parseTimestamp(value) ?? 0n) - BigInt(cursor.overlapMs) * 1_000n;
  const millis = micros / 1_000n - (micros % 1_000n < 0n ? 1n : 0n);
  const rest = micros - millis * 1_000n;
  const text = new Date(Number(millis)).toISOString();
  return rest === 0n ? text : text.replace('Z', `${String(rest).padStart(3, '0')}Z`);
}

/** Seconds between a time cursor and now; null for other kinds. */
export function cursorLagSeconds(
  cursor: Pick<PollCursor, 'compare'> | null,
  value: string | null,
  nowMs: number,
): number | null {
  if (cursor?.compare !== 'time' || value === null) return null;
  const micros = parseTimestamp(value);
  return micros === null ? null : Math.max(0, nowMs / 1_000 - Number(micros) / 1_000_000);
}
