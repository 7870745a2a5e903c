import { z } from 'zod';
import type { NotSupported } from '../source/model-issues.ts';
import { domainSettingsOverrides, domainSettingsShape } from './domain-settings-model.ts';
import { kafkaClusterModel } from './kafka-model.ts';
import { MAX_PLATFORM_NAME, NAME_PATTERN } from './name-model.ts';
import { durationMs, sizeBytes, wholeMinutes, wholeSeconds } from './quantity.ts';
import { compatibilityModel, schemaRegistryModel } from './schema-model.ts';
import { secretsModel } from './secrets-model.ts';
import {
  bufferModel,
  partitionTermsModel,
  streamDefaultsOverrides,
  streamDefaultsShape,
  topicsModel,
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

const removalPolicyModel = z
  .enum(['retain', 'destroy'])
  .describe('destroy removes the data together with the stack');

/**
 * A commit states its counts by hour in its snapshot, which is kept for an hour at least (DEFAULT_MAX_SNAPSHOT_AGE_MS): with half
 * of it, a run that fails or is late leaves no commit to be booked from the totals. It is also far below a quarter of the
 * shortest retention: nothing is trimmed before it is counted.
 */
const ledgerModel = z.strictObject({
  every: wholeMinutes('1m', '30m').describe('how often the books are rolled up'),
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

const LEDGER_TEXT = 'counts where every event went';
const ALARMS_TEXT = 'who is told, and when';
const KAFKA_CLUSTER_TEXT = 'made when a domain with buffer: kafka names no other cluster';

export const platformModel = z.strictObject({
  name: z
    .string()
    .regex(NAME_PATTERN, { error: () => 'expected lower-case letters and digits' })
    .max(MAX_PLATFORM_NAME)
    .describe('prefix of stack and resource names'),
  removal_policy: removalPolicyModel,
  log_retention: logRetention.describe('how long logs and access logs are kept'),
  query_scan_limit: queryScanLimitModel,
  ...domainSettingsShape,
  kafka_cluster: kafkaClusterModel.describe(KAFKA_CLUSTER_TEXT),
  ledger: ledgerModel.describe(LEDGER_TEXT),
  secrets: secretsModel.optional(),
  schema_registry: schemaRegistryModel,
  alarms: alarmsModel.describe(ALARMS_TEXT),
  defaults: z
    .strictObject({
      buffer: bufferModel,
      topics: topicsModel,
      ...streamDefaultsShape,
      compatibility: compatibilityModel,
      partition: z
        .strictObject({ bronze: partitionTermsModel })
        .describe('how the tables are partitioned'),
    })
    .describe('what a domain gets when it says nothing'),
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
    .optional()
    .describe('AWS region; left out: that of the caller'),
  removal_policy: removalPolicyModel.optional(),
  log_retention: logRetention.optional().describe('how long logs and access logs are kept'),
  query_scan_limit: queryScanLimitModel.optional(),
  ...domainSettingsOverrides,
  kafka_cluster: kafkaClusterModel.partial().optional().describe(KAFKA_CLUSTER_TEXT),
  ledger: ledgerModel.partial().optional().describe(LEDGER_TEXT),
  secrets: secretsModel.optional(),
  schema_registry: schemaRegistryModel,
  alarms: alarmsModel.partial().optional().describe(ALARMS_TEXT),
  defaults: z
    .strictObject({
      buffer: bufferModel.optional(),
      topics: topicsModel.optional(),
      ...streamDefaultsOverrides,
    })
    .optional()
    .describe('for every domain here; no partitioning: tables are the same in every environment'),
});

export type PlatformInput = z.infer<typeof platformModel>;
export type EnvironmentInput = z.infer<typeof environmentModel>;

export const SETTINGS_NOT_SUPPORTED: NotSupported = {
  keys: [
    'sinks',
    'budget',
    'defaults.sinks',
    'defaults.retention.silver',
    'defaults.retention.gold',
    'defaults.partition.silver',
  ],
  values: ['defaults.topics=category', 'defaults.topics=stream'],
};
