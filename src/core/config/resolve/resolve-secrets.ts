import {
  defaultKey,
  defaultPath,
  type SecretBackendKind,
  type SecretPlace,
  type SecretSettings,
  type VaultAuth,
  type VaultSettings,
} from '../../secret/secret-settings.ts';
import type { NamedSecretInput, SecretsInput } from '../model/secrets-model.ts';

/** Relative to the project; what is below `.sluice` is never committed. */
const DEFAULT_FOLDER = '.sluice/secrets';
const DEFAULT_CACHE_MS = 300_000;

/** `secrets:` with platform and environment laid over each other, in the units the rest of the code uses. */
export function resolveSecrets(
  input: SecretsInput | undefined,
  scope: { readonly platform: string; readonly environment: string },
): SecretSettings {
  const backend = input?.backend ?? 'secretsmanager';
  const prefix = input?.prefix ?? `${scope.platform}/${scope.environment}/`;
  const vault = resolveVault(input?.vault);
  const named = Object.entries(input?.named ?? {}).map(([name, secret]) => [
    name,
    resolvePlace(name, secret, { backend, prefix, vault }),
  ]);
  return {
    backend,
    prefix,
    cacheSeconds: (input?.cache ?? DEFAULT_CACHE_MS) / 1_000,
    named: Object.fromEntries(named),
    vault,
    file: { folder: input?.file?.folder ?? DEFAULT_FOLDER },
    secretsmanager: { kmsKeyArn: input?.secretsmanager?.kms_key ?? null },
    ssm: { kmsKeyArn: input?.ssm?.kms_key ?? null },
  };
}

/** `path#key` is short for `path` and `key`, where secrets have members. */
function resolvePlace(
  name: string,
  input: NamedSecretInput,
  defaults: Pick<SecretSettings, 'backend' | 'prefix' | 'vault'>,
): SecretPlace {
  const backend: SecretBackendKind = input.backend ?? defaults.backend;
  const written = input.path ?? defaultPath({ ...defaults, backend }, name);
  const hasKeys = backend === 'vault' || backend === 'secretsmanager';
  const hash = hasKeys ? written.indexOf('#') : -1;
  const path = hash === -1 ? written : written.slice(0, hash);
  const key = input.key ?? (hash === -1 ? defaultKey(backend) : written.slice(hash + 1));
  return { backend, path, key, version: input.version ?? null };
}

/** Null without address or credentials: then nothing can be asked of it. */
function resolveVault(input: SecretsInput['vault']): VaultSettings | null {
  if (input?.address === undefined || input.auth === undefined) return null;
  return {
    address: input.address,
    namespace: input.namespace ?? null,
    mount: input.mount ?? 'secret',
    auth: resolveAuth(input.auth),
  };
}

function resolveAuth(input: NonNullable<NonNullable<SecretsInput['vault']>['auth']>): VaultAuth {
  if (input.token !== undefined) return { method: 'token', token: input.token };
  return {
    method: 'approle',
    mount: input.mount ?? 'approle',
    roleId: input.role_id ?? '',
    secretId: input.secret_id ?? '',
  };
}
