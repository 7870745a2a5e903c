import { SluiceError } from '../errors.ts';
import type { Row, Value } from '../schema/field.ts';
import { eventId } from './event-id.ts';
import type { Position } from './position.ts';
import { addCounts, type DeliveryCounts, NO_COUNTS, type SourceState } from './source-state.ts';
import type { StreamPlan } from './stream-plan.ts';

/** One event as it left its aggregated record. */
export interface ArrivedEvent {
  readonly position: Position;
  /** Arrival at the source (Kinesis ApproximateArrivalTimestamp), never the processing clock. */
  readonly arrivalMicros: bigint;
  readonly decoded:
    | { readonly kind: 'row'; readonly row: Row; readonly schemaVersion: number }
    | { readonly kind: 'undecodable'; readonly reason: string };
}

/** An event that leaves the straight path, with the reason in words. */
export interface DiscardedEvent {
  readonly position: Position;
  readonly kind: 'rejected' | 'undecodable';
  readonly reason: string;
}

export interface ProcessedRows {
  /** Bronze rows in position order: source fields, mapped columns, envelope columns. */
  readonly rows: readonly Row[];
  readonly discarded: readonly DiscardedEvent[];
  /** The source's state once these events are committed. */
  readonly state: SourceState;
  /** Of these events alone. */
  readonly counts: DeliveryCounts;
}

/**
 * Takes a source's events, in position order and all after `before.position`, through validation,
 * rules, mapping and de-duplication within the batch. Pure: the same events and state give the same
 * result on every redelivery.
 */
export function processRows(
  plan: StreamPlan,
  events: readonly ArrivedEvent[],
  options: { readonly source: string; readonly before: SourceState | null },
): ProcessedRows {
  const rows: Row[] = [];
  const discarded: DiscardedEvent[] = [];
  const seen = new Set<string>();
  let maxEventTimeMicros = options.before?.maxEventTimeMicros ?? null;
  let deduplicated = 0;
  let late = 0;
  for (const event of events) {
    const outcome = acceptEvent(plan, event);
    if (outcome.kind === 'discarded') {
      discarded.push(outcome.event);
      continue;
    }
    if (seen.has(outcome.eventId)) {
      deduplicated++;
      continue;
    }
    seen.add(outcome.eventId);
    const { eventTimeMicros } = outcome;
    const isLate =
      maxEventTimeMicros !== null && eventTimeMicros < maxEventTimeMicros - plan.delayMicros;
    if (isLate) late++;
    if (maxEventTimeMicros === null || eventTimeMicros > maxEventTimeMicros)
      maxEventTimeMicros = eventTimeMicros;
    rows.push(bronzeRow(plan, event, { accepted: outcome, source: options.source, isLate }));
  }
  const undecodable = discarded.filter((event) => event.kind === 'undecodable').length;
  const counts: DeliveryCounts = {
    received: events.length,
    committed: rows.length,
    rejected: discarded.length - undecodable,
    deduplicated,
    deadLettered: undecodable,
    late,
  };
  const last = events.at(-1)?.position ?? options.before?.position;
  if (last === undefined)
    throw new SluiceError(
      'FORMAT_CORRUPT',
      'a batch without events has no position; expected at least one',
    );
  const state = {
    position: last,
    maxEventTimeMicros,
    counts: addCounts(options.before?.counts ?? NO_COUNTS, counts),
  };
  return { rows, discarded, state, counts };
}

interface AcceptedEvent {
  readonly kind: 'accepted';
  readonly row: Row;
  readonly schemaVersion: number;
  readonly mapped: Readonly<Record<string, Value>>;
  readonly flags: string | null;
  readonly eventTimeMicros: bigint;
  readonly eventId: string;
}

function acceptEvent(
  plan: StreamPlan,
  event: ArrivedEvent,
): AcceptedEvent | { readonly kind: 'discarded'; readonly event: DiscardedEvent } {
  const { position, decoded } = event;
  if (decoded.kind === 'undecodable') {
    return { kind: 'discarded', event: { position, kind: 'undecodable', reason: decoded.reason } };
  }
  const checked = checkRow(plan, decoded.row, event.arrivalMicros);
  if ('reason' in checked) {
    return { kind: 'discarded', event: { position, kind: 'rejected', reason: checked.reason } };
  }
  return { kind: 'accepted', row: decoded.row, schemaVersion: decoded.schemaVersion, ...checked };
}

type CheckedRow = Pick<AcceptedEvent, 'mapped' | 'flags' | 'eventTimeMicros' | 'eventId'>;

function checkRow(
  plan: StreamPlan,
  row: Row,
  arrivalMicros: bigint,
): CheckedRow | { readonly reason: string } {
  const wrong = plan.checkSource(row);
  if (wrong !== null) return { reason: wrong };
  const eventTimeMicros = eventTimeOf(plan, row) ?? arrivalMicros;
  const aheadMicros = eventTimeMicros - arrivalMicros;
  if (aheadMicros > plan.maxFutureSkewMicros) {
    return {
      reason: `event time is ${aheadMicros / 1000n} ms ahead of arrival; at most ${plan.stream.watermark.maxFutureSkewMs} ms are allowed`,
    };
  }
  try {
    const ruled = applyRules(plan, row);
    if ('reason' in ruled) return ruled;
    const mapped = Object.fromEntries(
      plan.mapping.map(({ column, evaluate }) => [column, evaluate(row)]),
    );
    const wrongMapped = plan.checkMapped(mapped);
    if (wrongMapped !== null) return { reason: wrongMapped };
    return {
      mapped,
      flags: ruled.flags,
      eventTimeMicros,
      eventId: eventId(plan.stream.identity, row),
    };
  } catch (error) {
    // Overflow, division by zero and the like are the row's fault; anything else is a bug and must be seen.
    if (error instanceof SluiceError && error.code === 'EXPRESSION_FAILED')
      return { reason: error.message };
    throw error;
  }
}

function applyRules(
  plan: StreamPlan,
  row: Row,
): { readonly flags: string | null } | { readonly reason: string } {
  const flags: string[] = [];
  for (const rule of plan.rules) {
    if (rule.test(row) === true) continue;
    if (rule.onFail === 'reject') return { reason: `quality rule "${rule.name}" does not hold` };
    flags.push(rule.name);
  }
  return { flags: flags.length === 0 ? null : flags.join(',') };
}

function eventTimeOf(plan: StreamPlan, row: Row): bigint | null {
  if (plan.stream.eventTime === null) return null;
  const value = row[plan.stream.eventTime];
  return typeof value === 'bigint' ? value : null;
}

function bronzeRow(
  plan: StreamPlan,
  event: ArrivedEvent,
  options: { readonly accepted: AcceptedEvent; readonly source: string; readonly isLate: boolean },
): Row {
  const { accepted } = options;
  const raw: Record<string, Value> = {};
  for (const { column, rawColumn } of plan.mapping) {
    if (rawColumn !== null) raw[rawColumn] = accepted.row[column] ?? null;
  }
  const sourceSystem = accepted.row['source_system'];
  return {
    ...accepted.row,
    ...accepted.mapped,
    ...raw,
    _flags: accepted.flags,
    _event_id: accepted.eventId,
    _ingested_at: event.arrivalMicros,
    _source_system: typeof sourceSystem === 'string' ? sourceSystem : plan.stream.domain,
    _schema_version: accepted.schemaVersion,
    _mapping_version: plan.mappingVersion,
    _source: options.source,
    _sequence: event.position.sequence,
    _sub_sequence: event.position.subSequence,
    _late: options.isLate,
    _extra: null,
  };
}
