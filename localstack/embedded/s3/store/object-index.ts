import { compareUtf8, partitionPoint } from '#embedded/s3/protocol/utf8-order.ts';
import type {
  IndexRecord,
  MultipartUpload,
  ObjectEvent,
  ObjectVersion,
  UploadedPart,
} from './index-record.ts';

export interface Bucket {
  readonly name: string;
  readonly createdMs: number;
  readonly versioned: boolean;
  /** EventBridge is told of what happens to objects. */
  readonly sendsEvents: boolean;
}

export interface OpenUpload {
  readonly upload: MultipartUpload;
  readonly parts: ReadonlyMap<number, UploadedPart>;
}

interface BucketState {
  bucket: Bucket;
  /** Newest version first; never an empty list. */
  readonly versions: Map<string, readonly ObjectVersion[]>;
  /** Keys of `versions` in UTF-8 byte order; null until someone lists. */
  sortedKeys: string[] | null;
}

interface UploadState {
  readonly upload: MultipartUpload;
  readonly parts: Map<number, UploadedPart>;
}

/**
 * Buckets, object versions and open uploads, in memory. The only way to change it is `apply`, with
 * records that are in the journal already, so memory and disk cannot disagree.
 */
export class ObjectIndex {
  readonly #buckets = new Map<string, BucketState>();
  readonly #uploads = new Map<string, UploadState>();
  /** By sequencer, the oldest first. */
  readonly #events = new Map<string, ObjectEvent>();
  #lastSequencer = '';
  #recordCount = 0;

  /** Records that `snapshot` yields. */
  get recordCount(): number {
    return this.#recordCount;
  }

  bucket(name: string): Bucket | null {
    return this.#buckets.get(name)?.bucket ?? null;
  }

  /** Events that EventBridge does not have yet, the oldest first. */
  unsentEvents(): readonly ObjectEvent[] {
    return [...this.#events.values()];
  }

  /** The highest sequencer that the journal holds; empty when it holds none. */
  get lastSequencer(): string {
    return this.#lastSequencer;
  }

  /** In name order. */
  buckets(): readonly Bucket[] {
    return [...this.#buckets.values()]
      .map((state) => state.bucket)
      .sort((left, right) => compareUtf8(left.name, right.name));
  }

  /** Newest version first, delete markers included. */
  versionsOf(bucket: string, key: string): readonly ObjectVersion[] {
    return this.#buckets.get(bucket)?.versions.get(key) ?? [];
  }

  /** The object a plain GET reads: null when there is none or when it is deleted. */
  current(bucket: string, key: string): ObjectVersion | null {
    const newest = this.versionsOf(bucket, key)[0];
    return newest === undefined || newest.blob === null ? null : newest;
  }

  /** Keys with at least one version, in UTF-8 byte order. Not to be kept: later writes change the array. */
  sortedKeys(bucket: string): readonly string[] {
    const state = this.#buckets.get(bucket);
    if (state === undefined) return [];
    state.sortedKeys ??= [...state.versions.keys()].sort(compareUtf8);
    return state.sortedKeys;
  }

  upload(uploadId: string): OpenUpload | null {
    return this.#uploads.get(uploadId) ?? null;
  }

  /** By key, then by time of creation. */
  uploadsOf(bucket: string): readonly MultipartUpload[] {
    return [...this.#uploads.values()]
      .map((state) => state.upload)
      .filter((upload) => upload.bucket === bucket)
      .sort(
        (left, right) =>
          compareUtf8(left.key, right.key) ||
          left.initiatedMs - right.initiatedMs ||
          compareUtf8(left.uploadId, right.uploadId),
      );
  }

  /** Returns the content files nothing refers to any more. */
  apply(record: IndexRecord): readonly string[] {
    switch (record.type) {
      case 'bucket-set':
        this.#setBucket(record);
        return [];
      case 'bucket-deleted':
        return this.#deleteBucket(record.name);
      case 'object-put':
        this.#keepEvent(record.event);
        return [
          ...this.#putVersion(record.bucket, record.object),
          ...(record.uploadId === null ? [] : this.#deleteUpload(record.uploadId)),
        ];
      case 'version-deleted':
        this.#keepEvent(record.event);
        return this.#deleteVersion(record);
      case 'event':
        this.#keepEvent(record.event);
        return [];
      case 'event-sent':
        if (this.#events.delete(record.sequencer)) this.#recordCount -= 1;
        return [];
      case 'upload-created':
        this.#uploads.set(record.upload.uploadId, { upload: record.upload, parts: new Map() });
        this.#recordCount += 1;
        return [];
      case 'part-put':
        return this.#putPart(record.uploadId, record.part);
      case 'upload-deleted':
        return this.#deleteUpload(record.uploadId);
    }
  }

  /** Records that rebuild this index from nothing. */
  *snapshot(): Generator<IndexRecord> {
    for (const { bucket, versions } of this.#buckets.values()) {
      yield { type: 'bucket-set', ...bucket };
      for (const versionsOfKey of versions.values()) {
        for (const object of versionsOfKey.toReversed()) {
          yield { type: 'object-put', bucket: bucket.name, object, uploadId: null };
        }
      }
    }
    for (const { upload, parts } of this.#uploads.values()) {
      yield { type: 'upload-created', upload };
      for (const part of parts.values()) {
        yield { type: 'part-put', uploadId: upload.uploadId, part };
      }
    }
    for (const event of this.#events.values()) yield { type: 'event', event };
  }

  /** Every content file the index refers to. */
  blobs(): ReadonlySet<string> {
    const blobs = new Set<string>();
    for (const { versions } of this.#buckets.values()) {
      for (const version of [...versions.values()].flat()) {
        if (version.blob !== null) blobs.add(version.blob);
      }
    }
    for (const { parts } of this.#uploads.values()) {
      for (const part of parts.values()) blobs.add(part.blob);
    }
    return blobs;
  }

  #keepEvent(event: ObjectEvent | undefined): void {
    if (event === undefined) return;
    this.#events.set(event.sequencer, event);
    if (event.sequencer > this.#lastSequencer) this.#lastSequencer = event.sequencer;
    this.#recordCount += 1;
  }

  #setBucket(record: Extract<IndexRecord, { readonly type: 'bucket-set' }>): void {
    const { name, createdMs, versioned, sendsEvents = false } = record;
    const state = this.#buckets.get(name);
    const bucket = { name, createdMs, versioned, sendsEvents };
    if (state !== undefined) {
      state.bucket = bucket;
      return;
    }
    this.#buckets.set(name, { bucket, versions: new Map(), sortedKeys: null });
    this.#recordCount += 1;
  }

  #deleteBucket(name: string): readonly string[] {
    if (this.#buckets.delete(name)) this.#recordCount -= 1;
    return this.uploadsOf(name).flatMap((upload) => this.#deleteUpload(upload.uploadId));
  }

  #putVersion(bucket: string, object: ObjectVersion): readonly string[] {
    const state = this.#buckets.get(bucket);
    if (state === undefined) return blobsOf([object]);
    const before = state.versions.get(object.key) ?? [];
    const kept = before.filter((version) => version.versionId !== object.versionId);
    state.versions.set(object.key, [object, ...kept]);
    if (before.length === 0) insertSorted(state.sortedKeys, object.key);
    this.#recordCount += kept.length + 1 - before.length;
    return blobsOf(before.filter((version) => version.versionId === object.versionId));
  }

  #deleteVersion(deletion: {
    readonly bucket: string;
    readonly key: string;
    readonly versionId: string;
  }): readonly string[] {
    const state = this.#buckets.get(deletion.bucket);
    const before = state?.versions.get(deletion.key) ?? [];
    const kept = before.filter((version) => version.versionId !== deletion.versionId);
    if (state === undefined || kept.length === before.length) return [];
    if (kept.length > 0) {
      state.versions.set(deletion.key, kept);
    } else {
      state.versions.delete(deletion.key);
      removeSorted(state.sortedKeys, deletion.key);
    }
    this.#recordCount -= 1;
    return blobsOf(before.filter((version) => version.versionId === deletion.versionId));
  }

  #putPart(uploadId: string, part: UploadedPart): readonly string[] {
    const state = this.#uploads.get(uploadId);
    if (state === undefined) return [part.blob];
    const before = state.parts.get(part.partNumber);
    state.parts.set(part.partNumber, part);
    if (before !== undefined) return [before.blob];
    this.#recordCount += 1;
    return [];
  }

  #deleteUpload(uploadId: string): readonly string[] {
    const state = this.#uploads.get(uploadId);
    if (state === undefined) return [];
    this.#uploads.delete(uploadId);
    this.#recordCount -= 1 + state.parts.size;
    return [...state.parts.values()].map((part) => part.blob);
  }
}

function blobsOf(versions: readonly ObjectVersion[]): readonly string[] {
  return versions.flatMap((version) => (version.blob === null ? [] : [version.blob]));
}

function insertSorted(keys: string[] | null, key: string): void {
  keys?.splice(positionOf(keys, key), 0, key);
}

function removeSorted(keys: string[] | null, key: string): void {
  keys?.splice(positionOf(keys, key), 1);
}

function positionOf(keys: readonly string[], key: string): number {
  return partitionPoint(keys, (other) => compareUtf8(other, key) < 0);
}
