import { currentSnapshot, type TableMetadata } from '../iceberg/spec/table-metadata.ts';
import { isFileSource } from './position.ts';
import { readSourceStates, SOURCES_KEY, type SourceStates } from './source-state.ts';

/** Up to when a table's times are closed, by column: no row before it is expected any more, microseconds. */
export type ClosedTimes = ReadonlyMap<string, bigint>;

/** Arrival of a row, in every table of ours. */
export const ARRIVAL_COLUMN = '_ingested_at';

/** Rows reach a table within minutes of their arrival; a writer that is further behind finds its partition open again. */
const ARRIVAL_GRACE_MICROS = 3_600_000_000n;
/**
 * A source that stands still (a shard that was split, a producer that was turned off) would hold back the watermark for
 * ever: after this time without rows for a partition it counts as closed all the same.
 */
const STANDSTILL_MICROS = 86_400_000_000n;

/**
 * What a table says about closed times. Event times: before the watermark, the lowest over the sources of their highest event time
 * minus the delay; or a day before the newest commit of rows. Arrival: an hour before the newest commit of rows, because what a commit
 * holds arrived before it. Rows may come later all the same (late events, a writer that was down): to rewrite a partition is safe
 * at any time, closed ones only need it once.
 */
export function closedTimes(
  metadata: TableMetadata,
  eventTime: { readonly column: string; readonly delayMs: number } | null,
): ClosedTimes {
  const committed = newestRowsMicros(metadata);
  if (committed === null) return new Map();
  const times = new Map([[ARRIVAL_COLUMN, committed - ARRIVAL_GRACE_MICROS]]);
  if (eventTime === null || eventTime.column === ARRIVAL_COLUMN) return times;
  const watermark = watermarkMicros(readSourceStates(metadata), eventTime.delayMs);
  const standstill = committed - STANDSTILL_MICROS;
  const closed = watermark !== null && watermark > standstill ? watermark : standstill;
  return times.set(eventTime.column, closed);
}

/** Time of the newest commit that moved a source's position, else of the current snapshot. */
function newestRowsMicros(metadata: TableMetadata): bigint | null {
  const newest =
    metadata.snapshots.findLast(
      ({ summary }) => summary['operation'] === 'append' && summary[SOURCES_KEY] !== undefined,
    ) ?? currentSnapshot(metadata);
  return newest === null ? null : BigInt(newest['timestamp-ms']) * 1000n;
}

/** Null when a source has shown no event time yet, or there is none; files move no watermark. */
function watermarkMicros(states: SourceStates, delayMs: number): bigint | null {
  let lowest: bigint | null = null;
  for (const [source, { maxEventTimeMicros }] of states) {
    if (isFileSource(source)) continue;
    if (maxEventTimeMicros === null) return null;
    if (lowest === null || maxEventTimeMicros < lowest) lowest = maxEventTimeMicros;
  }
  return lowest === null ? null : lowest - BigInt(delayMs) * 1000n;
}
