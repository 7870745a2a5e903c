import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { type ByteRange, resolveRange } from '#embedded/s3/protocol/byte-range.ts';
import { judgeRead } from '#embedded/s3/protocol/conditions.ts';
import {
  checksumHeaders,
  objectHeaders,
  responseOverrides,
} from '#embedded/s3/protocol/object-headers.ts';
import { noSuchKey, S3Error } from '#embedded/s3/protocol/s3-error.ts';
import type { S3Request } from '#embedded/s3/protocol/s3-request.ts';
import type { FileSlice, S3Response } from '#embedded/s3/protocol/s3-response.ts';
import type { ObjectVersion } from '#embedded/s3/store/index-record.ts';
import { requireBucket, type S3Store } from '#embedded/s3/store/s3-store.ts';
import { requireVersion } from '#embedded/s3/store/versions.ts';

/** Contents up to this size are read at once, which is several times faster than a stream. */
const ONE_READ_BYTES = 256 * 1024;

/** A version that has contents. */
export type ReadableObject = ObjectVersion & { readonly blob: string };

/** GET /bucket/key and HEAD /bucket/key */
export function getObject(store: S3Store, request: S3Request): S3Response {
  const bucket = requireBucket(store, request.bucket ?? '');
  const object = requireObject(store, {
    bucket: bucket.name,
    key: request.key ?? '',
    versionId: request.query.get('versionId') ?? null,
  });
  const headers = objectHeaders(object, { versioned: bucket.versioned });
  if (judgeRead(request.headers, object) === 'not-modified') return { status: 304, headers };
  const range = hasStaleIfRange(request, object)
    ? null
    : resolveRange(request.headers['range'], object.sizeBytes);
  const { start, end } = range ?? { start: 0, end: object.sizeBytes - 1 };
  const wantsChecksum = request.headers['x-amz-checksum-mode']?.toUpperCase() === 'ENABLED';
  return {
    status: range === null ? 200 : 206,
    headers: {
      ...headers,
      ...responseOverrides(request.query),
      // The checksum is of the whole object: sent with a range it would fail the client's check.
      ...(wantsChecksum && range === null ? checksumHeaders(object) : {}),
      ...(range === null ? {} : { 'content-range': `bytes ${start}-${end}/${object.sizeBytes}` }),
      'content-length': end - start + 1,
    },
    ...(request.method === 'HEAD' ? {} : { body: openContents(store, object, { start, end }) }),
  };
}

/** The object a read names. Throws NoSuchKey, NoSuchVersion, or MethodNotAllowed for a delete marker. */
export function requireObject(
  store: S3Store,
  target: { readonly bucket: string; readonly key: string; readonly versionId: string | null },
): ReadableObject {
  const { versionId } = target;
  const version =
    versionId === null
      ? store.index.versionsOf(target.bucket, target.key)[0]
      : requireVersion(store, { ...target, versionId });
  if (version === undefined) throw noSuchKey(target.key);
  if (isReadable(version)) return version;
  const headers = { 'x-amz-delete-marker': 'true', 'x-amz-version-id': version.versionId };
  const details = { Key: target.key };
  if (versionId === null) {
    throw new S3Error(404, 'NoSuchKey', {
      message: 'The specified key does not exist.',
      details,
      headers,
    });
  }
  throw new S3Error(405, 'MethodNotAllowed', {
    message: 'The specified method is not allowed against this resource.',
    details,
    headers: { ...headers, allow: 'DELETE' },
  });
}

/** False for a delete marker. */
export function isReadable(version: ObjectVersion): version is ReadableObject {
  return version.blob !== null;
}

/**
 * Opens the content file in the same synchronous step as the index look-up, so a concurrent overwrite
 * cannot remove the file in between; an open descriptor outlives the removal.
 */
export function openContents(
  store: S3Store,
  object: ReadableObject,
  range: ByteRange,
): Buffer | FileSlice {
  const descriptor = openSync(store.blobs.pathOf(object.blob), 'r');
  const actualBytes = fstatSync(descriptor).size;
  if (actualBytes !== object.sizeBytes) {
    closeSync(descriptor);
    throw new Error(
      `the content file of ${object.key} has ${actualBytes} bytes, the index says ${object.sizeBytes}: the state folder is damaged`,
    );
  }
  const length = range.end - range.start + 1;
  if (length > ONE_READ_BYTES) return { descriptor, ...range };
  try {
    const contents = Buffer.allocUnsafe(length);
    let filled = 0;
    while (filled < length) {
      filled += readSync(descriptor, contents, filled, length - filled, range.start + filled);
    }
    return contents;
  } finally {
    closeSync(descriptor);
  }
}

/** `If-Range` with another ETag or an older date asks for the whole object (RFC 9110 §13.1.5). */
function hasStaleIfRange({ headers }: S3Request, object: ObjectVersion): boolean {
  const ifRange = headers['if-range'];
  if (ifRange === undefined) return false;
  if (ifRange.includes('"')) return ifRange.trim() !== `"${object.etag}"`;
  return Date.parse(ifRange) !== object.modifiedMs;
}
