import { hasCode } from '../errors.ts';
import type { Row } from '../schema/field.ts';
import { eventId } from './event-id.ts';
import type { Acceptance } from './judged-event.ts';
import type { StreamPlan } from './stream-plan.ts';

export type Verdict =
  | ({ readonly kind: 'accepted' } & Acceptance)
  | { readonly kind: 'rejected'; readonly reason: string };

/**
 * Checks a row, applies the rules and computes the mapped columns. Pure, and independent of every other
 * row: the same row gets the same verdict in every delivery. Throws what a bug throws.
 */
export function judgeRow(plan: StreamPlan, row: Row, arrivalMicros: bigint): Verdict {
  const wrong = plan.checkSource(row);
  if (wrong !== null) return { kind: 'rejected', reason: wrong };
  const eventTimeMicros = eventTimeOf(plan, row) ?? arrivalMicros;
  const aheadMicros = eventTimeMicros - arrivalMicros;
  if (aheadMicros > plan.maxFutureSkewMicros) {
    return {
      kind: 'rejected',
      reason: `event time is ${aheadMicros / 1000n} ms ahead of arrival; at most ${plan.stream.watermark.maxFutureSkewMs} ms are allowed`,
    };
  }
  try {
    return applyPlan(plan, row, eventTimeMicros);
  } catch (error) {
    // Overflow, division by zero and the like are the row's fault; anything else is ours.
    if (hasCode(error, 'EXPRESSION_FAILED')) return { kind: 'rejected', reason: error.message };
    throw error;
  }
}

function applyPlan(plan: StreamPlan, row: Row, eventTimeMicros: bigint): Verdict {
  const ruled = applyRules(plan, row);
  if ('reason' in ruled) return { kind: 'rejected', reason: ruled.reason };
  const mapped = Object.fromEntries(
    plan.mapping.map(({ column, evaluate }) => [column, evaluate(row)]),
  );
  const wrongMapped = plan.checkMapped(mapped);
  if (wrongMapped !== null) return { kind: 'rejected', reason: wrongMapped };
  return {
    kind: 'accepted',
    mapped,
    flags: ruled.flags,
    eventTimeMicros,
    eventId: eventId(plan.stream.identity, row),
  };
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
