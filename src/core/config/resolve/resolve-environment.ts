import type { EnvironmentInput, PlatformInput } from '../model/settings-model.ts';
import type { Environment } from '../project.ts';
import type { ConfigFile } from '../source/config-file.ts';
import type { ConfigPath } from '../source/config-issue.ts';
import { mergeLayers } from './merge-layers.ts';

/** The platform's settings with those of one environment laid over them. */
export function mergeSettings(
  platform: PlatformInput,
  environment: EnvironmentInput,
): PlatformInput {
  const { account: _account, region: _region, ...overrides } = environment;
  return mergeLayers(platform, overrides);
}

/** One environment in the units the rest of the code uses. */
export function resolveEnvironment(
  name: string,
  settings: PlatformInput,
  environment: EnvironmentInput,
): Environment {
  return {
    name,
    account: environment.account ?? null,
    region: environment.region ?? null,
    removalPolicy: settings.removal_policy,
    logRetentionDays: settings.log_retention / 86_400_000,
    stream: {
      shards: settings.stream.shards,
      retentionHours: settings.stream.retention / 3_600_000,
    },
    writer: {
      memoryMb: settings.writer.memory / 1_000_000,
      timeoutSeconds: settings.writer.timeout / 1_000,
      batchSize: settings.writer.batch_size,
      batchingWindowSeconds: settings.writer.batching_window / 1_000,
      retryAttempts: settings.writer.retry_attempts,
      maxRecordAgeSeconds: settings.writer.max_record_age / 1_000,
    },
    ledger: {
      everyMinutes: settings.ledger.every / 60_000,
      graceSeconds: settings.ledger.grace / 1_000,
    },
    alarms: {
      email: settings.alarms.email,
      iteratorAgeSeconds: settings.alarms.iterator_age / 1_000,
    },
    queryScanLimitBytes: settings.query_scan_limit,
  };
}

/** Checks that only the merged settings show; an issue goes to the file that sets the value. */
export function checkSettings(
  settings: PlatformInput,
  environment: ConfigFile<EnvironmentInput>,
  platform: ConfigFile<PlatformInput>,
): void {
  checkRecordAge(settings, environment, platform);
  checkIteratorAge(settings, environment, platform);
}

function checkRecordAge(
  settings: PlatformInput,
  environment: ConfigFile<EnvironmentInput>,
  platform: ConfigFile<PlatformInput>,
): void {
  const path: ConfigPath = ['writer', 'max_record_age'];
  // A record that outlives the buffer's retention is gone before it can reach the dead letters.
  if (settings.writer.max_record_age < settings.stream.retention) return;
  const ageHours = settings.writer.max_record_age / 3_600_000;
  const retentionHours = settings.stream.retention / 3_600_000;
  const owner = ownerOf(path, environment, platform);
  owner.report.at(
    owner.path,
    `expected max_record_age below the retention of the stream in environment "${environment.name}" (${retentionHours}h), got ${ageHours}h; records would expire before they reach the dead letters`,
  );
}

/** The second alarm comes at a quarter of the retention, so the first one has to come before. */
function checkIteratorAge(
  settings: PlatformInput,
  environment: ConfigFile<EnvironmentInput>,
  platform: ConfigFile<PlatformInput>,
): void {
  const quarter = settings.stream.retention / 4;
  if (settings.alarms.iterator_age < quarter) return;
  const owner = ownerOf(['alarms', 'iterator_age'], environment, platform);
  owner.report.at(
    owner.path,
    `expected iterator_age below a quarter of the retention of the stream in environment "${environment.name}" (${quarter / 3_600_000}h), got ${settings.alarms.iterator_age / 3_600_000}h; the alarm would leave too little time before events are lost`,
  );
}

/** The file and key to change: the environment's own value, else the environment's retention, else the platform's value. */
function ownerOf(
  path: ConfigPath,
  environment: ConfigFile<EnvironmentInput>,
  platform: ConfigFile<PlatformInput>,
): { readonly report: ConfigFile<unknown>['report']; readonly path: ConfigPath } {
  const retention: ConfigPath = ['stream', 'retention'];
  if (environment.report.has(path)) return { report: environment.report, path };
  if (environment.report.has(retention)) return { report: environment.report, path: retention };
  return { report: platform.report, path };
}
