import { z } from 'zod';
import {
  buildSecretsConfig,
  type SecretsConfig,
  secretsConfigModel,
} from '../secret/secrets-config.ts';
import { secretsIn } from '../secret/used-secrets.ts';
import { parseLambdaJson } from './lambda-config.ts';
import type { Environment, SchemaRegistrySettings } from './project.ts';

/** Environment variable with it, of every function that reads or writes events; absent: no registry. */
export const SCHEMA_REGISTRY_VARIABLE = 'SCHEMA_REGISTRY';

/** What a function has to know to talk to the schema registry; names and places, no secret. */
export interface SchemaRegistryConfig {
  readonly registry: Exclude<SchemaRegistrySettings, { kind: 'none' }>;
  /** Where the password is. */
  readonly secrets: SecretsConfig | null;
}

/** Null for an environment without registry. */
export function buildSchemaRegistryConfig(
  environment: Pick<Environment, 'schemaRegistry' | 'secrets'>,
): SchemaRegistryConfig | null {
  const { schemaRegistry: registry } = environment;
  if (registry.kind === 'none') return null;
  const names = secretsIn(registry).map(({ name }) => name);
  const secrets = names.length === 0 ? null : buildSecretsConfig(environment.secrets, names);
  return { registry, secrets };
}

const model: z.ZodType<SchemaRegistryConfig> = z.strictObject({
  registry: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('glue'), name: z.string() }),
    z.strictObject({
      kind: z.literal('confluent'),
      url: z.string(),
      auth: z.strictObject({ user: z.string(), password: z.string() }).nullable(),
    }),
  ]),
  secrets: secretsConfigModel.nullable(),
});

/** Value of the variable; the same configuration gives the same text. */
export function serializeSchemaRegistryConfig(config: SchemaRegistryConfig): string {
  return JSON.stringify(config);
}

/** Inverse of serializeSchemaRegistryConfig. Throws CONFIG_INVALID with every key that is wrong. */
export function parseSchemaRegistryConfig(text: string): SchemaRegistryConfig {
  return parseLambdaJson(text, model, { what: `variable ${SCHEMA_REGISTRY_VARIABLE}` });
}
