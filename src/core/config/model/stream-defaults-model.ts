import { z } from 'zod';
import { daySpan, durationMs, durationText, factor, ratePerSecond, sizeBytes } from './quantity.ts';

/** Parts that a stream may set itself, an environment may change and the platform file gives a default. */
export const bufferModel = z
  .enum(['kinesis', 'kafka'])
  .describe('what carries the events from producers to processors');

export const topicsModel = z
  .enum(['domain', 'category', 'stream'])
  .describe('what shares one stream of the buffer: all of a domain, those of a category, or none');

const oneWeek = '7d';

export const watermarkModel = z.strictObject({
  delay: durationMs({ max: oneWeek }).describe('how late an event may be and still be on time'),
  idle: durationMs({ min: '1s', max: oneWeek }).describe(
    'a shard without events stops holding back the others after this time',
  ),
  max_future_skew: durationMs({ max: oneWeek }).describe(
    'an event stamped further ahead of its arrival does not move the watermark',
  ),
});

/** 1 MiB is the largest record that Kinesis takes; one event has to fit. Source: Kinesis Data Streams quotas. */
const eventBytes = z.union(
  [z.number().int().min(1).max(1_048_576), sizeBytes({ min: '1B', max: '1MiB' })],
  { error: () => 'expected a number of bytes, or a size such as 120B, at most 1MiB' },
);

/** A rate without a peak stays as expected. */
export const DEFAULT_PEAK_FACTOR = 1;

export const rateModel = z.strictObject({
  expected: ratePerSecond({ min: '1/d' }).describe(
    'events per second on an ordinary day, for instance 200/s',
  ),
  bytes: eventBytes.describe('size of one event in bytes'),
  peak: factor({ min: '1x', max: '1000x' })
    .optional()
    .meta({ default: `${DEFAULT_PEAK_FACTOR}x` })
    .describe('busiest minute, in times of the expected rate, for instance 5x'),
});

export const dedupeModel = z.strictObject({
  horizon: z
    .union([z.literal(0), durationMs({ max: oneWeek })], {
      error: () => 'expected a duration such as 1h, at most 7d, or 0',
    })
    .describe(
      'an event that arrives this long before or after a committed one with the same identity is left out; 0: only within a batch',
    ),
});

/** @default 1h, where neither stream nor defaults say it */
export const DEFAULT_DEDUPE_HORIZON_MS = 3_600_000;

export const partitionTermsModel = z
  .array(z.string())
  .describe('Iceberg partition terms, for instance hour(_ingested_at) or bucket(16, symbol)');

/** Maintenance removes older rows, whole files at a time; a year is 365 days. */
export const DEFAULT_BRONZE_RETENTION_DAYS = 7 * 365;

export const retentionModel = z.strictObject({
  bronze: daySpan({ min: '1d', max: '100y' })
    .optional()
    .describe(
      'how long rows are kept at least; maintenance removes files whose rows are all older',
    ),
});

/** What makes two events the same event when a stream does not say it. */
export const DEFAULT_IDENTITY_FIELD = 'event_id';

/** Parts of a stream as platform.yaml gives them a default; what is left out there has one in the code. */
export const streamDefaultsShape = {
  watermark: watermarkModel.describe('when an event is late'),
  rate: rateModel.describe('what to expect; feeds sizes and limits'),
  dedupe: dedupeModel
    .optional()
    .meta({ default: { horizon: durationText(DEFAULT_DEDUPE_HORIZON_MS) } })
    .describe('events sent twice'),
  retention: retentionModel
    .optional()
    .meta({ default: { bronze: '7y' } })
    .describe('how long the tables keep rows'),
};

/**
 * The same for the layers above: `defaults:` of an environment and of a domain, and the stream itself. A part
 * that is added to both is accepted everywhere.
 */
export const streamDefaultsOverrides = {
  ...streamDefaultsShape,
  watermark: watermarkModel.partial().optional().describe('when an event is late'),
  rate: rateModel.partial().optional().describe('what to expect; feeds sizes and limits'),
};
