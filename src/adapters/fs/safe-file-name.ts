import { createHash } from 'node:crypto';
import { SluiceError } from '#core/errors.ts';

/** File systems take 255 bytes; what is longer keeps its beginning and gets a digest. */
const MAX_LENGTH = 200;
const KEPT_LENGTH = 120;

/**
 * A file name for any name, another one for any other, also where the file system does not tell letter cases or
 * Unicode forms apart: small letters, digits, `_` and `-` as they are, every other byte as `%XX`.
 * Throws USAGE for a name that is empty or no text.
 */
export function safeFileName(name: string): string {
  if (name === '' || !name.isWellFormed()) {
    throw new SluiceError(
      'USAGE',
      `catalog folder: expected a name of characters, got ${JSON.stringify(name)}`,
    );
  }
  const safe = [...Buffer.from(name, 'utf8')].map(safeByte).join('');
  if (safe.length <= MAX_LENGTH) return safe;
  // No shorter name holds a `~`.
  return `${safe.slice(0, KEPT_LENGTH)}~${createHash('sha256').update(name).digest('hex')}`;
}

function safeByte(byte: number): string {
  const character = String.fromCharCode(byte);
  return /[a-z0-9_-]/.test(character)
    ? character
    : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
}
