import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { createDynamoDbReceiptStore } from '#adapters/aws/dynamodb-receipt-store.ts';
import { systemClock, systemRandom } from '#adapters/system/system-clock.ts';
import { createHttpIngest, type HttpIngest } from '#app/ingest-http-events.ts';
import { readEventBody } from '#core/ingest/event-body.ts';
import { type HttpIngestStream, parseHttpIngestConfig } from '#core/ingest/http-ingest-config.ts';
import {
  answerOutcomes,
  answerProblem,
  type EventOutcome,
  type HttpAnswer,
} from '#core/ingest/ingest-answer.ts';
import type { Problem } from '#core/ingest/problem.ts';
import { createDynamoDbClient } from './aws-clients.ts';
import { openFunctionBuffer } from './buffer-access.ts';
import { readHttpIngestEnv } from './env.ts';
import { openRegistryIds } from './registry-ids.ts';

/** What the function reads of an event. Source: Amazon API Gateway, HTTP API, payload format version 2.0. */
export interface HttpApiEvent {
  /** `POST /trade/events` */
  readonly routeKey: string;
  /** Names are in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body?: string | null;
  readonly isBase64Encoded: boolean;
}

/** The answer, and what may be logged of the request: no value of any event. */
export interface HandledRequest {
  readonly answer: HttpAnswer;
  /** Null for a route that is not configured. */
  readonly stream: string | null;
  readonly counts: Readonly<Record<EventOutcome['kind'], number>>;
  /** Kind of the problem when the request was refused as a whole. */
  readonly refusal: Problem['kind'] | null;
  readonly receiptFailure: unknown;
}

export type HttpIngestHandler = (event: HttpApiEvent) => Promise<HandledRequest>;

/**
 * With three retries a record takes 13 seconds at most, and none is begun after 12 (DEFAULT_PUT_LIMITS): together with
 * the shard list and the receipt that is less than the 29 seconds the function has.
 */
const STREAM_LIMITS = { requestTimeoutMs: 3_000 };
const RECEIPT_LIMITS = { requestTimeoutMs: 1_000 };
const REGISTRY_LIMITS = { requestTimeoutMs: 2_000 };

/** The function's one composition, made once per execution environment. */
export async function openHttpIngest(): Promise<HttpIngestHandler> {
  const env = readHttpIngestEnv();
  const config = parseHttpIngestConfig(
    await readFile(path.join(env.taskRoot, 'config.json'), 'utf8'),
  );
  const ingest = createHttpIngest(
    {
      stream: openFunctionBuffer(STREAM_LIMITS),
      receipts: createDynamoDbReceiptStore(
        createDynamoDbClient({}, RECEIPT_LIMITS),
        env.receiptsTable,
      ),
      clock: systemClock,
      random: systemRandom,
      schemaIdOf: openRegistryIds(config.domain, { limits: REGISTRY_LIMITS }),
    },
    {
      config,
      producer: `http-ingest-${Buffer.from(systemRandom.bytes(16)).toString('hex')}`,
    },
  );
  return createHttpIngestHandler(config.streams, ingest);
}

/** From the event of API Gateway to the answer it sends. */
export function createHttpIngestHandler(
  streams: readonly HttpIngestStream[],
  ingest: HttpIngest,
): HttpIngestHandler {
  return async (event) => {
    const [, method = '', name = ''] = /^(\S+) \/([^/]+)\/events$/.exec(event.routeKey) ?? [];
    const stream = streams.find((candidate) => candidate.name === name);
    if (stream === undefined) return refuse(null, UNKNOWN_STREAM);
    if (method !== 'POST') return refuse(name, METHOD_NOT_ALLOWED);
    const body = readEventBody(
      {
        contentType: event.headers['content-type'] ?? null,
        contentEncoding: event.headers['content-encoding'] ?? null,
        body: event.body ?? null,
        isBase64: event.isBase64Encoded,
      },
      stream,
    );
    if (!body.ok) return refuse(name, body.problem);
    const { outcomes, receiptFailure } = await ingest.ingest(name, body.events);
    const answer = answerOutcomes(outcomes);
    return { answer, stream: name, counts: countOf(outcomes), refusal: null, receiptFailure };
  };
}

const UNKNOWN_STREAM: Problem = {
  status: 404,
  kind: 'unknown-stream',
  title: 'Unknown stream',
  detail: 'no stream of this name takes events here; see connectors in the domain file',
};

const METHOD_NOT_ALLOWED: Problem = {
  status: 405,
  kind: 'method-not-allowed',
  title: 'Method not allowed',
  detail: 'events are sent with POST',
};

function refuse(stream: string | null, problem: Problem): HandledRequest {
  const answer = answerProblem(problem);
  return { answer, stream, counts: countOf([]), refusal: problem.kind, receiptFailure: null };
}

function countOf(outcomes: readonly EventOutcome[]): HandledRequest['counts'] {
  const counts = { accepted: 0, invalid: 0, unavailable: 0 };
  for (const { kind } of outcomes) counts[kind]++;
  return counts;
}
