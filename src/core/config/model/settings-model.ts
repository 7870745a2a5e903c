import { z } from 'zod';
import type { NotSupported } from '../source/model-issues.ts';
import { MAX_PLATFORM_NAME, NAME_PATTERN } from './name-model.ts';
import { durationMs, sizeBytes } from './quantity.ts';
import {
  bufferModel,
  dedupeModel,
  partitionTermsModel,
  rateModel,
  topicsModel,
  watermarkModel,
} from './stream-defaults-model.ts';

/** config/platform.yaml and config/environments/<name>.yaml: sizes, durations, retention. */
const ONE_DAY_MS = 86_400_000;

/** Source: CloudWatch Logs API, PutRetentionPolicy, `retentionInDays`. */
const LOG_RETENTION_DAYS = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288,
  3653,
];

const LOG_RETENTION_EXPECTED = `expected a duration that CloudWatch Logs knows: ${LOG_RETENTION_DAYS.map((days) => `${days}d`).join(', ')}`;

const logRetention = durationMs().refine((ms) => LOG_RETENTION_DAYS.includes(ms / ONE_DAY_MS), {
  error: () => LOG_RETENTION_EXPECTED,
});

/** Source: Kinesis API, IncreaseStreamRetentionPeriod: 24 to 8760 hours. */
const streamModel = z.strictObject({
  shards: z.number().int().min(1).max(10_000).describe('1 shard takes 1 MB/s or 1000 records/s'),
  retention: durationMs({ min: '24h', max: '8760h' })
    .refine((ms) => ms % 3_600_000 === 0, {
      error: () => 'expected whole hours, for instance 168h',
    })
    .describe('how long events can be replayed'),
});

const wholeSeconds = (min: string, max: string) =>
  durationMs({ min, max }).refine((ms) => ms % 1_000 === 0, {
    error: () => 'expected whole seconds, for instance 30s',
  });

/** Source: Lambda quotas; Lambda API, CreateEventSourceMapping. */
const writerModel = z.strictObject({
  memory: sizeBytes({ min: '128MB', max: '10240MB' })
    .refine((bytes) => bytes % 1_000_000 === 0, {
      error: () => 'expected whole MB, for instance 1769MB',
    })
    .describe('1769MB is one full virtual processor'),
  timeout: wholeSeconds('1s', '900s'),
  batch_size: z.number().int().min(1).max(10_000).describe('records of the buffer per invocation'),
  batching_window: wholeSeconds('0s', '300s').describe('commit interval of the tables'),
  retry_attempts: z
    .number()
    .int()
    .min(-1)
    .max(10_000)
    .describe('-1 retries until max_record_age, so that no outage loses a record'),
  max_record_age: wholeSeconds('60s', '7d').describe('then the record goes to dead letters'),
});

const removalPolicyModel = z
  .enum(['retain', 'destroy'])
  .describe('destroy removes the data together with the stack');

const wholeMinutes = (min: string, max: string) =>
  durationMs({ min, max }).refine((ms) => ms % 60_000 === 0, {
    error: () => 'expected whole minutes, for instance 15m',
  });

/** The longest interval is a quarter of the shortest retention: nothing is trimmed before it is counted. */
const ledgerModel = z.strictObject({
  every: wholeMinutes('1m', '6h').describe('how often the books are rolled up'),
  grace: wholeSeconds('0s', '24h').describe(
    'time after an hour in which its last events may still be on their way',
  ),
});

const alarmsModel = z.strictObject({
  email: z
    .array(z.email({ error: () => 'expected an e-mail address such as data@example.com' }))
    .max(20)
    .describe('who is told of an alarm; each address confirms once'),
  iterator_age: wholeSeconds('1m', '7d').describe(
    'how far the writer may fall behind the stream before an alarm, less than a quarter of the retention',
  ),
});

/** Athena refuses a smaller cut-off. Source: Athena API, WorkGroupConfiguration. */
const queryScanLimitModel = sizeBytes({ min: '10MB' }).describe(
  'a query that would scan more is cancelled',
);

export const platformModel = z.strictObject({
  name: z
    .string()
    .regex(NAME_PATTERN, { error: () => 'expected lower-case letters and digits' })
    .max(MAX_PLATFORM_NAME)
    .describe('prefix of stack and resource names'),
  removal_policy: removalPolicyModel,
  log_retention: logRetention,
  query_scan_limit: queryScanLimitModel,
  stream: streamModel,
  writer: writerModel,
  ledger: ledgerModel,
  alarms: alarmsModel,
  defaults: z.strictObject({
    buffer: bufferModel,
    topics: topicsModel,
    watermark: watermarkModel,
    rate: rateModel,
    dedupe: dedupeModel.optional(),
    partition: z.strictObject({ bronze: partitionTermsModel }),
  }),
});

export const environmentModel = z.strictObject({
  account: z
    .string({ error: () => 'expected 12 digits in quotes' })
    .regex(/^\d{12}$/, { error: () => 'expected 12 digits in quotes' })
    .nullable()
    .optional()
    .describe('AWS account; left out: the account of the caller'),
  region: z
    .string()
    .regex(/^[a-z]{2}(-[a-z]+)+-\d$/, { error: () => 'expected a region such as eu-central-1' })
    .nullable()
    .optional(),
  removal_policy: removalPolicyModel.optional(),
  log_retention: logRetention.optional(),
  query_scan_limit: queryScanLimitModel.optional(),
  stream: streamModel.partial().optional(),
  writer: writerModel.partial().optional(),
  ledger: ledgerModel.partial().optional(),
  alarms: alarmsModel.partial().optional(),
  defaults: z
    .strictObject({
      buffer: bufferModel.optional(),
      topics: topicsModel.optional(),
      watermark: watermarkModel.partial().optional(),
      rate: rateModel.partial().optional(),
      dedupe: dedupeModel.optional(),
    })
    .optional()
    .describe('no partitioning here: tables are the same in every environment'),
});

export type PlatformInput = z.infer<typeof platformModel>;
export type EnvironmentInput = z.infer<typeof environmentModel>;

export const SETTINGS_NOT_SUPPORTED: NotSupported = {
  keys: [
    'secrets',
    'sinks',
    'budget',
    'defaults.sinks',
    'defaults.retention',
    'defaults.partition.silver',
  ],
  values: ['defaults.buffer=kafka', 'defaults.topics=category', 'defaults.topics=stream'],
};
