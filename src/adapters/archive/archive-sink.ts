import { hasCode } from '#core/errors.ts';
import { archiveObjects } from '#core/sink/archive-sink.ts';
import type { ObjectStore } from '#ports/object-store.ts';
import type { Sink } from '#ports/sink.ts';

/** Sink that keeps every event as it came below `<bucketUri>/archive/<domain>/`. Doubles are told by their position. */
export function createArchiveSink(
  store: ObjectStore,
  options: { readonly bucketUri: string },
): Sink {
  return {
    async write({ domain, source, events }) {
      for (const { key, body } of archiveObjects(domain, source, events)) {
        try {
          await store.put(`${options.bucketUri}/${key}`, body, {
            ifNoneMatch: '*',
            contentType: 'application/gzip',
          });
        } catch (error) {
          // The name says what is inside, so the object is there from an earlier attempt.
          if (!hasCode(error, 'OBJECT_EXISTS')) throw error;
        }
      }
    },
  };
}
