import { z } from 'zod';
import { durationMs, ratePerSecond, sizeBytes } from './quantity.ts';

/** Parts that a stream may set itself, an environment may change and the platform file gives a default. */
export const bufferModel = z
  .enum(['kinesis'])
  .describe('what carries the events from producers to processors');

export const topicsModel = z.enum(['domain']).describe('what shares one stream: all of a domain');

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

export const rateModel = z.strictObject({
  expected: ratePerSecond({ min: '1/d' }).describe(
    'events per second on an ordinary day, for instance 200/s',
  ),
  bytes: eventBytes.describe('size of one event in bytes'),
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
