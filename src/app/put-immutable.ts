import { hasCode } from '#core/errors.ts';
import type { ObjectStore } from '#ports/object-store.ts';

/**
 * Writes an object whose name nobody else uses. The key may be taken all the same: by this very write,
 * when the client repeated it after losing the answer. Equal bytes are success; others throw OBJECT_EXISTS.
 */
export async function putImmutable(
  store: ObjectStore,
  uri: string,
  body: Uint8Array,
): Promise<void> {
  try {
    await store.put(uri, body, { ifNoneMatch: '*' });
  } catch (error) {
    if (!hasCode(error, 'OBJECT_EXISTS')) throw error;
    const existing = await store.get(uri);
    if (Buffer.compare(existing, body) !== 0) throw error;
  }
}
