import { randomBytes } from 'node:crypto';
import { leaf } from '#embedded/gateway/xml.ts';
import {
  type ChecksumAlgorithm,
  type ChecksumType,
  checksumHeaderOf,
  parseChecksumAlgorithm,
} from '#embedded/s3/protocol/checksums.ts';
import { storedHeaders } from '#embedded/s3/protocol/object-headers.ts';
import {
  MAX_PUT_BYTES,
  receiveToBlob,
  type VerifiedChecksum,
} from '#embedded/s3/protocol/receive-body.ts';
import { invalidArgument, invalidRequest } from '#embedded/s3/protocol/s3-error.ts';
import type { S3Request } from '#embedded/s3/protocol/s3-request.ts';
import { type S3Response, xmlResponse } from '#embedded/s3/protocol/s3-response.ts';
import type { WrittenBlob } from '#embedded/s3/store/blob-files.ts';
import type { MultipartUpload } from '#embedded/s3/store/index-record.ts';
import { nowInSecondsMs, requireBucket, type S3Store } from '#embedded/s3/store/s3-store.ts';
import { putPart, requireUpload } from '#embedded/s3/store/uploads.ts';
import { appendBlob, type CopySource, requireCopySource } from './copy-source.ts';

const MAX_PART_NUMBER = 10_000;

/** POST /bucket/key?uploads */
export function createMultipartUpload(store: S3Store, request: S3Request): S3Response {
  const bucket = requireBucket(store, request.bucket ?? '');
  const upload: MultipartUpload = {
    uploadId: randomBytes(24).toString('base64url'),
    bucket: bucket.name,
    key: request.key ?? '',
    initiatedMs: nowInSecondsMs(store),
    headers: storedHeaders(request.headers),
    ...checksumPlan(request.headers),
  };
  store.commit([{ type: 'upload-created', upload }]);
  const { checksumAlgorithm, checksumType } = upload;
  return xmlResponse(
    'InitiateMultipartUploadResult',
    [leaf('Bucket', upload.bucket), leaf('Key', upload.key), leaf('UploadId', upload.uploadId)],
    {
      headers:
        checksumAlgorithm === null
          ? {}
          : {
              'x-amz-checksum-algorithm': checksumAlgorithm,
              'x-amz-checksum-type': checksumType,
            },
    },
  );
}

/** PUT /bucket/key?partNumber&uploadId */
export async function uploadPart(store: S3Store, request: S3Request): Promise<S3Response> {
  const { upload } = requireUpload(store, uploadTarget(request));
  const partNumber = partNumberOf(request.query);
  const { checksum, ...written } = await receiveToBlob(request, store.blobs);
  try {
    requirePartChecksum(upload, checksum);
  } catch (error) {
    store.blobs.remove(written.blob);
    throw error;
  }
  const kept = checksum?.algorithm === upload.checksumAlgorithm ? checksum.value : null;
  const etag = recordPart(store, upload, { partNumber, written, checksum: kept });
  return {
    status: 200,
    headers: {
      etag: `"${etag}"`,
      ...(checksum === null ? {} : { [checksumHeaderOf(checksum.algorithm)]: checksum.value }),
    },
  };
}

/** PUT /bucket/key?partNumber&uploadId with `x-amz-copy-source`. */
export async function uploadPartCopy(store: S3Store, request: S3Request): Promise<S3Response> {
  const { upload } = requireUpload(store, uploadTarget(request));
  const partNumber = partNumberOf(request.query);
  if (upload.checksumAlgorithm !== null && upload.checksumType === 'COMPOSITE') {
    throw invalidRequest('a part copy brings no checksum, but the upload was created with one');
  }
  const source = requireCopySource(store, request);
  const range = copyRange(request.headers['x-amz-copy-source-range'], source);
  const writer = store.blobs.startWriter();
  let written: WrittenBlob;
  try {
    const blob = { blobs: store.blobs, blob: source.object.blob };
    await appendBlob(blob, writer, range === null ? {} : { range });
    written = await writer.finish();
  } catch (error) {
    await writer.discard();
    throw error;
  }
  const etag = recordPart(store, upload, { partNumber, written, checksum: null });
  return xmlResponse('CopyPartResult', [
    leaf('ETag', `"${etag}"`),
    leaf('LastModified', new Date(nowInSecondsMs(store)).toISOString()),
  ]);
}

/** DELETE /bucket/key?uploadId */
export function abortMultipartUpload(store: S3Store, request: S3Request): S3Response {
  const { upload } = requireUpload(store, uploadTarget(request));
  store.commit([{ type: 'upload-deleted', uploadId: upload.uploadId }]);
  return { status: 204 };
}

/** Bucket, key and upload id of a request; the bucket must exist. */
export function uploadTarget(request: S3Request): {
  readonly bucket: string;
  readonly key: string;
  readonly uploadId: string;
} {
  return {
    bucket: request.bucket ?? '',
    key: request.key ?? '',
    uploadId: request.query.get('uploadId') ?? '',
  };
}

function recordPart(
  store: S3Store,
  upload: MultipartUpload,
  part: {
    readonly partNumber: number;
    readonly written: WrittenBlob;
    readonly checksum: string | null;
  },
): string {
  const { blob, sizeBytes, md5 } = part.written;
  const etag = md5.toString('hex');
  putPart(store, upload.uploadId, {
    partNumber: part.partNumber,
    blob,
    sizeBytes,
    etag,
    modifiedMs: nowInSecondsMs(store),
    checksum: part.checksum,
  });
  return etag;
}

/** CRC-64/NVME covers whole objects only, hashes cover parts only, the 32-bit CRCs either. Source: Amazon S3 user guide, Checking object integrity. */
function checksumPlan(headers: S3Request['headers']): {
  readonly checksumAlgorithm: ChecksumAlgorithm | null;
  readonly checksumType: ChecksumType;
} {
  const name = headers['x-amz-checksum-algorithm'];
  const type = headers['x-amz-checksum-type']?.toUpperCase();
  if (name === undefined) {
    if (type === undefined) return { checksumAlgorithm: null, checksumType: 'FULL_OBJECT' };
    throw invalidRequest('x-amz-checksum-type needs x-amz-checksum-algorithm');
  }
  const checksumAlgorithm = parseChecksumAlgorithm(name);
  const checksumType = type ?? (checksumAlgorithm === 'CRC64NVME' ? 'FULL_OBJECT' : 'COMPOSITE');
  const isCrc = checksumAlgorithm.startsWith('CRC');
  const isPossible =
    (checksumType === 'FULL_OBJECT' && isCrc) ||
    (checksumType === 'COMPOSITE' && checksumAlgorithm !== 'CRC64NVME');
  if (isPossible) return { checksumAlgorithm, checksumType };
  throw invalidRequest(
    `The ${checksumType} checksum type cannot be used with the ${checksumAlgorithm} checksum algorithm.`,
  );
}

/** A composite checksum is made of the parts' checksums, so every part has to bring one. */
function requirePartChecksum(upload: MultipartUpload, checksum: VerifiedChecksum | null): void {
  const expected = upload.checksumAlgorithm;
  if (expected === null || expected === checksum?.algorithm) return;
  if (checksum === null && upload.checksumType === 'FULL_OBJECT') return;
  throw invalidRequest(
    `Checksum Type mismatch occurred, expected checksum Type: ${expected}, actual checksum Type: ${checksum?.algorithm ?? 'null'}`,
  );
}

function partNumberOf(query: ReadonlyMap<string, string>): number {
  const text = query.get('partNumber') ?? '';
  const partNumber = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (partNumber >= 1 && partNumber <= MAX_PART_NUMBER) return partNumber;
  throw invalidArgument('partNumber', text);
}

function copyRange(
  header: string | undefined,
  source: CopySource,
): { readonly start: number; readonly end: number } | null {
  const { sizeBytes } = source.object;
  const match = /^bytes=(\d+)-(\d+)$/.exec(header ?? '');
  const [start, end] =
    header === undefined ? [0, sizeBytes - 1] : [Number(match?.[1]), Number(match?.[2])];
  const isInside = start <= end && end < sizeBytes;
  if (header !== undefined && !isInside) throw invalidArgument('x-amz-copy-source-range', header);
  if (end - start + 1 > MAX_PUT_BYTES) {
    throw invalidRequest('The specified copy source is larger than the maximum allowable size');
  }
  return header === undefined ? null : { start, end };
}
