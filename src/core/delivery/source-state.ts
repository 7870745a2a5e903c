import { z } from 'zod';
import { SluiceError } from '../errors.ts';
import {
  currentSnapshot,
  snapshotById,
  type TableMetadata,
} from '../iceberg/spec/table-metadata.ts';
import type { Position } from './position.ts';

/** Where every received row went. Counts are rows since the table was created. */
export interface DeliveryCounts {
  readonly received: number;
  readonly committed: number;
  readonly rejected: number;
  readonly deduplicated: number;
  readonly deadLettered: number;
  /** Part of `committed`: rows behind the watermark when they arrived. */
  readonly late: number;
}

export const NO_COUNTS: DeliveryCounts = {
  received: 0,
  committed: 0,
  rejected: 0,
  deduplicated: 0,
  deadLettered: 0,
  late: 0,
};

export function addCounts(a: DeliveryCounts, b: DeliveryCounts): DeliveryCounts {
  return {
    received: a.received + b.received,
    committed: a.committed + b.committed,
    rejected: a.rejected + b.rejected,
    deduplicated: a.deduplicated + b.deduplicated,
    deadLettered: a.deadLettered + b.deadLettered,
    late: a.late + b.late,
  };
}

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

const encodedState = z.strictObject({
  sequence: z.string().regex(/^\d{56}$/),
  sub: z.int().min(0),
  maxEventTime: z
    .string()
    .regex(/^-?\d+$/)
    .nullable(),
  counts: z.tuple([z.int(), z.int(), z.int(), z.int(), z.int(), z.int()]),
  maxArrival: z.string().regex(/^\d+$/).optional(),
});
const encodedStates = z.record(z.string(), encodedState);

/** JSON text; sources in order, so equal states give equal bytes. */
export function encodeSourceStates(states: SourceStates): string {
  const sources = [...states.keys()].sort();
  const encoded: Record<string, z.infer<typeof encodedState>> = {};
  for (const source of sources) {
    const { position, maxEventTimeMicros, counts: c, maxArrivalMicros } = states.get(source)!;
    encoded[source] = {
      sequence: position.sequence,
      sub: position.subSequence,
      maxEventTime: maxEventTimeMicros === null ? null : maxEventTimeMicros.toString(),
      counts: [c.received, c.committed, c.rejected, c.deduplicated, c.deadLettered, c.late],
      ...(maxArrivalMicros === undefined ? {} : { maxArrival: maxArrivalMicros.toString() }),
    };
  }
  return JSON.stringify(encoded);
}

/** Inverse of encodeSourceStates. Throws TABLE_INVALID: a table whose positions cannot be read must not be written to. */
export function decodeSourceStates(text: string): SourceStates {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (cause) {
    throw new SluiceError(
      'TABLE_INVALID',
      `${SOURCES_KEY}: expected JSON, got ${text.length} characters that are not`,
      { cause },
    );
  }
  const checked = encodedStates.safeParse(parsed);
  if (!checked.success) {
    throw new SluiceError('TABLE_INVALID', `${SOURCES_KEY}: ${z.prettifyError(checked.error)}`);
  }
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
