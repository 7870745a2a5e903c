import { describe, expect, it } from 'vitest';
import { answerOutcomes, answerProblem, type EventOutcome } from '#core/ingest/ingest-answer.ts';

const accepted = (eventId: string): EventOutcome => ({ kind: 'accepted', eventId });
const unavailable = (eventId: string): EventOutcome => ({ kind: 'unavailable', eventId });
const ERROR = { path: 'price', expected: 'double', got: '"abc"' };
const invalid: EventOutcome = { kind: 'invalid', errors: [ERROR], problems: 3 };

function answer(...outcomes: readonly EventOutcome[]) {
  const { statusCode, headers, body } = answerOutcomes(outcomes);
  return { statusCode, headers, body: JSON.parse(body) as unknown };
}

describe('the answer', () => {
  it('is 202 with the ids when the stream holds all events', () => {
    expect(answer(accepted('a:1'), accepted('a:2'))).toEqual({
      statusCode: 202,
      headers: { 'content-type': 'application/json' },
      body: { accepted: 2, rejected: [], event_ids: ['a:1', 'a:2'] },
    });
  });

  it('is 207 and names the refused events when others are in', () => {
    expect(answer(accepted('a'), invalid)).toEqual({
      statusCode: 207,
      headers: { 'content-type': 'application/json' },
      body: {
        accepted: 1,
        rejected: [{ index: 1, code: 'invalid', errors: [ERROR], more_errors: 2 }],
        event_ids: ['a', null],
      },
    });
  });

  it('is a problem with status 400 when every event is refused', () => {
    expect(answer(invalid)).toMatchObject({
      statusCode: 400,
      headers: { 'content-type': 'application/problem+json' },
      body: {
        type: 'urn:sluice:problem:events-refused',
        status: 400,
        accepted: 0,
        rejected: [{ index: 0 }],
      },
    });
  });

  it('is 503 with Retry-After as soon as one event is not known to be in', () => {
    expect(answer(accepted('a'), invalid, unavailable('c'))).toMatchObject({
      statusCode: 503,
      headers: { 'content-type': 'application/problem+json', 'retry-after': '1' },
      body: {
        type: 'urn:sluice:problem:stream-unavailable',
        title: 'Stream unavailable',
        accepted: 1,
        rejected: [
          { index: 1, code: 'invalid' },
          { index: 2, code: 'unavailable' },
        ],
        event_ids: ['a', null, 'c'],
      },
    });
  });

  it('names the method that is allowed', () => {
    const problem = { status: 405, kind: 'method-not-allowed', title: 't', detail: 'd' } as const;
    expect(answerProblem(problem).headers['allow']).toBe('POST');
  });

  it('stays small enough for Lambda, whatever the events hold', () => {
    const hostile = { path: '\u0001'.repeat(60), expected: 'x'.repeat(1_500), got: '"\\u0001"' };
    const errors = Array.from({ length: 10 }, () => hostile);
    const outcomes = Array.from(
      { length: 1_000 },
      (_, index): EventOutcome =>
        index % 2 === 0
          ? { kind: 'invalid', errors, problems: 10 }
          : accepted('\u0001'.repeat(8_000)),
    );
    const { body } = answerOutcomes(outcomes);
    expect(JSON.stringify(body).length).toBeLessThan(6_000_000);
    const members = JSON.parse(body) as Record<string, unknown[]>;
    expect(members['rejected']).toHaveLength(500);
    expect(members['rejected']?.at(-1)).toEqual({
      index: 998,
      code: 'invalid',
      errors: [],
      more_errors: 10,
    });
    expect(members['event_ids']).toBeUndefined();
  });
});
