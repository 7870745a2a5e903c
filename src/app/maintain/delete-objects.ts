import type { ObjectStore } from '#ports/object-store.ts';

/** Enough to hide the latency of requests. */
const CONCURRENT_DELETES = 16;

/** Deletes objects; one that is gone already is success. Returns how many requests were made before the deadline. */
export async function deleteObjects(
  deps: { readonly store: Pick<ObjectStore, 'delete'>; readonly clock: { nowMs(): number } },
  uris: readonly string[],
  options: { readonly deadlineMs: number; readonly onDeleted?: () => void },
): Promise<number> {
  let next = 0;
  let deleted = 0;
  const deleteOn = async (): Promise<void> => {
    while (next < uris.length && deps.clock.nowMs() < options.deadlineMs) {
      const uri = uris[next++];
      if (uri === undefined) return;
      await deps.store.delete(uri);
      deleted++;
      options.onDeleted?.();
    }
  };
  const workers = Math.min(CONCURRENT_DELETES, uris.length);
  await Promise.all(Array.from({ length: workers }, deleteOn));
  return deleted;
}
