import { randomInt } from 'node:crypto';
import { localArn } from '#embedded/assembly/local-arn.ts';
import { AwsError } from '#embedded/gateway/json-protocol.ts';
import { openNamedItems } from '#embedded/named-items.ts';
import type { StoredSecret } from './stored-secret.ts';

/** Secrets by name; those whose recovery window is over are gone. */
export interface LocalSecrets {
  get(name: string): StoredSecret | null;
  /** By name, ARN, or ARN without the characters Secrets Manager put after the name. */
  find(secretId: string): StoredSecret | null;
  /** As find. Throws ResourceNotFoundException. */
  require(secretId: string): StoredSecret;
  /** As require; throws InvalidRequestException for a secret that is being deleted. */
  requireActive(secretId: string): StoredSecret;
  list(): readonly StoredSecret[];
  put(secret: StoredSecret): void;
  delete(name: string): void;
  nowMs(): number;
}

export function openLocalSecrets(stateDir: string, nowMs: () => number): LocalSecrets {
  const items = openNamedItems<StoredSecret>(stateDir);
  const alive = (secret: StoredSecret | null): StoredSecret | null => {
    if (secret === null || secret.deletionMs === null || secret.deletionMs > nowMs()) return secret;
    items.delete(secret.name);
    return null;
  };
  const find = (secretId: string): StoredSecret | null =>
    alive(items.get(nameIn(secretId, items.list())));
  const require = (secretId: string): StoredSecret => {
    const secret = find(secretId);
    if (secret !== null) return secret;
    throw new AwsError(
      'ResourceNotFoundException',
      "Secrets Manager can't find the specified secret.",
    );
  };
  return {
    get: (name) => alive(items.get(name)),
    find,
    require,
    requireActive(secretId) {
      const secret = require(secretId);
      if (secret.deletionMs === null) return secret;
      throw new AwsError(
        'InvalidRequestException',
        "You can't perform this operation on the secret because it was marked for deletion.",
      );
    },
    list: () => items.list().filter((secret) => alive(secret) !== null),
    put: items.put,
    delete: items.delete,
    nowMs,
  };
}

function nameIn(secretId: string, secrets: readonly StoredSecret[]): string {
  if (!secretId.startsWith('arn:')) return secretId;
  const named = secrets.find(({ arn }) => arn === secretId || arn.slice(0, -7) === secretId);
  return named?.name ?? secretId;
}

const SUFFIX_CHARACTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** Six random characters after the name: a secret that is created again is another one. */
export function newSecretArn(name: string): string {
  const suffix = Array.from(
    { length: 6 },
    () => SUFFIX_CHARACTERS[randomInt(SUFFIX_CHARACTERS.length)],
  ).join('');
  return secretArn(name, suffix);
}

export function secretArn(name: string, suffix: string): string {
  return localArn('secretsmanager', `secret:${name}-${suffix}`);
}
