import { noSuchUpload } from '#embedded/s3/protocol/s3-error.ts';
import type { UploadedPart } from './index-record.ts';
import type { OpenUpload } from './object-index.ts';
import type { S3Store } from './s3-store.ts';

/** An open upload of exactly this bucket and key. Throws NoSuchUpload. */
export function requireUpload(
  store: S3Store,
  target: { readonly bucket: string; readonly key: string; readonly uploadId: string },
): OpenUpload {
  const open = store.index.upload(target.uploadId);
  if (open === null) throw noSuchUpload(target.uploadId);
  const { bucket, key } = open.upload;
  if (bucket !== target.bucket || key !== target.key) throw noSuchUpload(target.uploadId);
  return open;
}

/** Records a part, replacing one of the same number. Takes over the content file, like `putVersion`. */
export function putPart(store: S3Store, uploadId: string, part: UploadedPart): void {
  try {
    // The upload may have ended while the part's body came in.
    if (store.index.upload(uploadId) === null) throw noSuchUpload(uploadId);
    store.commit([{ type: 'part-put', uploadId, part }]);
  } catch (error) {
    store.blobs.remove(part.blob);
    throw error;
  }
}
