import { SluiceError } from '../errors.ts';
import type { SecretPlace } from './secret-settings.ts';

/** A secret as failures name it. */
type Named = Pick<SecretPlace, 'path' | 'key' | 'version'> & { readonly name: string };

/** `kv/prices, key api_key, version 3` */
function placeText({ path, key, version }: Named): string {
  const parts = [
    path,
    key === null ? null : `key ${key}`,
    version === null ? null : `version ${version}`,
  ];
  return parts.filter((part) => part !== null).join(', ');
}

/** SECRET_NOT_FOUND: the backend answers that there is no such secret. `next` is what to do about it. */
export function secretNotFound(
  secret: Named,
  failure: { readonly backend: string; readonly problem?: string; readonly next: string },
): SluiceError {
  const { backend, problem = 'there is none', next } = failure;
  return new SluiceError(
    'SECRET_NOT_FOUND',
    `secret "${secret.name}" in ${backend} (${placeText(secret)}): ${problem}; ${next}`,
    { context: { secret: secret.name, backend, place: secret.path } },
  );
}

/** SECRET_UNAVAILABLE: the backend cannot be asked, or refuses. Causes are left out: libraries quote what they send. */
export function secretUnavailable(
  secret: Named,
  failure: { readonly backend: string; readonly problem: string; readonly next: string },
): SluiceError {
  const { backend, problem, next } = failure;
  return new SluiceError(
    'SECRET_UNAVAILABLE',
    `secret "${secret.name}" in ${backend} (${placeText(secret)}): ${problem}; ${next}`,
    { context: { secret: secret.name, backend, place: secret.path } },
  );
}
