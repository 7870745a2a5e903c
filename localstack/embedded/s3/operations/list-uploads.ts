import { leaf, node } from '#embedded/gateway/xml.ts';
import type { S3Request } from '#embedded/s3/protocol/s3-request.ts';
import { type S3Response, xmlResponse } from '#embedded/s3/protocol/s3-response.ts';
import { compareUtf8 } from '#embedded/s3/protocol/utf8-order.ts';
import type { MultipartUpload, UploadedPart } from '#embedded/s3/store/index-record.ts';
import { requireBucket, type S3Store } from '#embedded/s3/store/s3-store.ts';
import { requireUpload } from '#embedded/s3/store/uploads.ts';
import { OWNER_FIELDS } from './bucket-operations.ts';
import { nameEncoder } from './list-objects.ts';
import { uploadTarget } from './multipart-upload.ts';
import { parseCount } from './parse-count.ts';

const MAX_PARTS = 1000;
const MAX_UPLOADS = 1000;

/** GET /bucket/key?uploadId: the parts received so far. */
export function listParts(store: S3Store, request: S3Request): S3Response {
  const { upload, parts } = requireUpload(store, uploadTarget(request));
  const maxParts = parseCount(request.query, 'max-parts', { max: MAX_PARTS });
  const marker = parseCount(request.query, 'part-number-marker', { max: Number.MAX_SAFE_INTEGER });
  const after = request.query.has('part-number-marker') ? marker : 0;
  const remaining = [...parts.values()]
    .filter((part) => part.partNumber > after)
    .sort((left, right) => left.partNumber - right.partNumber);
  const page = remaining.slice(0, maxParts);
  return xmlResponse('ListPartsResult', [
    leaf('Bucket', upload.bucket),
    leaf('Key', upload.key),
    leaf('UploadId', upload.uploadId),
    node('Initiator', ...OWNER_FIELDS),
    node('Owner', ...OWNER_FIELDS),
    leaf('StorageClass', 'STANDARD'),
    leaf('PartNumberMarker', after),
    leaf('NextPartNumberMarker', page.at(-1)?.partNumber ?? 0),
    leaf('MaxParts', maxParts),
    leaf('IsTruncated', maxParts > 0 && page.length < remaining.length),
    ...algorithmFields(upload),
    ...page.map((part) => partElement(part, upload)),
  ]);
}

/** GET /bucket?uploads: uploads that were neither completed nor aborted; no delimiter. */
export function listMultipartUploads(store: S3Store, request: S3Request): S3Response {
  const { query } = request;
  const { name } = requireBucket(store, request.bucket ?? '');
  const prefix = query.get('prefix') ?? '';
  const keyMarker = query.get('key-marker') ?? '';
  const uploadIdMarker = keyMarker === '' ? '' : (query.get('upload-id-marker') ?? '');
  const maxUploads = parseCount(query, 'max-uploads', { max: MAX_UPLOADS });
  const encode = nameEncoder(query);
  const matching = store.index.uploadsOf(name).filter((upload) => upload.key.startsWith(prefix));
  const remaining = behindMarker(matching, { keyMarker, uploadIdMarker });
  const page = remaining.slice(0, maxUploads);
  const isTruncated = maxUploads > 0 && page.length < remaining.length;
  const last = page.at(-1);
  return xmlResponse('ListMultipartUploadsResult', [
    leaf('Bucket', name),
    leaf('KeyMarker', encode(keyMarker)),
    leaf('UploadIdMarker', uploadIdMarker),
    leaf('Prefix', encode(prefix)),
    ...(isTruncated && last !== undefined
      ? [leaf('NextKeyMarker', encode(last.key)), leaf('NextUploadIdMarker', last.uploadId)]
      : []),
    leaf('MaxUploads', maxUploads),
    ...(query.has('encoding-type') ? [leaf('EncodingType', 'url')] : []),
    leaf('IsTruncated', isTruncated),
    ...page.map((upload) => uploadElement(upload, encode)),
  ]);
}

/** Uploads of later keys, and of the marked key those listed behind the marked upload. */
function behindMarker(
  uploads: readonly MultipartUpload[],
  marker: { readonly keyMarker: string; readonly uploadIdMarker: string },
): readonly MultipartUpload[] {
  const marked = uploads.findIndex(
    (upload) => upload.key === marker.keyMarker && upload.uploadId === marker.uploadIdMarker,
  );
  if (marked >= 0) return uploads.slice(marked + 1);
  return uploads.filter((upload) => compareUtf8(upload.key, marker.keyMarker) > 0);
}

function partElement(part: UploadedPart, upload: MultipartUpload): string {
  const hasChecksum = upload.checksumAlgorithm !== null && part.checksum !== null;
  return node(
    'Part',
    leaf('PartNumber', part.partNumber),
    leaf('LastModified', new Date(part.modifiedMs).toISOString()),
    leaf('ETag', `"${part.etag}"`),
    leaf('Size', part.sizeBytes),
    ...(hasChecksum ? [leaf(`Checksum${upload.checksumAlgorithm}`, part.checksum ?? '')] : []),
  );
}

function uploadElement(upload: MultipartUpload, encode: (name: string) => string): string {
  return node(
    'Upload',
    leaf('Key', encode(upload.key)),
    leaf('UploadId', upload.uploadId),
    node('Initiator', ...OWNER_FIELDS),
    node('Owner', ...OWNER_FIELDS),
    leaf('StorageClass', 'STANDARD'),
    leaf('Initiated', new Date(upload.initiatedMs).toISOString()),
    ...algorithmFields(upload),
  );
}

function algorithmFields({ checksumAlgorithm, checksumType }: MultipartUpload): readonly string[] {
  if (checksumAlgorithm === null) return [];
  return [leaf('ChecksumAlgorithm', checksumAlgorithm), leaf('ChecksumType', checksumType)];
}
