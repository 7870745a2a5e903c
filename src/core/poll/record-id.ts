import { createHash } from 'node:crypto';

/** 128 bits: among the records that a connector remembers no two are taken for one. */
const ID_BYTES = 16;

/** What a connector remembers of a record: its event's identity, or the text of one that has none, hashed. */
export function recordId(kind: 'event' | 'bad', text: string): string {
  const hash = createHash('sha256').update(`${kind}\n${text}`).digest();
  return hash.subarray(0, ID_BYTES).toString('base64url');
}
