import { createHash } from 'node:crypto';
import { leaf } from '#embedded/gateway/xml.ts';
import {
  announcedChecksum,
  type ChecksumAlgorithm,
  checksumMismatch,
  type ObjectChecksum,
  startChecksum,
} from '#embedded/s3/protocol/checksums.ts';
import { writePrecondition } from '#embedded/s3/protocol/conditions.ts';
import { eventCause } from '#embedded/s3/protocol/event-cause.ts';
import { versionHeader } from '#embedded/s3/protocol/object-headers.ts';
import {
  childText,
  malformedXml,
  parseXml,
  type XmlElement,
} from '#embedded/s3/protocol/parse-xml.ts';
import { receiveText } from '#embedded/s3/protocol/receive-body.ts';
import { invalidRequest, noSuchUpload, S3Error } from '#embedded/s3/protocol/s3-error.ts';
import type { S3Request } from '#embedded/s3/protocol/s3-request.ts';
import { type S3Response, xmlResponse } from '#embedded/s3/protocol/s3-response.ts';
import type { UploadedPart } from '#embedded/s3/store/index-record.ts';
import type { OpenUpload } from '#embedded/s3/store/object-index.ts';
import { requireBucket, type S3Store } from '#embedded/s3/store/s3-store.ts';
import { requireUpload } from '#embedded/s3/store/uploads.ts';
import { putVersion } from '#embedded/s3/store/versions.ts';
import { appendBlob } from './copy-source.ts';
import { uploadTarget } from './multipart-upload.ts';

/** Every part but the last. Source: Amazon S3 user guide, Multipart upload limits. */
const MIN_PART_BYTES = 5 * 1024 * 1024;
/** Ten thousand parts with ETag and checksum. */
const MAX_DOCUMENT_BYTES = 8 * 1024 * 1024;

/** POST /bucket/key?uploadId: joins the parts; the object appears and the upload ends in one step. */
export async function completeMultipartUpload(
  store: S3Store,
  request: S3Request,
): Promise<S3Response> {
  const bucket = requireBucket(store, request.bucket ?? '');
  const open = requireUpload(store, uploadTarget(request));
  const precondition = writePrecondition(request.headers);
  const announced = announcedChecksum(request.headers);
  // Here a checksum header speaks of the joined object, not of the request document.
  const documentRequest = { ...request, headers: withoutChecksums(request.headers) };
  const document = parseXml(await receiveText(documentRequest, MAX_DOCUMENT_BYTES));
  const parts = chosenParts(document, open);
  requireSizes(parts, request.headers['x-amz-mp-object-size']);
  const { uploadId, key, headers } = open.upload;
  const joined = await joinParts(store, open, {
    parts,
    alsoCompute: announced?.algorithm ?? null,
  });
  if (announced !== null && announced.expected !== joined.checksums.get(announced.algorithm)) {
    store.blobs.remove(joined.blob);
    throw checksumMismatch(announced.algorithm);
  }
  const object = putVersion(
    store,
    {
      bucket: bucket.name,
      key,
      blob: joined.blob,
      sizeBytes: joined.sizeBytes,
      etag: compositeEtag(parts),
      headers,
      checksum: objectChecksum(open, parts, joined.checksums),
    },
    { precondition, uploadId, cause: eventCause(request, 'CompleteMultipartUpload') },
  );
  return xmlResponse(
    'CompleteMultipartUploadResult',
    [
      leaf('Location', `/${bucket.name}/${key}`),
      leaf('Bucket', bucket.name),
      leaf('Key', key),
      leaf('ETag', `"${object.etag}"`),
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

interface JoinedParts {
  readonly blob: string;
  readonly sizeBytes: number;
  /** Base64 digests over the joined bytes. */
  readonly checksums: ReadonlyMap<ChecksumAlgorithm, string>;
}

async function joinParts(
  store: S3Store,
  { upload }: OpenUpload,
  options: {
    readonly parts: readonly UploadedPart[];
    readonly alsoCompute: ChecksumAlgorithm | null;
  },
): Promise<JoinedParts> {
  const wanted = [
    upload.checksumType === 'FULL_OBJECT' ? upload.checksumAlgorithm : null,
    options.alsoCompute,
  ].filter((algorithm) => algorithm !== null);
  const running = [...new Set(wanted)].map(
    (algorithm) => [algorithm, startChecksum(algorithm)] as const,
  );
  const onBytes = (bytes: Buffer): void => {
    for (const [, checksum] of running) checksum.update(bytes);
  };
  const writer = store.blobs.startWriter();
  try {
    for (const { blob } of options.parts) {
      await appendBlob({ blobs: store.blobs, blob }, writer, { onBytes });
    }
    const { blob, sizeBytes } = await writer.finish();
    const checksums = new Map(
      running.map(([algorithm, checksum]) => [algorithm, checksum.digest().toString('base64')]),
    );
    return { blob, sizeBytes, checksums };
  } catch (error) {
    await writer.discard();
    // Parts vanish under a join only when the upload was completed, aborted or overwritten meanwhile.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') throw noSuchUpload(upload.uploadId);
    throw error;
  }
}

function chosenParts(document: XmlElement, { upload, parts }: OpenUpload): readonly UploadedPart[] {
  const listed = document.children.filter((child) => child.name === 'Part');
  if (document.name !== 'CompleteMultipartUpload' || listed.length === 0) throw malformedXml();
  let previous = 0;
  return listed.map((element) => {
    const partNumber = Number(childText(element, 'PartNumber') ?? Number.NaN);
    if (!Number.isInteger(partNumber)) throw malformedXml();
    if (partNumber <= previous) {
      throw new S3Error(400, 'InvalidPartOrder', {
        message:
          'The list of parts was not in ascending order. Parts must be ordered by part number.',
      });
    }
    previous = partNumber;
    const part = parts.get(partNumber);
    const etag = childText(element, 'ETag')?.trim().replaceAll('"', '');
    if (part === undefined || part.etag !== etag) throw invalidPart(partNumber, etag);
    requireListedChecksum(element, part, upload);
    return part;
  });
}

function requireListedChecksum(
  element: XmlElement,
  part: UploadedPart,
  upload: OpenUpload['upload'],
): void {
  const { checksumAlgorithm, checksumType } = upload;
  if (checksumAlgorithm === null) return;
  const listed = childText(element, `Checksum${checksumAlgorithm}`)?.trim() ?? null;
  if (listed === null && checksumType === 'COMPOSITE') {
    throw invalidRequest(
      `The upload was created using a ${checksumAlgorithm.toLowerCase()} checksum. The complete request must include the checksum for each part. It was missing for part ${part.partNumber} in the request.`,
    );
  }
  const differs = listed !== null && part.checksum !== null && listed !== part.checksum;
  if (differs) throw invalidPart(part.partNumber, part.etag);
}

function requireSizes(parts: readonly UploadedPart[], declaredSize: string | undefined): void {
  for (const { partNumber, sizeBytes, etag } of parts.slice(0, -1)) {
    if (sizeBytes >= MIN_PART_BYTES) continue;
    throw new S3Error(400, 'EntityTooSmall', {
      message: 'Your proposed upload is smaller than the minimum allowed size',
      details: {
        ProposedSize: String(sizeBytes),
        MinSizeAllowed: String(MIN_PART_BYTES),
        PartNumber: String(partNumber),
        ETag: etag,
      },
    });
  }
  const sizeBytes = parts.reduce((sum, part) => sum + part.sizeBytes, 0);
  if (declaredSize !== undefined && Number(declaredSize) !== sizeBytes) {
    throw invalidRequest(
      `The provided 'x-amz-mp-object-size' header value ${declaredSize} does not match what was computed: ${sizeBytes}`,
    );
  }
}

/** MD5 of the parts' MD5s, and their number. Source: Amazon S3 user guide, Checking object integrity. */
function compositeEtag(parts: readonly UploadedPart[]): string {
  const md5 = createHash('md5');
  for (const part of parts) md5.update(Buffer.from(part.etag, 'hex'));
  return `${md5.digest('hex')}-${parts.length}`;
}

function objectChecksum(
  { upload }: OpenUpload,
  parts: readonly UploadedPart[],
  checksums: JoinedParts['checksums'],
): ObjectChecksum | null {
  const { checksumAlgorithm: algorithm, checksumType: type } = upload;
  if (algorithm === null) return null;
  if (type === 'FULL_OBJECT') return { algorithm, type, value: checksums.get(algorithm) ?? '' };
  const running = startChecksum(algorithm);
  for (const part of parts) running.update(Buffer.from(part.checksum ?? '', 'base64'));
  return { algorithm, type, value: `${running.digest().toString('base64')}-${parts.length}` };
}

function withoutChecksums(headers: S3Request['headers']): S3Request['headers'] {
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => !name.startsWith('x-amz-checksum-')),
  );
}

function invalidPart(partNumber: number, etag: string | undefined): S3Error {
  return new S3Error(400, 'InvalidPart', {
    message:
      "One or more of the specified parts could not be found. The part might not have been uploaded, or the specified entity tag might not have matched the part's entity tag.",
    details: { PartNumber: String(partNumber), ETag: etag ?? '' },
  });
}
