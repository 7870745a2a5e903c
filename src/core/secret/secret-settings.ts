/** Kinds of backends, as `secrets.backend` names them. Adding one: docs/secrets.md. */
export const SECRET_BACKEND_KINDS = [
  'local',
  'env',
  'file',
  'vault',
  'secretsmanager',
  'ssm',
] as const;

export type SecretBackendKind = (typeof SECRET_BACKEND_KINDS)[number];

/** Where one secret is. */
export interface SecretPlace {
  readonly backend: SecretBackendKind;
  /** Name, path or ARN in the backend. */
  readonly path: string;
  /** Member of a secret that holds several; null for the secret as a whole. */
  readonly key: string | null;
  /** Version of the backend; null is the newest. */
  readonly version: number | null;
}

/** How to log in to Vault; the credentials are templates whose secrets other backends keep. */
export type VaultAuth =
  | { readonly method: 'token'; readonly token: string }
  | {
      readonly method: 'approle';
      readonly mount: string;
      readonly roleId: string;
      readonly secretId: string;
    };

export interface VaultSettings {
  /** `https://vault.example.com:8200` */
  readonly address: string;
  /** Of Vault Enterprise; null for none. */
  readonly namespace: string | null;
  /** KV v2 engine of secrets without a path of their own, and of paths that begin with it. */
  readonly mount: string;
  readonly auth: VaultAuth;
}

/** Customer key that encrypts the secrets of an AWS service; null for the service's own. */
export interface SecretKeySettings {
  readonly kmsKeyArn: string | null;
}

/** What every backend may need to know; each reads its own part. */
export interface SecretBackendSettings {
  /** Null: no secret may be in Vault. */
  readonly vault: VaultSettings | null;
  /** Folder with one file per secret; a relative one begins at the project. */
  readonly file: { readonly folder: string };
  readonly secretsmanager: SecretKeySettings;
  readonly ssm: SecretKeySettings;
}

/** `secrets:` of one environment, resolved. */
export interface SecretSettings extends SecretBackendSettings {
  /** Backend of every secret that is not named. */
  readonly backend: SecretBackendKind;
  /** Before the names of secrets that are not named, where the backend has paths. */
  readonly prefix: string;
  /** How long an execution environment keeps a value. */
  readonly cacheSeconds: number;
  readonly named: Readonly<Record<string, SecretPlace>>;
}

/** Member that holds the value of a secret in Vault, where every secret has members. */
export const VAULT_DEFAULT_KEY = 'value';

/** Environment variable of a secret: `SLUICE_SECRET_PRICES_API_KEY`. */
export function secretVariable(name: string): string {
  return `SLUICE_SECRET_${name.toUpperCase()}`;
}

/** Where a secret is: as `named` says, else in the default backend under prefix and name. */
export function placeOfSecret(settings: SecretSettings, name: string): SecretPlace {
  if (Object.hasOwn(settings.named, name)) return settings.named[name] as SecretPlace;
  const { backend } = settings;
  return { backend, path: defaultPath(settings, name), key: defaultKey(backend), version: null };
}

export function defaultKey(backend: SecretBackendKind): string | null {
  return backend === 'vault' ? VAULT_DEFAULT_KEY : null;
}

/** Where a backend keeps a secret that has no path of its own. */
export function defaultPath(
  settings: Pick<SecretSettings, 'prefix' | 'vault'> & { readonly backend: SecretBackendKind },
  name: string,
): string {
  const path = `${settings.prefix}${name}`;
  switch (settings.backend) {
    case 'env':
      return secretVariable(name);
    case 'local':
    case 'file':
      return name;
    case 'vault':
      return `${settings.vault?.mount ?? 'secret'}/${path}`;
    case 'ssm':
      // A name of several levels begins with a slash. Source: Systems Manager, PutParameter, Name.
      return path.includes('/') && !path.startsWith('/') ? `/${path}` : path;
    case 'secretsmanager':
      return path;
  }
}
