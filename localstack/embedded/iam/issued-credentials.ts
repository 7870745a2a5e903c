import { randomBytes } from 'node:crypto';
import type { IamCredentials } from '#embedded/services.ts';

/** Temporary keys start with ASIA. Source: IAM user guide, "Unique identifiers". */
const TEMPORARY_KEY = /^ASIA/;
const KEY_ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
const KEY_SUFFIX_LENGTH = 16;
const SECRET_BYTES = 30;
const TOKEN_BYTES = 96;

/** True for a key that only this process could have issued; what it does not know of them is refused. */
export function looksTemporary(accessKeyId: string): boolean {
  return TEMPORARY_KEY.test(accessKeyId);
}

/** Credentials in the shapes AWS gives them: 20 and 40 characters, and a token. */
export function createCredentials(): IamCredentials {
  const suffix = [...randomBytes(KEY_SUFFIX_LENGTH)]
    .map((byte) => KEY_ALPHABET[byte % KEY_ALPHABET.length])
    .join('');
  return {
    accessKeyId: `ASIA${suffix}`,
    secretAccessKey: randomBytes(SECRET_BYTES).toString('base64'),
    sessionToken: randomBytes(TOKEN_BYTES).toString('base64'),
  };
}
