import type { Vector } from '../columns/vector.ts';
import { createVectorBuilder, vectorsOf } from '../columns/vector-builder.ts';
import { EXTRA_COLUMN } from '../schema/extra-fields.ts';
import type { Row, Value } from '../schema/field.ts';
import type { BlockRecord, JudgedBlock } from './judged-block.ts';
import {
  type AcceptedEvent,
  type DiscardedEvent,
  isDiscarded,
  type JudgedEvent,
} from './judged-event.ts';
import type { StreamPlan } from './stream-plan.ts';

const NO_ROW: Row = {};

/**
 * Events that were judged as rows (rows of files) as a block: what judgeBlock gives for events of a stream.
 * Throws SCHEMA_INCOMPATIBLE when an accepted row holds a value that its field does not have.
 */
export function blockOfRows(plan: StreamPlan, events: readonly JudgedEvent[]): JudgedBlock {
  const rows = events.map((event) => (event.kind === 'accepted' ? event.row : NO_ROW));
  const { fields } = plan.stream;
  return {
    plan,
    length: events.length,
    ...positionsOf(events),
    accepted: Uint8Array.from(events, ({ kind }) => (kind === 'accepted' ? 1 : 0)),
    discarded: events.filter((event): event is DiscardedEvent => isDiscarded(event)),
    schemaVersions: Int32Array.from(events, ({ schemaVersion }) => schemaVersion ?? 0),
    eventTimes: BigInt64Array.from(events, (event) =>
      event.kind === 'accepted' ? event.eventTimeMicros : event.arrivalMicros,
    ),
    fields,
    vectors: vectorsOf(fields, rows),
    mapped: plan.stream.mapping.map(({ column, type }) =>
      acceptedVector(events, type, (event) => event.mapped[column] ?? null),
    ),
    flags: acceptedVector(events, { kind: 'string' }, ({ flags }) => flags),
    extras: extrasOf(rows),
    sourceOf: (row) => events[row]!,
  };
}

function acceptedVector(
  events: readonly JudgedEvent[],
  type: Parameters<typeof createVectorBuilder>[0],
  valueIn: (event: AcceptedEvent) => Value,
): Vector {
  const builder = createVectorBuilder(type, events.length);
  for (const [row, event] of events.entries()) {
    if (event.kind === 'accepted') builder.set(row, valueIn(event));
  }
  return builder.finish();
}

/** A row of a file is a record of its own; events of one stream record follow each other. */
function positionsOf(
  events: readonly JudgedEvent[],
): Pick<JudgedBlock, 'records' | 'recordOf' | 'subSequences'> {
  const records: BlockRecord[] = [];
  const recordOf = new Int32Array(events.length);
  const subSequences = new Int32Array(events.length);
  for (const [row, { position, arrivalMicros }] of events.entries()) {
    const last = records.at(-1);
    if (last?.sequence !== position.sequence || last.arrivalMicros !== arrivalMicros) {
      records.push({ sequence: position.sequence, arrivalMicros });
    }
    recordOf[row] = records.length - 1;
    subSequences[row] = position.subSequence;
  }
  return { records, recordOf, subSequences };
}

function extrasOf(rows: readonly Row[]): ReadonlyMap<number, string> {
  const extras = new Map<number, string>();
  for (const [row, values] of rows.entries()) {
    const text = values[EXTRA_COLUMN];
    if (typeof text === 'string') extras.set(row, text);
  }
  return extras;
}
