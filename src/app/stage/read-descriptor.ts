import { createHash } from 'node:crypto';
import type { StagedLink } from '#core/delivery/source-chain.ts';
import { decodeStagedBatch, type StagedBatch } from '#core/delivery/staged-batch.ts';
import { SluiceError } from '#core/errors.ts';
import type { ObjectStore } from '#ports/object-store.ts';

/** The batch behind a link. Throws OBJECT_NOT_FOUND, and FORMAT_CORRUPT when the object is not what the link was made for. */
export async function readDescriptor(
  store: Pick<ObjectStore, 'get'>,
  { descriptor }: Pick<StagedLink, 'descriptor'>,
): Promise<StagedBatch> {
  const { uri, sha256 } = descriptor;
  const body = await store.get(uri);
  const found = createHash('sha256').update(body).digest('hex');
  if (found !== sha256) {
    throw new SluiceError(
      'FORMAT_CORRUPT',
      `staged batch ${uri}: expected SHA-256 ${sha256}, got ${found}; restore the object`,
    );
  }
  return decodeStagedBatch(Buffer.from(body).toString('utf8'), uri);
}
