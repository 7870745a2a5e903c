import type { HourlyCounts } from '#core/delivery/batch-summary.ts';
import { addCounts, type DeliveryCounts, NO_COUNTS } from '#core/delivery/delivery-counts.ts';
import { createHourlyTally, sumHours } from '#core/delivery/hourly-tally.ts';
import type { AcceptedEvent } from '#core/delivery/judged-event.ts';
import { isFileSource, type Position } from '#core/delivery/position.ts';
import type { SourceState } from '#core/delivery/source-state.ts';
import type { StagedDuplicate } from '#core/delivery/staged-batch.ts';
import type { StreamPlan } from '#core/delivery/stream-plan.ts';
import { EXTRA_COLUMN } from '#core/schema/extra-fields.ts';
import type { Row, Value } from '#core/schema/field.ts';

/** Whether the table holds an event of this identity that arrived within the horizon of this one. */
export type IsCommitted = (eventId: string, arrivalMs: number) => boolean;

export interface ProcessedRows {
  /** Bronze rows in position order: source fields, mapped columns, envelope columns. */
  readonly rows: readonly Row[];
  /** The source's state once these events are committed. */
  readonly state: SourceState;
  /** Of these events alone. */
  readonly counts: DeliveryCounts;
  readonly hours: HourlyCounts;
  /** Events that were left out for an equal one. */
  readonly duplicates: readonly StagedDuplicate[];
}

/**
 * Takes a source's accepted events, in position order and all after `before.position`, through
 * de-duplication and the watermark. Pure: the same events, state and table give the same result.
 *
 * Of events with equal identity that arrived within the horizon of each other the first stays, whether
 * the other one is in the batch or in the table: so rows do not depend on where batches end. Without
 * horizon they are compared within the batch only, whatever lies between them.
 *
 * A duplicate moves the watermark like every accepted event: whether an event is one may be known only when it
 * is committed, and what is late must not depend on it.
 */
export function processRows(
  plan: StreamPlan,
  events: readonly AcceptedEvent[],
  options: {
    readonly source: string;
    readonly before: SourceState | null;
    /** Position of the last event these stand for, accepted or not. */
    readonly last: Position;
    readonly isCommitted: IsCommitted;
  },
): ProcessedRows {
  const rows: Row[] = [];
  const duplicates: StagedDuplicate[] = [];
  const tally = createHourlyTally();
  const isDuplicate = duplicateFinder(plan, options.isCommitted);
  const hasWatermark = !isFileSource(options.source);
  let maxEventTimeMicros = options.before?.maxEventTimeMicros ?? null;
  for (const event of events) {
    const counters = tally.at(event.arrivalMicros);
    counters.received++;
    const { eventTimeMicros, position, arrivalMicros } = event;
    const isLate =
      maxEventTimeMicros !== null && eventTimeMicros < maxEventTimeMicros - plan.delayMicros;
    if (hasWatermark && (maxEventTimeMicros === null || eventTimeMicros > maxEventTimeMicros))
      maxEventTimeMicros = eventTimeMicros;
    if (isDuplicate(event)) {
      counters.deduplicated++;
      duplicates.push({ position, arrivalMicros });
      continue;
    }
    counters.committed++;
    if (isLate) counters.late++;
    rows.push(bronzeRow(plan, event, { source: options.source, isLate }));
  }
  const hours = tally.counts();
  const counts = sumHours(hours);
  const state = {
    position: options.last,
    maxEventTimeMicros,
    counts: addCounts(options.before?.counts ?? NO_COUNTS, counts),
  };
  return { rows, state, counts, hours, duplicates };
}

function duplicateFinder(
  plan: StreamPlan,
  isCommitted: IsCommitted,
): (event: AcceptedEvent) => boolean {
  const horizonMs = plan.stream.dedupe.horizonMs;
  const reachMs = horizonMs === 0 ? Number.POSITIVE_INFINITY : horizonMs;
  const arrivals = new Map<string, number>();
  return ({ eventId, arrivalMicros }) => {
    const arrivalMs = Number(arrivalMicros / 1000n);
    const before = arrivals.get(eventId);
    if (before !== undefined && Math.abs(arrivalMs - before) <= reachMs) return true;
    if (horizonMs > 0 && isCommitted(eventId, arrivalMs)) return true;
    arrivals.set(eventId, arrivalMs);
    return false;
  };
}

function bronzeRow(
  plan: StreamPlan,
  event: AcceptedEvent,
  options: { readonly source: string; readonly isLate: boolean },
): Row {
  const raw: Record<string, Value> = {};
  for (const { column, rawColumn } of plan.mapping) {
    if (rawColumn !== null) raw[rawColumn] = event.row[column] ?? null;
  }
  const sourceSystem = event.row['source_system'];
  return {
    ...event.row,
    ...event.mapped,
    ...raw,
    _flags: event.flags,
    _event_id: event.eventId,
    _ingested_at: event.arrivalMicros,
    _source_system: typeof sourceSystem === 'string' ? sourceSystem : plan.stream.domain,
    _schema_version: event.schemaVersion,
    _mapping_version: plan.mappingVersion,
    _source: options.source,
    _sequence: event.position.sequence,
    _sub_sequence: event.position.subSequence,
    _late: options.isLate,
    _extra: event.row[EXTRA_COLUMN] ?? null,
  };
}
