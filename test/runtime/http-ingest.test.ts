import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { HttpIngest } from '#app/ingest-http-events.ts';
import type { BodyEvent } from '#core/ingest/event-body.ts';
import type { HttpIngestStream } from '#core/ingest/http-ingest-config.ts';
import type { EventOutcome } from '#core/ingest/ingest-answer.ts';
import { createHttpIngestHandler, type HttpApiEvent } from '#runtime/http-ingest.ts';

const TRADE: HttpIngestStream = {
  name: 'trade',
  buffer: 'local-market',
  key: 'symbol',
  fields: [],
  identity: ['id'],
  schemaVersionId: '11111111-2222-5333-8444-555555555555',
  avro: '{}',
  maxBodyBytes: 1_000,
  maxEvents: 3,
};

const EVENT: HttpApiEvent = {
  routeKey: 'POST /trade/events',
  headers: { 'content-type': 'application/json' },
  body: '[1,2]',
  isBase64Encoded: false,
};

/** A handler on an ingest that answers with the outcomes, and what that was asked. */
function setUp(outcomes: readonly EventOutcome[] = [], receiptFailure: unknown = null) {
  const asked: { stream: string; events: readonly BodyEvent[] }[] = [];
  const ingest: HttpIngest = {
    ingest: async (stream, events) => {
      asked.push({ stream, events });
      return { outcomes, receiptFailure };
    },
  };
  return { asked, handle: createHttpIngestHandler([TRADE], ingest) };
}

describe('a request of the API', () => {
  it('is handed on, and answered with what became of its events', async () => {
    const { asked, handle } = setUp([
      { kind: 'accepted', eventId: 'a' },
      { kind: 'invalid', errors: [], problems: 1 },
    ]);
    const handled = await handle(EVENT);
    expect(asked).toEqual([
      {
        stream: 'trade',
        events: [
          { ok: true, json: { number: '1' } },
          { ok: true, json: { number: '2' } },
        ],
      },
    ]);
    expect(handled).toMatchObject({
      stream: 'trade',
      counts: { accepted: 1, invalid: 1, unavailable: 0 },
      refusal: null,
      answer: { statusCode: 207 },
    });
  });

  it('may be compressed', async () => {
    const { asked, handle } = setUp();
    await handle({
      ...EVENT,
      headers: { 'content-type': 'application/x-ndjson', 'content-encoding': 'gzip' },
      body: gzipSync('1\n2\n').toString('base64'),
      isBase64Encoded: true,
    });
    expect(asked[0]?.events).toHaveLength(2);
  });

  it.each<[string, Partial<HttpApiEvent>, number, string]>([
    ['another stream', { routeKey: 'POST /quote/events' }, 404, 'unknown-stream'],
    ['another route', { routeKey: '$default' }, 404, 'unknown-stream'],
    ['another method', { routeKey: 'GET /trade/events' }, 405, 'method-not-allowed'],
    ['no body', { body: undefined }, 400, 'malformed-body'],
    ['no content type', { headers: {} }, 415, 'unsupported-media-type'],
    ['too many events', { body: '[1,2,3,4]' }, 413, 'too-large'],
  ])('is refused as a whole for %s', async (_what, changes, status, refusal) => {
    const { asked, handle } = setUp();
    const { answer, ...handled } = await handle({ ...EVENT, ...changes });
    expect(handled).toMatchObject({ refusal, counts: { accepted: 0 }, receiptFailure: null });
    expect(answer).toMatchObject({
      statusCode: status,
      headers: { 'content-type': 'application/problem+json' },
    });
    expect(JSON.parse(answer.body)).toMatchObject({
      type: `urn:sluice:problem:${refusal}`,
      status,
    });
    expect(asked).toEqual([]);
  });

  it('tells of a receipt that was not written', async () => {
    const failure = new Error('planted');
    const { handle } = setUp([{ kind: 'accepted', eventId: 'a' }], failure);
    expect(await handle(EVENT)).toMatchObject({
      receiptFailure: failure,
      answer: { statusCode: 202 },
    });
  });
});
