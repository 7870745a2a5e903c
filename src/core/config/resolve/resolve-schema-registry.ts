import type { SchemaRegistryInput } from '../model/schema-model.ts';
import type { SchemaRegistrySettings } from '../project.ts';

/** The registry of an environment; a Glue one without name is named after platform and environment. */
export function resolveSchemaRegistry(
  input: SchemaRegistryInput,
  names: { readonly platform: string; readonly environment: string },
): SchemaRegistrySettings {
  if (input === undefined || input === 'none') return { kind: 'none' };
  if (input.kind === 'glue') {
    return { kind: 'glue', name: input.name ?? `${names.platform}-${names.environment}` };
  }
  return { kind: 'confluent', url: input.url.replace(/\/+$/, ''), auth: input.auth ?? null };
}
