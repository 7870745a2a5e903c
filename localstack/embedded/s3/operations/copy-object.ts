import { leaf } from '#embedded/gateway/xml.ts';
import type { ObjectChecksum } from '#embedded/s3/protocol/checksums.ts';
import { parseChecksumAlgorithm, startChecksum } from '#embedded/s3/protocol/checksums.ts';
import { writePrecondition } from '#embedded/s3/protocol/conditions.ts';
import { eventCause } from '#embedded/s3/protocol/event-cause.ts';
import { storedHeaders, versionHeader } from '#embedded/s3/protocol/object-headers.ts';
import { invalidArgument, invalidRequest } from '#embedded/s3/protocol/s3-error.ts';
import type { S3Request } from '#embedded/s3/protocol/s3-request.ts';
import { type S3Response, xmlResponse } from '#embedded/s3/protocol/s3-response.ts';
import type { ObjectVersion } from '#embedded/s3/store/index-record.ts';
import { requireBucket, type S3Store } from '#embedded/s3/store/s3-store.ts';
import { putVersion } from '#embedded/s3/store/versions.ts';
import { appendBlob, type CopySource, requireCopySource } from './copy-source.ts';
import type { ReadableObject } from './get-object.ts';

/** PUT /bucket/key with `x-amz-copy-source`. */
export async function copyObject(store: S3Store, request: S3Request): Promise<S3Response> {
  const bucket = requireBucket(store, request.bucket ?? '');
  const precondition = writePrecondition(request.headers);
  const source = requireCopySource(store, request);
  const replacesMetadata = directiveOf(request.headers['x-amz-metadata-directive']) === 'REPLACE';
  const key = request.key ?? '';
  if (!replacesMetadata && source.bucket === bucket.name && isNewest(store, source, key)) {
    throw invalidRequest(
      "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes.",
    );
  }
  const headers = replacesMetadata ? storedHeaders(request.headers) : source.object.headers;
  const contents = await copyContents(store, source.object, {
    algorithm: request.headers['x-amz-checksum-algorithm'],
  });
  const object = putVersion(
    store,
    { bucket: bucket.name, key, headers, ...contents },
    { precondition, cause: eventCause(request, 'CopyObject') },
  );
  return xmlResponse(
    'CopyObjectResult',
    [
      leaf('ETag', `"${object.etag}"`),
      leaf('LastModified', new Date(object.modifiedMs).toISOString()),
      ...(object.checksum === null
        ? []
        : [
            leaf(`Checksum${object.checksum.algorithm}`, object.checksum.value),
            leaf('ChecksumType', object.checksum.type),
          ]),
    ],
    { headers: versionHeader(object, bucket) },
  );
}

type CopiedContents = Pick<ObjectVersion, 'sizeBytes' | 'etag' | 'checksum'> & {
  readonly blob: string;
};

/**
 * A second content file with the same bytes. The ETag of a copy is the MD5 of the whole object, so an
 * object that was uploaded in parts is read through; any other shares its bytes.
 */
async function copyContents(
  store: S3Store,
  source: ReadableObject,
  options: { readonly algorithm: string | undefined },
): Promise<CopiedContents> {
  const algorithm =
    options.algorithm === undefined
      ? (source.checksum?.algorithm ?? null)
      : parseChecksumAlgorithm(options.algorithm);
  const keepsChecksum =
    algorithm === (source.checksum?.algorithm ?? null) && source.checksum?.type !== 'COMPOSITE';
  if (keepsChecksum && !source.etag.includes('-')) {
    const { sizeBytes, etag, checksum } = source;
    return { blob: store.blobs.duplicate(source.blob), sizeBytes, etag, checksum };
  }
  const running = algorithm === null ? null : startChecksum(algorithm);
  const writer = store.blobs.startWriter();
  try {
    const onBytes = (bytes: Buffer): void => running?.update(bytes);
    await appendBlob({ blobs: store.blobs, blob: source.blob }, writer, { onBytes });
    const { blob, sizeBytes, md5 } = await writer.finish();
    const checksum: ObjectChecksum | null =
      algorithm === null || running === null
        ? null
        : { algorithm, type: 'FULL_OBJECT', value: running.digest().toString('base64') };
    return { blob, sizeBytes, etag: md5.toString('hex'), checksum };
  } catch (error) {
    await writer.discard();
    throw error;
  }
}

function directiveOf(directive: string | undefined): 'COPY' | 'REPLACE' {
  const value = directive ?? 'COPY';
  if (value === 'COPY' || value === 'REPLACE') return value;
  throw invalidArgument('x-amz-metadata-directive', value);
}

/** Copying an older version over its own key is how one restores it, so only the newest counts as itself. */
function isNewest(store: S3Store, source: CopySource, key: string): boolean {
  return store.index.current(source.bucket, key) === source.object;
}
