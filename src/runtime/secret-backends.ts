import path from 'node:path';
import { createSecretsManagerSecretBackend } from '#adapters/aws/secrets-manager-secret-backend.ts';
import { createSsmSecretBackend } from '#adapters/aws/ssm-secret-backend.ts';
import { createFileSecretBackend } from '#adapters/fs/file-secret-backend.ts';
import { createEnvSecretBackend } from '#adapters/system/env-secret-backend.ts';
import { systemClock, systemRandom } from '#adapters/system/system-clock.ts';
import { createVaultSecretBackend, type VaultLogin } from '#adapters/vault/vault-secret-backend.ts';
import { hasCode, SluiceError } from '#core/errors.ts';
import { renderTemplate, secretNames } from '#core/secret/render-template.ts';
import {
  type SecretBackendKind,
  type SecretBackendSettings,
  secretVariable,
  type VaultSettings,
} from '#core/secret/secret-settings.ts';
import type { SecretBackend, SecretStore } from '#ports/secret-store.ts';
import { type AwsTarget, createSecretsManagerClient, createSsmClient } from './aws-clients.ts';

/** What a backend is opened with. */
export interface SecretBackendContext {
  readonly settings: SecretBackendSettings;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Folder that relative paths begin at. */
  readonly root: string;
  readonly target: AwsTarget;
  /** Secrets of other backends, for credentials. */
  readonly secrets: SecretStore;
}

export type SecretBackendFactory = (context: SecretBackendContext) => SecretBackend;

const FACTORIES = new Map<SecretBackendKind, SecretBackendFactory>();

/** Makes a kind of backend known; it is opened when its first secret is read. The later registration wins. */
export function registerSecretBackend(
  kind: SecretBackendKind,
  factory: SecretBackendFactory,
): void {
  FACTORIES.set(kind, factory);
}

/** Throws FEATURE_UNSUPPORTED for a kind nobody registered. */
export function openSecretBackend(
  kind: SecretBackendKind,
  context: SecretBackendContext,
): SecretBackend {
  const factory = FACTORIES.get(kind);
  if (factory !== undefined) return factory(context);
  const known = [...FACTORIES.keys()].join(', ');
  throw new SluiceError(
    'FEATURE_UNSUPPORTED',
    `no secret backend "${kind}" is registered, expected one of ${known}; register it in src/runtime/secret-backends.ts`,
  );
}

registerSecretBackend('env', ({ environment }) => createEnvSecretBackend(environment));
registerSecretBackend('file', openFiles);
registerSecretBackend('local', (context) =>
  firstOf(createEnvSecretBackend(context.environment), openFiles(context)),
);
registerSecretBackend('secretsmanager', ({ target }) =>
  createSecretsManagerSecretBackend(createSecretsManagerClient(target)),
);
registerSecretBackend('ssm', ({ target }) => createSsmSecretBackend(createSsmClient(target)));
registerSecretBackend('vault', ({ settings, secrets }) => {
  const { vault } = settings;
  if (vault === null) {
    throw new SluiceError(
      'CONFIG_INVALID',
      'a secret is in Vault, but secrets.vault has no address or no auth; add them and deploy',
    );
  }
  return createVaultSecretBackend({
    address: vault.address,
    namespace: vault.namespace,
    mounts: [vault.mount],
    login: vaultLogin(vault, secrets),
    clock: systemClock,
    random: systemRandom,
  });
});

function openFiles({ settings, root }: SecretBackendContext): SecretBackend {
  return createFileSecretBackend({
    folder: path.resolve(root, settings.file.folder),
    platform: process.platform,
  });
}

/** For a laptop: the variable of the secret, else the file of its name. */
function firstOf(variables: SecretBackend, files: SecretBackend): SecretBackend {
  return {
    async read(reference) {
      const variable = secretVariable(reference.name);
      try {
        return await variables.read({ ...reference, path: variable });
      } catch (error) {
        if (!hasCode(error, 'SECRET_NOT_FOUND')) throw error;
      }
      return await files.read(reference).catch((error: unknown) => {
        if (!hasCode(error, 'SECRET_NOT_FOUND')) throw error;
        throw new SluiceError('SECRET_NOT_FOUND', `${error.message}, or set ${variable}`, {
          context: error.context,
        });
      });
    },
  };
}

function vaultLogin({ auth }: VaultSettings, secrets: SecretStore): VaultLogin {
  const render = async (text: string, options: { readonly fresh: boolean }): Promise<string> => {
    const values = new Map<string, string>();
    for (const name of secretNames(text)) values.set(name, await secrets.read(name, options));
    return renderTemplate(text, { secrets: values });
  };
  if (auth.method === 'token') {
    return { method: 'token', token: (options) => render(auth.token, options) };
  }
  return {
    method: 'approle',
    mount: auth.mount,
    credentials: async (options) => ({
      roleId: await render(auth.roleId, options),
      secretId: await render(auth.secretId, options),
    }),
  };
}
