import { z } from 'zod';
import { kafkaModel } from './kafka-model.ts';
import { maintenanceModel } from './maintenance-model.ts';
import { durationMs, sizeBytes, wholeSeconds } from './quantity.ts';

/** Source: Kinesis API, IncreaseStreamRetentionPeriod: 24 to 8760 hours. */
const streamModel = z.strictObject({
  shards: z.number().int().min(1).max(10_000).describe('1 shard takes 1 MB/s or 1000 records/s'),
  retention: durationMs({ min: '24h', max: '8760h' })
    .refine((ms) => ms % 3_600_000 === 0, {
      error: () => 'expected whole hours, for instance 168h',
    })
    .describe('how long events can be replayed'),
});

/** Source: Lambda quotas; Lambda API, CreateEventSourceMapping. */
const writerModel = z.strictObject({
  memory: sizeBytes({ min: '128MB', max: '10240MB' })
    .refine((bytes) => bytes % 1_000_000 === 0, {
      error: () => 'expected whole MB, for instance 1769MB',
    })
    .describe('1769MB is one full virtual processor'),
  timeout: wholeSeconds('1s', '900s').describe('of one invocation'),
  batch_size: z.number().int().min(1).max(10_000).describe('records of the buffer per invocation'),
  batching_window: wholeSeconds('0s', '300s').describe(
    'how long events of a shard gather before they are staged: a file per table and partition',
  ),
  retry_attempts: z
    .number()
    .int()
    .min(-1)
    .max(10_000)
    .describe('-1 retries until max_record_age, so that no outage loses a record'),
  max_record_age: wholeSeconds('60s', '7d').describe('then the record goes to dead letters'),
  commit: z
    .enum(['group', 'direct'])
    .describe(
      'who commits what is staged: one function for all shards of the domain (group), or each writer its own batch (direct), for a buffer with one shard',
    ),
  // Source: Lambda API, MaximumBatchingWindowInSeconds of a queue.
  commit_interval: wholeSeconds('1s', '300s').describe(
    'with commit: group, how long staged batches gather into one commit of each table',
  ),
});

/**
 * Sections of platform.yaml that an environment and then a domain may override key by key. A section
 * that is added here is accepted in all three files, merged, and shown by `sluice plan` with its origin;
 * `resolveDomainSettings` brings it into the units of the code.
 */
export const domainSettingsShape = {
  stream: streamModel.describe("buffer of a domain's events"),
  writer: writerModel.describe('function that writes the tables'),
  kafka: kafkaModel.describe('topics of a domain with buffer: kafka'),
  maintenance: maintenanceModel.describe('how the tables are kept in order'),
};

type Overrides<S extends Readonly<Record<string, z.ZodObject>>> = {
  readonly [K in keyof S]: z.ZodOptional<
    z.ZodType<Partial<z.output<S[K]>>, Partial<z.input<S[K]>>>
  >;
};

/** The same sections where every key may be left out. */
export const domainSettingsOverrides = overridesOf(domainSettingsShape);

function overridesOf<S extends Readonly<Record<string, z.ZodObject>>>(shape: S): Overrides<S> {
  const sections = Object.entries(shape).map(([name, model]) => [
    name,
    model
      .partial()
      .optional()
      .describe(model.description ?? name),
  ]);
  return Object.fromEntries(sections);
}

export type DomainSettingsInput = {
  readonly [K in keyof typeof domainSettingsShape]: z.output<(typeof domainSettingsShape)[K]>;
};
export type DomainSettingsName = keyof DomainSettingsInput;
export const DOMAIN_SETTINGS_NAMES = Object.keys(
  domainSettingsShape,
) as readonly DomainSettingsName[];
