import type {
  ChecksumAlgorithm,
  ChecksumType,
  ObjectChecksum,
} from '#embedded/s3/protocol/checksums.ts';

/** Version id of everything written before versioning was enabled. Source: Amazon S3 user guide, Versioning. */
export const NULL_VERSION_ID = 'null';

/** One version of an object, or a delete marker (`blob` null). Never changes once written. */
export interface ObjectVersion {
  readonly key: string;
  readonly versionId: string;
  /** Name of the content file; null for a delete marker. */
  readonly blob: string | null;
  readonly sizeBytes: number;
  /** Without quotes. */
  readonly etag: string;
  /** Whole seconds, as S3 keeps them. */
  readonly modifiedMs: number;
  /** Response headers given at upload: content type and its kin, `x-amz-meta-…`. */
  readonly headers: Readonly<Record<string, string>>;
  readonly checksum: ObjectChecksum | null;
}

export interface MultipartUpload {
  readonly uploadId: string;
  readonly bucket: string;
  readonly key: string;
  readonly initiatedMs: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly checksumAlgorithm: ChecksumAlgorithm | null;
  readonly checksumType: ChecksumType;
}

export interface UploadedPart {
  readonly partNumber: number;
  readonly blob: string;
  readonly sizeBytes: number;
  /** MD5 in hex, without quotes. */
  readonly etag: string;
  readonly modifiedMs: number;
  /** Base64, of the upload's algorithm; null when the client sent none. */
  readonly checksum: string | null;
}

/** Something that happened to an object and that EventBridge is to be told. */
export interface ObjectEvent {
  /** Grows with every event: two events of a key are in the order of their sequencers. */
  readonly sequencer: string;
  readonly detailType: 'Object Created' | 'Object Deleted';
  readonly bucket: string;
  readonly key: string;
  readonly sizeBytes: number | null;
  readonly etag: string | null;
  readonly versionId: string | null;
  readonly deletionType: 'Permanently Deleted' | 'Delete Marker Created' | null;
  readonly atMs: number;
  readonly requestId: string;
  readonly sourceIp: string;
  /** `PutObject`, `CopyObject`, `CompleteMultipartUpload`, `DeleteObject`. */
  readonly reason: string;
}

/** Every change of the index: what the journal holds, one per line. */
export type IndexRecord =
  | {
      readonly type: 'bucket-set';
      readonly name: string;
      readonly createdMs: number;
      readonly versioned: boolean;
      /** EventBridge is told of what happens to objects. @default false */
      readonly sendsEvents?: boolean;
    }
  | { readonly type: 'bucket-deleted'; readonly name: string }
  /** Replaces the version with the same id; `uploadId` also ends that upload, in the same instant. */
  | {
      readonly type: 'object-put';
      readonly bucket: string;
      readonly object: ObjectVersion;
      readonly uploadId: string | null;
      /** Kept with the object in one record: neither is there without the other. */
      readonly event?: ObjectEvent;
    }
  | {
      readonly type: 'version-deleted';
      readonly bucket: string;
      readonly key: string;
      readonly versionId: string;
      readonly event?: ObjectEvent;
    }
  /** An event by itself: of a deletion that found nothing, and of a rewritten journal. */
  | { readonly type: 'event'; readonly event: ObjectEvent }
  /** EventBridge has it. */
  | { readonly type: 'event-sent'; readonly sequencer: string }
  | { readonly type: 'upload-created'; readonly upload: MultipartUpload }
  | { readonly type: 'part-put'; readonly uploadId: string; readonly part: UploadedPart }
  | { readonly type: 'upload-deleted'; readonly uploadId: string };
