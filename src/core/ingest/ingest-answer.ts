import type { JsonError } from './json-row.ts';
import { type Problem, problemMembers } from './problem.ts';

/** What became of one event of a request. */
export type EventOutcome =
  /** The stream holds it. */
  | { readonly kind: 'accepted'; readonly eventId: string }
  /** Sent again unchanged it is refused again. */
  | {
      readonly kind: 'invalid';
      readonly errors: readonly JsonError[];
      /** All of them; `errors` may hold only the first. */
      readonly problems: number;
    }
  /** The stream did not take it, as far as is known; sent again it is taken in once, whatever happened. */
  | { readonly kind: 'unavailable'; readonly eventId: string };

export interface HttpAnswer {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Long enough for a throttled shard to take again, short enough for a client to wait. */
const RETRY_AFTER_SECONDS = 1;
/** Errors beyond are counted only: Lambda returns 6 MB at most, in which the body is a JSON string. */
const MAX_LISTED_LENGTH = 1_000_000;
/** Ids are as long as their senders make them; when all of them are longer, they are left out. */
const MAX_EVENT_IDS_LENGTH = 250_000;

/** The answer to a request that was read as a whole. */
export function answerOutcomes(outcomes: readonly EventOutcome[]): HttpAnswer {
  const count = (kind: EventOutcome['kind']) =>
    outcomes.filter((outcome) => outcome.kind === kind).length;
  const [accepted, invalid, unavailable] = [
    count('accepted'),
    count('invalid'),
    count('unavailable'),
  ];
  const members = {
    accepted,
    rejected: rejectedMembers(outcomes),
    ...eventIdMembers(outcomes),
  };
  if (unavailable > 0) {
    return answerProblem(
      {
        status: 503,
        kind: 'stream-unavailable',
        title: 'Stream unavailable',
        detail: `the stream did not acknowledge ${unavailable} of ${outcomes.length} events; send the request, or those events, again: what is in already is not taken in twice`,
      },
      members,
    );
  }
  if (accepted === 0) {
    const detail =
      'no event is valid; correct them: sent again as they are, they are refused again';
    return answerProblem(
      { status: 400, kind: 'events-refused', title: 'Events refused', detail },
      members,
    );
  }
  return {
    statusCode: invalid === 0 ? 202 : 207,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(members),
  };
}

/** The answer to a request that was not taken, or not taken whole. Source: RFC 9457. */
export function answerProblem(
  problem: Problem,
  members: Readonly<Record<string, unknown>> = {},
): HttpAnswer {
  return {
    statusCode: problem.status,
    headers: {
      'content-type': 'application/problem+json',
      ...(problem.status === 503 ? { 'retry-after': String(RETRY_AFTER_SECONDS) } : {}),
      ...(problem.status === 405 ? { allow: 'POST' } : {}),
    },
    body: JSON.stringify({ ...problemMembers(problem), ...members }),
  };
}

function rejectedMembers(outcomes: readonly EventOutcome[]): readonly unknown[] {
  let listedLength = 0;
  return outcomes.flatMap((outcome, index) => {
    if (outcome.kind === 'accepted') return [];
    if (outcome.kind === 'unavailable') return [{ index, code: 'unavailable' }];
    const errors = listedLength < MAX_LISTED_LENGTH ? outcome.errors : [];
    listedLength += JSON.stringify(errors).length;
    const more = outcome.problems - errors.length;
    return [{ index, code: 'invalid', errors, ...(more === 0 ? {} : { more_errors: more }) }];
  });
}

/** Ids in the order of the request, null for what has none because it is invalid. */
function eventIdMembers(outcomes: readonly EventOutcome[]): { readonly event_ids?: unknown } {
  const ids = outcomes.map((outcome) => (outcome.kind === 'invalid' ? null : outcome.eventId));
  const length = ids.reduce((sum, id) => sum + (id?.length ?? 0), 0);
  return length > MAX_EVENT_IDS_LENGTH ? {} : { event_ids: ids };
}
