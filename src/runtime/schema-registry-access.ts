import { createGlueSchemaRegistry } from '#adapters/aws/glue-schema-registry.ts';
import { createConfluentSchemaRegistry } from '#adapters/http/confluent-schema-registry.ts';
import { systemClock } from '#adapters/system/system-clock.ts';
import type { Environment } from '#core/config/project.ts';
import {
  buildSchemaRegistryConfig,
  parseSchemaRegistryConfig,
  SCHEMA_REGISTRY_VARIABLE,
  type SchemaRegistryConfig,
} from '#core/config/schema-registry-config.ts';
import { renderTemplate, secretNames } from '#core/secret/render-template.ts';
import type { SecretsConfig } from '#core/secret/secrets-config.ts';
import type { SchemaRegistry } from '#ports/schema-registry.ts';
import { type AwsTarget, type CallLimits, createGlueClient } from './aws-clients.ts';

export interface SchemaRegistryAccess extends SchemaRegistry {
  close(): void;
}

export interface RegistryAccessOptions {
  /** Where AWS services are. @default the SDK's own chain */
  readonly target?: AwsTarget;
  /** Of one call. */
  readonly limits?: CallLimits;
  /** Folder that relative paths of the file secrets begin at. */
  readonly root?: string;
}

/** Long enough for a registry far away, short enough that several calls fit into an invocation. */
const DEFAULT_LIMITS: CallLimits = { requestTimeoutMs: 5_000 };

/** The registry of an environment, for tools; null when it has none. */
export function openEnvironmentRegistry(
  environment: Pick<Environment, 'schemaRegistry' | 'secrets'>,
  options: RegistryAccessOptions = {},
): SchemaRegistryAccess | null {
  const config = buildSchemaRegistryConfig(environment);
  return config === null ? null : openRegistry(config, options);
}

/** The registry that a function's environment names; null when it names none. */
export function openFunctionRegistry(
  variables: Readonly<Record<string, string | undefined>> = process.env,
  limits: CallLimits = DEFAULT_LIMITS,
): SchemaRegistryAccess | null {
  const text = variables[SCHEMA_REGISTRY_VARIABLE];
  return text === undefined ? null : openRegistry(parseSchemaRegistryConfig(text), { limits });
}

function openRegistry(
  { registry: settings, secrets }: SchemaRegistryConfig,
  options: RegistryAccessOptions,
): SchemaRegistryAccess {
  const limits = options.limits ?? DEFAULT_LIMITS;
  if (settings.kind === 'glue') {
    const client = createGlueClient(options.target ?? {}, limits);
    const registry = createGlueSchemaRegistry(client, {
      registry: settings.name,
      clock: systemClock,
    });
    return { ...registry, close: () => client.destroy() };
  }
  const { auth } = settings;
  const registry = createConfluentSchemaRegistry({
    url: settings.url,
    auth:
      auth === null
        ? null
        : { user: auth.user, password: passwordReader(auth.password, secrets, options) },
    clock: systemClock,
    requestTimeoutMs: limits.requestTimeoutMs,
  });
  return { ...registry, close: () => {} };
}

/** The secret is read when the registry is first called, and kept as long as secrets are. */
function passwordReader(
  text: string,
  secrets: SecretsConfig | null,
  { target, root }: RegistryAccessOptions,
): () => Promise<string> {
  if (secrets === null) return async () => text;
  // Only functions whose registry has a password pay for the clients of the secret backends.
  const opening = once(async () => {
    const { openSecrets } = await import('./secrets.ts');
    return openSecrets(secrets, {
      ...(target === undefined ? {} : { target }),
      ...(root === undefined ? {} : { root }),
    });
  });
  return async () => {
    const secretStore = await opening();
    const values = await Promise.all(
      secretNames(text).map(async (name) => [name, await secretStore.read(name)] as const),
    );
    return renderTemplate(text, { secrets: new Map(values) });
  };
}

function once<T>(work: () => Promise<T>): () => Promise<T> {
  let running: Promise<T> | null = null;
  return () => {
    running ??= work();
    return running;
  };
}
