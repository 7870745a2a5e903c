import { NULL_VERSION_ID, type ObjectEvent, type ObjectVersion } from './index-record.ts';
import type { Bucket } from './object-index.ts';
import type { S3Store } from './s3-store.ts';

/** The request that changed an object. */
export interface EventCause {
  readonly requestId: string;
  readonly sourceIp: string;
  /** `PutObject`, `CopyObject`, `CompleteMultipartUpload`, `DeleteObject`. */
  readonly reason: string;
}

/** Of an empty content: what S3 gives as the ETag of a delete marker. */
const EMPTY_ETAG = 'd41d8cd98f00b204e9800998ecf8427e';
const SEQUENCER_DIGITS = 18;
/** Events of one millisecond that keep their order. */
const PER_MS_BITS = 20n;

export function objectCreated(
  store: S3Store,
  { bucket, object }: { readonly bucket: Bucket; readonly object: ObjectVersion },
  cause: EventCause,
): ObjectEvent {
  return {
    ...changeOf(store, bucket, object),
    detailType: 'Object Created',
    sizeBytes: object.sizeBytes,
    etag: object.etag,
    deletionType: null,
    ...cause,
  };
}

/** A version is gone for good, or hidden under a marker. */
export function objectDeleted(
  store: S3Store,
  deletion: {
    readonly bucket: Bucket;
    readonly version: ObjectVersion;
    readonly isMarker: boolean;
  },
  cause: EventCause,
): ObjectEvent {
  const { bucket, version, isMarker } = deletion;
  return {
    ...changeOf(store, bucket, version),
    detailType: 'Object Deleted',
    sizeBytes: null,
    etag: version.etag === '' ? EMPTY_ETAG : version.etag,
    deletionType: isMarker ? 'Delete Marker Created' : 'Permanently Deleted',
    ...cause,
  };
}

function changeOf(
  store: S3Store,
  bucket: Bucket,
  { key, versionId }: ObjectVersion,
): Pick<ObjectEvent, 'sequencer' | 'bucket' | 'key' | 'versionId' | 'atMs'> {
  return {
    sequencer: nextSequencer(store),
    bucket: bucket.name,
    key,
    versionId: versionId === NULL_VERSION_ID ? null : versionId,
    atMs: store.nowMs(),
  };
}

/** By the clock, and above every one before, so that a clock set back does not turn the order. */
function nextSequencer(store: S3Store): string {
  const { lastSequencer } = store.index;
  const byClock = BigInt(store.nowMs()) << PER_MS_BITS;
  const afterLast = lastSequencer === '' ? 0n : BigInt(`0x${lastSequencer}`) + 1n;
  const next = byClock > afterLast ? byClock : afterLast;
  return next.toString(16).padStart(SEQUENCER_DIGITS, '0').toUpperCase();
}
