import { secretNotFound, secretUnavailable } from '#core/secret/secret-failure.ts';
import { memberOf } from '#core/secret/secret-member.ts';
import type { SecretBackend, SecretReference } from '#ports/secret-store.ts';
import { callVault, type VaultAnswer, type VaultConnection } from './vault-client.ts';

/** How to log in; credentials are read when they are needed, `fresh` when those that were kept are refused. */
export type VaultLogin =
  | { readonly method: 'token'; token(options: { readonly fresh: boolean }): Promise<string> }
  | {
      readonly method: 'approle';
      /** Where the method is mounted: `approle`. */
      readonly mount: string;
      credentials(options: {
        readonly fresh: boolean;
      }): Promise<{ readonly roleId: string; readonly secretId: string }>;
    };

export interface VaultBackendOptions extends VaultConnection {
  readonly login: VaultLogin;
  /** KV v2 engines whose names have slashes; a path that begins with none of them begins with its engine. */
  readonly mounts: readonly string[];
}

const BACKEND = 'Vault';

/** Secrets in Vault's KV v2 engine. A token is kept until Vault refuses it. Source: Vault API, "KV secrets engine, version 2", "AppRole auth method". */
export function createVaultSecretBackend(options: VaultBackendOptions): SecretBackend {
  let token: Promise<string> | null = null;
  const logIn = (reference: SecretReference, fresh: boolean): Promise<string> => {
    const attempt = openToken(options, reference, fresh);
    token = attempt;
    // A failure is not kept.
    attempt.catch(() => {
      if (token === attempt) token = null;
    });
    return attempt;
  };
  return {
    async read(reference) {
      const used = token ?? logIn(reference, false);
      const first = await readSecret(options, reference, await used);
      if (first.kind !== 'answer' || first.status !== 403) return valueIn(first, reference);
      // Vault answers 403 for a token that has expired as for a path that a policy does not allow: a new token tells.
      const renewed = token !== used && token !== null ? token : logIn(reference, true);
      return valueIn(await readSecret(options, reference, await renewed), reference);
    },
  };
}

function readSecret(
  options: VaultBackendOptions,
  reference: SecretReference,
  token: string,
): Promise<VaultAnswer> {
  const { mount, path } = splitPath(reference.path, options.mounts);
  const version = reference.version === null ? '' : `?version=${reference.version}`;
  const encoded = path.split('/').map(encodeURIComponent).join('/');
  return callVault(options, { method: 'GET', path: `${mount}/data/${encoded}${version}`, token });
}

function splitPath(
  full: string,
  mounts: readonly string[],
): { readonly mount: string; readonly path: string } {
  const mount =
    mounts.find((candidate) => full.startsWith(`${candidate}/`)) ?? full.split('/')[0] ?? '';
  return { mount, path: full.slice(mount.length + 1) };
}

function valueIn(answer: VaultAnswer, reference: SecretReference): string {
  if (answer.kind === 'unreachable') throw unreachable(answer.reason, reference);
  const { status, body } = answer;
  if (status === 200) {
    const members = member(member(body, 'data'), 'data');
    if (typeof members === 'object' && members !== null) return memberOf(members, reference);
    throw secretUnavailable(reference, {
      backend: BACKEND,
      problem: 'the answer is not that of a KV version 2 engine',
      next: 'name a path that begins with such an engine (vault kv enable-versioning)',
    });
  }
  if (status === 404) throw notFound(body, reference);
  if (status === 403) {
    throw secretUnavailable(reference, {
      backend: BACKEND,
      problem: 'permission is denied (403)',
      next: 'give the token a policy with "read" on the path with /data/ after its engine',
    });
  }
  throw secretUnavailable(reference, {
    backend: BACKEND,
    problem: `it answers ${status}`,
    next: 'look at its health (vault status); it is asked again with the next use',
  });
}

/** A version that was deleted has metadata and no data. */
function notFound(body: unknown, reference: SecretReference): Error {
  const metadata = member(member(body, 'data'), 'metadata');
  if (metadata === undefined) {
    return secretNotFound(reference, {
      backend: BACKEND,
      next: `vault kv put ${reference.path} …`,
    });
  }
  return secretNotFound(reference, {
    backend: BACKEND,
    problem:
      member(metadata, 'destroyed') === true
        ? 'the version is destroyed'
        : 'the version is deleted',
    next: `vault kv put ${reference.path} …, or vault kv undelete`,
  });
}

async function openToken(
  options: VaultBackendOptions,
  reference: SecretReference,
  fresh: boolean,
): Promise<string> {
  const { login } = options;
  if (login.method === 'token') return login.token({ fresh });
  const { roleId, secretId } = await login.credentials({ fresh });
  const answer = await callVault(options, {
    method: 'POST',
    path: `auth/${login.mount}/login`,
    token: null,
    body: { role_id: roleId, secret_id: secretId },
  });
  if (answer.kind === 'unreachable') throw unreachable(answer.reason, reference);
  const token = member(member(answer.body, 'auth'), 'client_token');
  if (answer.status === 200 && typeof token === 'string' && token !== '') return token;
  throw secretUnavailable(reference, {
    backend: BACKEND,
    problem: `it refuses the AppRole login (${answer.status})`,
    next: 'check role_id and secret_id of secrets.vault.auth; a secret_id may have expired or be used up',
  });
}

function unreachable(reason: string, reference: SecretReference): Error {
  return secretUnavailable(reference, {
    backend: BACKEND,
    problem: `it cannot be reached (${reason})`,
    next: 'check secrets.vault.address and the network; it is asked again with the next use',
  });
}

function member(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
  return (value as Record<string, unknown>)[name];
}
