import type { MemoryObjectStore } from '#adapters/memory/memory-object-store.ts';
import { hasCode } from '#core/errors.ts';
import type { createGlueService } from '#embedded/glue/glue-service.ts';

/** The part of S3 that Glue uses, on an object store. */
export function s3Of(store: MemoryObjectStore): Parameters<typeof createGlueService>[0]['s3'] {
  return {
    async getObject(bucket, key) {
      try {
        return Buffer.from(await store.get(`s3://${bucket}/${key}`));
      } catch (error) {
        if (hasCode(error, 'OBJECT_NOT_FOUND')) return null;
        throw error;
      }
    },
    async putObject(bucket, key, { body, ifNoneMatch }) {
      try {
        const options = ifNoneMatch === undefined ? {} : { ifNoneMatch };
        await store.put(`s3://${bucket}/${key}`, body, options);
        return true;
      } catch (error) {
        if (hasCode(error, 'OBJECT_EXISTS')) return false;
        throw error;
      }
    },
  };
}
