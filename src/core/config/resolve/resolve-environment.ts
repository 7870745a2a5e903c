import type { EnvironmentInput, PlatformInput } from '../model/settings-model.ts';
import type { Environment } from '../project.ts';
import { resolveDomainSettings } from './domain-settings.ts';
import { mergeLayers } from './merge-layers.ts';
import { resolveKafkaCluster } from './resolve-kafka.ts';
import { resolveSchemaRegistry } from './resolve-schema-registry.ts';
import { resolveSecrets } from './resolve-secrets.ts';

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
    ...resolveDomainSettings(settings),
    ledger: {
      everyMinutes: settings.ledger.every / 60_000,
      graceSeconds: settings.ledger.grace / 1_000,
    },
    alarms: {
      email: settings.alarms.email,
      iteratorAgeSeconds: settings.alarms.iterator_age / 1_000,
    },
    queryScanLimitBytes: settings.query_scan_limit,
    kafkaCluster: resolveKafkaCluster(settings.kafka_cluster),
    schemaRegistry: resolveSchemaRegistry(settings.schema_registry, {
      platform: settings.name,
      environment: name,
    }),
    secrets: resolveSecrets(settings.secrets, { platform: settings.name, environment: name }),
  };
}
