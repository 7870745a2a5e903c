import { randomBytes } from 'node:crypto';
import type { ObjectChecksum } from '#embedded/s3/protocol/checksums.ts';
import type { WritePrecondition } from '#embedded/s3/protocol/conditions.ts';
import { noSuchUpload, noSuchVersion } from '#embedded/s3/protocol/s3-error.ts';
import { NULL_VERSION_ID, type ObjectEvent, type ObjectVersion } from './index-record.ts';
import { type EventCause, objectCreated, objectDeleted } from './object-events.ts';
import type { Bucket } from './object-index.ts';
import { nowInSecondsMs, requireBucket, type S3Store } from './s3-store.ts';

/** A new object whose content file is complete and not yet named by the index. */
export interface ObjectDraft {
  readonly bucket: string;
  readonly key: string;
  readonly blob: string;
  readonly sizeBytes: number;
  readonly etag: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly checksum: ObjectChecksum | null;
}

/**
 * Publishes an object. Precondition, journal and index are one synchronous step.
 * Takes over the content file: when the write is refused the file is removed.
 */
export function putVersion(
  store: S3Store,
  draft: ObjectDraft,
  options: {
    readonly precondition: WritePrecondition;
    /** Multipart upload that the write completes; it ends in the same step. */
    readonly uploadId?: string;
    readonly cause: EventCause;
  },
): ObjectVersion {
  try {
    const { bucket: bucketName, ...content } = draft;
    const bucket = requireBucket(store, bucketName);
    const { uploadId } = options;
    if (uploadId !== undefined && store.index.upload(uploadId) === null) {
      throw noSuchUpload(uploadId);
    }
    options.precondition(store.index.current(bucketName, draft.key), draft.key);
    const object: ObjectVersion = {
      ...content,
      versionId: newVersionId(bucket),
      modifiedMs: nowInSecondsMs(store),
    };
    const put = {
      type: 'object-put',
      bucket: bucketName,
      object,
      uploadId: uploadId ?? null,
    } as const;
    const event = bucket.sendsEvents
      ? objectCreated(store, { bucket, object }, options.cause)
      : null;
    store.commit([event === null ? put : { ...put, event }]);
    return object;
  } catch (error) {
    store.blobs.remove(draft.blob);
    throw error;
  }
}

export interface Deletion {
  /** Version removed or marker created; null in a bucket without versioning. */
  readonly versionId: string | null;
  readonly isDeleteMarker: boolean;
}

/**
 * Deletes as S3 does: without a version id the newest version (or, with versioning, a delete marker on top),
 * with one exactly that version. A key that does not exist is success.
 */
export function deleteVersion(
  store: S3Store,
  target: { readonly bucket: string; readonly key: string; readonly versionId: string | null },
  options: { readonly precondition: WritePrecondition; readonly cause: EventCause },
): Deletion {
  const bucket = requireBucket(store, target.bucket);
  options.precondition(findVersion(store, target), target.key);
  const eventOf = (version: ObjectVersion, isMarker: boolean): { readonly event?: ObjectEvent } =>
    bucket.sendsEvents
      ? { event: objectDeleted(store, { bucket, version, isMarker }, options.cause) }
      : {};
  if (target.versionId === null && bucket.versioned) {
    const marker = deleteMarker(store, bucket, target);
    const put = { type: 'object-put', bucket: bucket.name, uploadId: null } as const;
    store.commit([{ ...put, object: marker, ...eventOf(marker, true) }]);
    return { versionId: marker.versionId, isDeleteMarker: true };
  }
  const versionId = target.versionId ?? NULL_VERSION_ID;
  const version = findVersion(store, { ...target, versionId });
  if (version !== null) {
    const deletion = { bucket: target.bucket, key: target.key, versionId };
    store.commit([{ type: 'version-deleted', ...deletion, ...eventOf(version, false) }]);
  }
  return { versionId: target.versionId, isDeleteMarker: version?.blob === null };
}

/** The version a read names; null `versionId` means the newest object. Null when there is none. */
export function findVersion(
  store: S3Store,
  target: { readonly bucket: string; readonly key: string; readonly versionId: string | null },
): ObjectVersion | null {
  if (target.versionId === null) return store.index.current(target.bucket, target.key);
  const versions = store.index.versionsOf(target.bucket, target.key);
  return versions.find((version) => version.versionId === target.versionId) ?? null;
}

/** Like `findVersion`, throwing NoSuchVersion for a version id that does not exist. */
export function requireVersion(
  store: S3Store,
  target: { readonly bucket: string; readonly key: string; readonly versionId: string },
): ObjectVersion {
  const version = findVersion(store, target);
  if (version === null) throw noSuchVersion(target.key, target.versionId);
  return version;
}

function deleteMarker(
  store: S3Store,
  bucket: Bucket,
  target: { readonly key: string },
): ObjectVersion {
  return {
    key: target.key,
    versionId: newVersionId(bucket),
    blob: null,
    sizeBytes: 0,
    etag: '',
    modifiedMs: nowInSecondsMs(store),
    headers: {},
    checksum: null,
  };
}

function newVersionId(bucket: Bucket): string {
  return bucket.versioned ? randomBytes(24).toString('base64url') : NULL_VERSION_ID;
}
