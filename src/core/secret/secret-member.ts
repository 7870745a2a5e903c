import { secretNotFound } from './secret-failure.ts';
import type { SecretPlace } from './secret-settings.ts';

/**
 * The text of a secret, or of one member of a secret that is a JSON object. Throws SECRET_NOT_FOUND when there is no
 * text; what is there instead is never told.
 */
export function readMember(text: string, secret: SecretPlace & { readonly name: string }): string {
  if (secret.key === null) return requireText(text, secret);
  let members: unknown;
  try {
    members = JSON.parse(text);
  } catch {
    members = null;
  }
  if (typeof members !== 'object' || members === null || Array.isArray(members)) {
    throw secretNotFound(secret, {
      backend: secret.backend,
      problem: 'it is no JSON object',
      next: `store one with the member ${secret.key}, or leave the key out`,
    });
  }
  return memberOf(members, secret);
}

/** One member of a secret that comes as an object. Throws SECRET_NOT_FOUND when it is no text. */
export function memberOf(members: object, secret: SecretPlace & { readonly name: string }): string {
  const key = secret.key ?? '';
  const value: unknown = Object.hasOwn(members, key)
    ? (members as Record<string, unknown>)[key]
    : undefined;
  if (typeof value === 'string') return requireText(value, secret);
  throw secretNotFound(secret, {
    backend: secret.backend,
    problem: value === undefined ? `it has no member ${key}` : `its member ${key} is no text`,
    next: 'store the value as text under this key, or correct the key',
  });
}

function requireText(text: string, secret: SecretPlace & { readonly name: string }): string {
  if (text !== '') return text;
  throw secretNotFound(secret, {
    backend: secret.backend,
    problem: 'it is empty',
    next: 'store a value',
  });
}
