import { z } from 'zod';
import { durationMs, durationText, ratePerSecond, sizeBytes, sizeText } from './quantity.ts';
import { scheduledKeys } from './scheduled-model.ts';

/** `kind: http-poll`: an HTTP API is asked for new records on a schedule. */

/** What an http-poll connector gets when it says nothing. */
export const HTTP_POLL_DEFAULTS = {
  method: 'GET',
  records: '$',
  max_pages: 100,
  timeout: 10_000,
  max_response: 10_000_000,
  retry: { attempts: 4, base: 500, max: 30_000 },
} as const;

/** Units in which APIs count time since 1970. */
export const EPOCH_UNITS = ['s', 'ms', 'us', 'ns'] as const;

/** Address ranges and schemes that are refused unless a connector allows them. */
export const POLL_PERMISSIONS = ['http', 'loopback', 'private', 'link-local'] as const;

const text = z.string().min(1);

const selectionModel = z.union([
  text.describe('row expression over the record, or a JSONPath that starts with $'),
  z.strictObject({
    value: text.describe('row expression over the record, or a JSONPath that starts with $'),
    epoch: z.enum(EPOCH_UNITS).describe('unit of a number that counts time since 1970'),
  }),
]);

const authModel = z.strictObject({
  header: text.optional().describe('name of the header that carries the secret; with value'),
  value: text.optional().describe(`value of that header, for instance "\${secret:prices_api_key}"`),
  bearer: text.optional().describe('token of an Authorization: Bearer header'),
  basic: z
    .strictObject({
      user: text.describe('name of the user'),
      password: text.describe('a secret, never the password itself'),
    })
    .optional()
    .describe('user and password of an Authorization: Basic header'),
});

const cursorModel = z.strictObject({
  initial: z
    .union([z.string(), z.number()], { error: () => 'expected a text or a number' })
    .describe(`value of \${cursor} before the first record`),
  from: text.describe('expression or JSONPath over the record that gives the next value'),
  order: z
    .enum(['max', 'last'])
    .describe('max: the highest value of all records; last: the value of the last record'),
  compare: z
    .enum(['number', 'time', 'text'])
    .optional()
    .describe('how values compare (default: as initial looks)'),
  overlap: durationMs({ max: '7d' })
    .optional()
    .describe(
      'asks again for this much before the cursor: records that the source shows late; for times only',
    ),
});

const paginationModel = z.union(
  [
    z.enum(['none', 'link-header']),
    z.strictObject({
      next: text.optional().describe('JSONPath of the URL of the next page'),
      page: z
        .strictObject({
          param: text.describe('query parameter that carries the number'),
          start: z
            .number()
            .int()
            .min(0)
            .optional()
            .describe('number of the first page (default 1)'),
          size: z
            .number()
            .int()
            .min(1)
            .optional()
            .describe('records of a full page: a page with fewer is the last one'),
        })
        .optional()
        .describe('pages have numbers'),
      token: z
        .strictObject({
          path: text.describe('JSONPath of the token of the next page'),
          param: text.describe('query parameter that carries it'),
        })
        .optional()
        .describe('a response holds the token of the next page'),
    }),
  ],
  { error: () => 'expected none, link-header, or a mapping with one of next, page and token' },
);

export const httpPollModel = z.strictObject({
  kind: z.literal('http-poll').describe('an HTTP API is asked for new records on a schedule'),
  ...scheduledKeys,
  stream: z.string().describe('stream of this domain that gets the records'),
  every: durationMs({ min: '1m', max: '1d' }).describe('interval, in whole minutes'),
  url: text.describe(
    `may hold \${cursor}, for instance https://api.example.com/trades?since=\${cursor}`,
  ),
  method: z
    .enum(['GET', 'POST'])
    .optional()
    .meta({ default: HTTP_POLL_DEFAULTS.method })
    .describe('of the request'),
  body: text.optional().describe(`JSON text of a POST; may hold \${cursor} inside a string`),
  headers: z
    .record(z.string(), text)
    .optional()
    .describe(`sent with every request; may hold \${cursor}`),
  auth: authModel.optional().describe('one of header with value, bearer, basic'),
  records: text
    .optional()
    .meta({ default: HTTP_POLL_DEFAULTS.records })
    .describe('JSONPath of the records in a response ($: the response is a list)'),
  select: z
    .record(z.string(), selectionModel)
    .describe('field of the stream to what fills it; fields that are not named stay empty'),
  cursor: cursorModel.optional().describe('where the next run goes on'),
  pagination: paginationModel
    .optional()
    .meta({ default: 'none' })
    .describe('how a response names the next page'),
  max_pages: z
    .number()
    .int()
    .min(1)
    .max(10_000)
    .optional()
    .meta({ default: HTTP_POLL_DEFAULTS.max_pages })
    .describe('per run; the next one goes on'),
  rate_limit: ratePerSecond({ min: '1/h', max: '1000/s' })
    .optional()
    .describe('requests, retries among them (default: none)'),
  timeout: durationMs({ min: '100ms', max: '2m' })
    .optional()
    .meta({ default: durationText(HTTP_POLL_DEFAULTS.timeout) })
    .describe('of one request, body included'),
  max_response: sizeBytes({ min: '1KB', max: '50MB' })
    .optional()
    .meta({ default: sizeText(HTTP_POLL_DEFAULTS.max_response) })
    .describe('largest response, after decompression'),
  retry: z
    .strictObject({
      attempts: z.number().int().min(1).max(10).describe('requests in all'),
      base: durationMs({ min: '1ms', max: '1m' }).describe('upper limit of the first pause'),
      max: durationMs({ min: '1ms', max: '10m' }).describe('longest pause'),
    })
    .partial()
    .optional()
    .meta({
      default: {
        attempts: HTTP_POLL_DEFAULTS.retry.attempts,
        base: durationText(HTTP_POLL_DEFAULTS.retry.base),
        max: durationText(HTTP_POLL_DEFAULTS.retry.max),
      },
    })
    .describe('of a page whose request fails; pauses double from base to max'),
  allow: z
    .array(z.enum(POLL_PERMISSIONS))
    .optional()
    .describe('lifts guards: http (without TLS), and addresses that are refused otherwise'),
});

export const incompleteHttpPollModel = httpPollModel.partial().required({ kind: true });

export type HttpPollInput = z.infer<typeof incompleteHttpPollModel>;
