import { type DeadLetter, encodeDeadLetters } from '#core/delivery/dead-letter.ts';
import { hasCode } from '#core/errors.ts';
import type { ObjectStore } from '#ports/object-store.ts';

/** Writes discarded events whole; safe to repeat. */
export async function storeDeadLetters(
  store: ObjectStore,
  letters: readonly DeadLetter[],
  options: {
    readonly bucketUri: string;
    readonly domain: string;
    readonly stream: string;
    readonly source: string;
  },
): Promise<void> {
  const objects = encodeDeadLetters(letters, options);
  for (const { key, body } of objects) {
    await putOnce(store, `${options.bucketUri}/${key}`, body);
  }
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
