import { z } from 'zod';
import { SluiceError } from '../errors.ts';
import {
  currentSnapshot,
  snapshotById,
  type TableMetadata,
} from '../iceberg/spec/table-metadata.ts';
import type { DeliveryCounts } from './delivery-counts.ts';
import {
  isPacked,
  PackedFields,
  packCounts,
  packedRecords,
  packRecords,
  requireCanonical,
  unpackCounts,
} from './packed-text.ts';
import type { Position } from './position.ts';

/**
 * What a table knows of one source: a fold over the source's rows up to `position`. It is written in
 * the commit that adds the rows, so rows and state cannot part: that is the exactly-once guarantee.
 */
export interface SourceState {
  readonly position: Position;
  /** Highest accepted event time, microseconds; the watermark is this minus the stream's delay. */
  readonly maxEventTimeMicros: bigint | null;
  readonly counts: DeliveryCounts;
  /**
   * Latest arrival of the events up to `position`, microseconds; only of sources whose positions may start again
   * (canStartAgain). An event at or below the position that arrived later belongs to another source of the same name.
   */
  readonly maxArrivalMicros?: bigint;
}

export type SourceStates = ReadonlyMap<string, SourceState>;

/** Key of the states in a snapshot summary and in the table properties. */
export const SOURCES_KEY = 'sluice.sources';

/** Packed text (see packed-text.ts); sources in order, so equal states give equal bytes. */
export function encodeSourceStates(states: SourceStates): string {
  const fields = new PackedFields();
  const sorted = [...states].sort(([a], [b]) => (a < b ? -1 : 1));
  const records = sorted.map(([source, state]) => {
    const { position, maxEventTimeMicros, maxArrivalMicros, counts } = state;
    return [
      fields.packName(source),
      ...fields.packPosition(position),
      fields.packMicros(maxEventTimeMicros),
      fields.packMicros(maxArrivalMicros),
      ...packCounts(counts),
    ].join(',');
  });
  return packRecords(records);
}

/**
 * Inverse of encodeSourceStates; reads the JSON of before, too. Throws TABLE_INVALID: a table whose positions cannot be
 * read must not be written to.
 */
export function decodeSourceStates(text: string): SourceStates {
  try {
    return isPacked(text) ? unpackStates(text) : parseStates(text);
  } catch (cause) {
    const problem = cause instanceof Error ? cause.message : String(cause);
    throw new SluiceError('TABLE_INVALID', `${SOURCES_KEY}: ${problem}`, { cause });
  }
}

function unpackStates(text: string): SourceStates {
  const fields = new PackedFields();
  const states = new Map<string, SourceState>();
  for (const record of packedRecords(text)) {
    const [source, sequence, sub, maxEventTime, maxArrival, ...counts] = record.split(',');
    const position = fields.unpackPosition(sequence, sub);
    const maxEventTimeMicros = fields.unpackMicros(maxEventTime);
    const arrival = fields.unpackMicros(maxArrival);
    states.set(fields.unpackName(source), {
      position,
      maxEventTimeMicros,
      counts: unpackCounts(counts),
      ...(arrival === null ? {} : { maxArrivalMicros: arrival }),
    });
  }
  requireCanonical(text, encodeSourceStates(states));
  return states;
}

const jsonState = z.strictObject({
  sequence: z.string().regex(/^\d{56}$/),
  sub: z.int().min(0),
  maxEventTime: z
    .string()
    .regex(/^-?\d+$/)
    .nullable(),
  counts: z.tuple([z.int(), z.int(), z.int(), z.int(), z.int(), z.int()]),
  maxArrival: z.string().regex(/^\d+$/).optional(),
});
const jsonStates = z.record(z.string(), jsonState);

/** The form of before. */
function parseStates(text: string): SourceStates {
  const checked = jsonStates.safeParse(parseJson(text));
  if (!checked.success) throw new SluiceError('TABLE_INVALID', z.prettifyError(checked.error));
  const states = new Map<string, SourceState>();
  for (const [source, state] of Object.entries(checked.data)) {
    const [received, committed, rejected, deduplicated, deadLettered, late] = state.counts;
    states.set(source, {
      position: { sequence: state.sequence, subSequence: state.sub },
      maxEventTimeMicros: state.maxEventTime === null ? null : BigInt(state.maxEventTime),
      counts: { received, committed, rejected, deduplicated, deadLettered, late },
      ...(state.maxArrival === undefined ? {} : { maxArrivalMicros: BigInt(state.maxArrival) }),
    });
  }
  return states;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const got = `${text.length} characters that are not`;
    throw new SluiceError('TABLE_INVALID', `expected JSON or packed text, got ${got}`, { cause });
  }
}

/**
 * The states that hold for the table's current snapshot. Two copies exist, in the snapshot summary
 * and in the table properties; the rule which one wins:
 * 1. The nearest snapshot on the current snapshot's line of parents that carries states. A rollback
 *    moves the current snapshot and with it the positions, so the rolled back rows are taken in again;
 *    a foreign engine's commit carries none and is stepped over.
 * 2. The property, when that line ends (expired parents) without one, or when there is no snapshot.
 */
export function readSourceStates(metadata: TableMetadata): SourceStates {
  const seen = new Set<bigint>();
  let snapshot = currentSnapshot(metadata);
  while (snapshot !== null && !seen.has(snapshot['snapshot-id'])) {
    const text = snapshot.summary[SOURCES_KEY];
    if (text !== undefined) return decodeSourceStates(text);
    seen.add(snapshot['snapshot-id']);
    const parent = snapshot['parent-snapshot-id'];
    snapshot = parent === undefined || parent === null ? null : snapshotById(metadata, parent);
  }
  const property = metadata.properties[SOURCES_KEY];
  return property === undefined ? new Map() : decodeSourceStates(property);
}
