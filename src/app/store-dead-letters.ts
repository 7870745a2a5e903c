import { type DeadLetter, encodeDeadLetters } from '#core/delivery/dead-letter.ts';
import { hasCode } from '#core/errors.ts';
import type { ObjectStore } from '#ports/object-store.ts';

/**
 * Writes undecodable events of one stream whole; safe to repeat. Returns the object of each, by
 * positionKey.
 */
export async function storeDeadLetters(
  store: ObjectStore,
  letters: readonly DeadLetter[],
  options: {
    readonly bucketUri: string;
    readonly domain: string;
    readonly stream: string;
    readonly source: string;
  },
): Promise<ReadonlyMap<string, string>> {
  const uris = new Map<string, string>();
  for (const { key, body, positions } of encodeDeadLetters(letters, options)) {
    const uri = `${options.bucketUri}/${key}`;
    await putOnce(store, uri, body);
    for (const position of positions) uris.set(position, uri);
  }
  return uris;
}

/**
 * Puts an object whose name contains the hash of its bytes: when the key is taken, it is taken by these
 * bytes. They are not read back to compare: the writer may write dead letters, not read them.
 */
async function putOnce(store: ObjectStore, uri: string, body: Uint8Array): Promise<void> {
  try {
    await store.put(uri, body, { ifNoneMatch: '*' });
  } catch (error) {
    if (!hasCode(error, 'OBJECT_EXISTS')) throw error;
  }
}
