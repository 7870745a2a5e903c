import {
  DOMAIN_SETTINGS_NAMES,
  type DomainSettingsInput,
  type DomainSettingsName,
} from '../model/domain-settings-model.ts';
import type { DomainSettings } from '../project.ts';
import { type Layer, mergeLayers } from './merge-layers.ts';
import { resolveKafka } from './resolve-kafka.ts';
import { resolveMaintenance } from './resolve-maintenance.ts';

/** Settings of a domain's resources with the overrides of a stronger layer laid over them. */
export function mergeDomainSettings(
  settings: DomainSettingsInput,
  overrides: Layer<DomainSettingsInput>,
): DomainSettingsInput {
  const sections = DOMAIN_SETTINGS_NAMES.map((name) => [
    name,
    mergeLayers<unknown>(settings[name], overrides[name]),
  ]);
  return Object.fromEntries(sections);
}

/** How each section comes into the units of the code. */
const RESOLVERS: {
  readonly [K in DomainSettingsName]: (input: DomainSettingsInput[K]) => DomainSettings[K];
} = {
  stream: ({ shards, retention }) => ({ shards, retentionHours: retention / 3_600_000 }),
  writer: (writer) => ({
    memoryMb: writer.memory / 1_000_000,
    timeoutSeconds: writer.timeout / 1_000,
    batchSize: writer.batch_size,
    batchingWindowSeconds: writer.batching_window / 1_000,
    retryAttempts: writer.retry_attempts,
    maxRecordAgeSeconds: writer.max_record_age / 1_000,
    commit: writer.commit,
    commitIntervalSeconds: writer.commit_interval / 1_000,
  }),
  kafka: resolveKafka,
  maintenance: resolveMaintenance,
};

/** The sections an environment has for every domain and a domain may override. */
export function resolveDomainSettings(settings: DomainSettingsInput): DomainSettings {
  return {
    stream: RESOLVERS.stream(settings.stream),
    writer: RESOLVERS.writer(settings.writer),
    kafka: RESOLVERS.kafka(settings.kafka),
    maintenance: RESOLVERS.maintenance(settings.maintenance),
  };
}
