import { systemClock } from '#adapters/system/system-clock.ts';
import { createCachedSecrets } from '#app/cached-secrets.ts';
import type { SecretBackendKind } from '#core/secret/secret-settings.ts';
import type { SecretsConfig } from '#core/secret/secrets-config.ts';
import type { Clock } from '#ports/clock.ts';
import type { RedactingSecretStore, SecretBackend } from '#ports/secret-store.ts';
import type { AwsTarget } from './aws-clients.ts';
import { openSecretBackend, type SecretBackendContext } from './secret-backends.ts';

export interface OpenSecretsOptions {
  /** Where AWS services are. @default the SDK's own chain */
  readonly target?: AwsTarget;
  /** @default process.env */
  readonly environment?: SecretBackendContext['environment'];
  /** Folder that relative paths of the file backend begin at. @default SLUICE_SECRETS_ROOT, else the working folder */
  readonly root?: string;
  /** @default the system's */
  readonly clock?: Pick<Clock, 'nowMs'>;
}

/**
 * The secrets a configuration names, for one execution environment. Nothing is connected to before the first secret
 * of a backend is read.
 */
export function openSecrets(
  config: SecretsConfig,
  options: OpenSecretsOptions = {},
): RedactingSecretStore {
  const { target = {}, environment = process.env, clock = systemClock } = options;
  const root = options.root ?? environment['SLUICE_SECRETS_ROOT'] ?? process.cwd();
  const opened = new Map<SecretBackendKind, SecretBackend>();
  const secrets: RedactingSecretStore = createCachedSecrets({
    places: config.places,
    cacheSeconds: config.cacheSeconds,
    clock,
    backendOf(kind) {
      const context = { settings: config.backends, environment, root, target, secrets };
      const backend = opened.get(kind) ?? openSecretBackend(kind, context);
      opened.set(kind, backend);
      return backend;
    },
  });
  return secrets;
}
