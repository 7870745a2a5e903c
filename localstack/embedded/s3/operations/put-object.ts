import { writePrecondition } from '#embedded/s3/protocol/conditions.ts';
import { eventCause } from '#embedded/s3/protocol/event-cause.ts';
import {
  checksumHeaders,
  storedHeaders,
  versionHeader,
} from '#embedded/s3/protocol/object-headers.ts';
import { receiveToBlob } from '#embedded/s3/protocol/receive-body.ts';
import type { S3Request } from '#embedded/s3/protocol/s3-request.ts';
import type { S3Response } from '#embedded/s3/protocol/s3-response.ts';
import { requireBucket, type S3Store } from '#embedded/s3/store/s3-store.ts';
import { putVersion } from '#embedded/s3/store/versions.ts';

/** PUT /bucket/key: the object appears whole, after its body arrived and was verified, or not at all. */
export async function putObject(store: S3Store, request: S3Request): Promise<S3Response> {
  const bucket = requireBucket(store, request.bucket ?? '');
  const precondition = writePrecondition(request.headers);
  const headers = storedHeaders(request.headers);
  const received = await receiveToBlob(request, store.blobs);
  const { checksum } = received;
  const object = putVersion(
    store,
    {
      bucket: bucket.name,
      key: request.key ?? '',
      blob: received.blob,
      sizeBytes: received.sizeBytes,
      etag: received.md5.toString('hex'),
      headers,
      checksum: checksum === null ? null : { ...checksum, type: 'FULL_OBJECT' },
    },
    { precondition, cause: eventCause(request, 'PutObject') },
  );
  return {
    status: 200,
    headers: {
      etag: `"${object.etag}"`,
      'x-amz-server-side-encryption': 'AES256',
      ...checksumHeaders(object),
      ...versionHeader(object, bucket),
    },
  };
}
