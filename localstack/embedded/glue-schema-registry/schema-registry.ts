import type { JsonOperation } from '../gateway/json-protocol.ts';
import { schemaRegistryTemplates } from './ensure-schema.ts';
import { REGISTRY_QUOTAS, type RegistryDeps, type RegistryQuotas } from './register-version.ts';
import { registryOperations } from './registry-operations.ts';
import { schemaOperations } from './schema-operations.ts';
import { openSchemaRegistryStore } from './schema-registry-store.ts';
import type { SchemaRegistryTemplates } from './schema-registry-templates.ts';
import { versionOperations } from './version-operations.ts';

export interface SchemaRegistryOptions {
  /** Folder of the registry alone. */
  readonly stateDir: string;
  readonly nowMs: () => number;
  readonly newUuid: () => string;
  readonly quotas?: RegistryQuotas;
}

/** The AWS Glue Schema Registry: part of the Glue API, with a state of its own. Avro only. */
export interface SchemaRegistryEmulation extends SchemaRegistryTemplates {
  readonly operations: Readonly<Record<string, JsonOperation>>;
}

export function createSchemaRegistry(options: SchemaRegistryOptions): SchemaRegistryEmulation {
  const { stateDir, nowMs, newUuid, quotas = REGISTRY_QUOTAS } = options;
  const deps: RegistryDeps = { store: openSchemaRegistryStore(stateDir), nowMs, newUuid, quotas };
  return {
    operations: {
      ...registryOperations(deps),
      ...schemaOperations(deps),
      ...versionOperations(deps),
    },
    ...schemaRegistryTemplates(deps),
  };
}
