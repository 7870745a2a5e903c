import { z } from 'zod';
import { ratePerSecond, sizeBytes, sizeText } from './quantity.ts';

/** `kind: http-ingest`: clients post JSON to an API of the domain. */

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

export const httpIngestModel = z.strictObject({
  kind: z.literal('http-ingest').describe('clients post JSON to an API'),
  streams: z
    .array(z.string())
    .min(1)
    .describe('streams of this domain; each gets the route POST /<stream>/events'),
  throttle: throttleModel
    .partial()
    .optional()
    .meta({
      default: {
        rate: `${HTTP_INGEST_DEFAULTS.throttle.rate}/s`,
        burst: HTTP_INGEST_DEFAULTS.throttle.burst,
      },
    })
    .describe('per stream; what is beyond is answered with 429'),
  // Lambda takes 6 MiB per request, in which API Gateway puts the body as base64 or as a JSON string.
  max_body: sizeBytes({ min: '1KB', max: '4MB' })
    .optional()
    .meta({ default: sizeText(HTTP_INGEST_DEFAULTS.max_body) })
    .describe('largest request, after decompression'),
  // A thousand answers with all their errors stay within what Lambda returns.
  max_events: z
    .number()
    .int()
    .min(1)
    .max(1_000)
    .optional()
    .meta({ default: HTTP_INGEST_DEFAULTS.max_events })
    .describe('per request'),
});

export const incompleteHttpIngestModel = httpIngestModel.partial().required({ kind: true });

export type HttpIngestInput = z.infer<typeof incompleteHttpIngestModel>;
