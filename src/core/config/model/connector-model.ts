import { z } from 'zod';
import { MAX_STREAM_NAME, nameModel } from './name-model.ts';
import { ratePerSecond, sizeBytes } from './quantity.ts';

/** `connectors:` of a domain file: how events come in besides producers that write to the buffer themselves. */

/** What an http-ingest connector gets when it says nothing. */
export const HTTP_INGEST_DEFAULTS = {
  throttle: { rate: 100, burst: 200 },
  max_body: 1_000_000,
  max_events: 500,
} as const;

/**
 * Most requests per second and burst that API Gateway gives an account unasked.
 * Source: Amazon API Gateway, "Quotas for configuring and running an HTTP API".
 */
const throttleModel = z.strictObject({
  rate: ratePerSecond({ min: '1/s', max: '10000/s' }).describe('requests per second, on average'),
  burst: z.number().int().min(1).max(5_000).describe('requests at once'),
});

const connectorModel = z.strictObject({
  kind: z.enum(['http-ingest']).describe('http-ingest: clients post JSON to an API'),
  streams: z
    .array(z.string())
    .min(1)
    .describe('streams of this domain; each gets the route POST /<stream>/events'),
  throttle: throttleModel
    .partial()
    .optional()
    .describe(
      `per stream; what is beyond is answered with 429 (default: ${HTTP_INGEST_DEFAULTS.throttle.rate}/s, burst ${HTTP_INGEST_DEFAULTS.throttle.burst})`,
    ),
  // Lambda takes 6 MiB per request, in which API Gateway puts the body as base64 or as a JSON string.
  max_body: sizeBytes({ min: '1KB', max: '4MB' })
    .optional()
    .describe(
      `largest request, after decompression (default: ${HTTP_INGEST_DEFAULTS.max_body / 1_000_000}MB)`,
    ),
  // A thousand answers with all their errors stay within what Lambda returns.
  max_events: z
    .number()
    .int()
    .min(1)
    .max(1_000)
    .optional()
    .describe(`per request (default: ${HTTP_INGEST_DEFAULTS.max_events})`),
});

export const connectorsModel = z
  .record(nameModel(MAX_STREAM_NAME), connectorModel)
  .describe('ways in for events, by name');

export const incompleteConnectorsModel = z.record(
  nameModel(MAX_STREAM_NAME),
  connectorModel.partial(),
);

export type ConnectorInput = z.infer<typeof incompleteConnectorsModel>[string];

/** Words of kinds that the language knows and this version does not. */
export const CONNECTOR_NOT_SUPPORTED = {
  keys: ['url', 'every', 'auth', 'records', 'select'].map((key) => `connectors.*.${key}`),
  values: ['http-poll', 'postgres-poll', 'file-drop', 'generator'].map(
    (kind) => `connectors.*.kind=${kind}`,
  ),
};
