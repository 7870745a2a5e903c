import { leaf, node } from '#embedded/gateway/xml.ts';
import {
  matchesEtag,
  type WritePrecondition,
  writePrecondition,
} from '#embedded/s3/protocol/conditions.ts';
import { eventCause } from '#embedded/s3/protocol/event-cause.ts';
import {
  childText,
  malformedXml,
  parseXml,
  type XmlElement,
} from '#embedded/s3/protocol/parse-xml.ts';
import { receiveText } from '#embedded/s3/protocol/receive-body.ts';
import {
  invalidRequest,
  noSuchKey,
  notImplemented,
  preconditionFailed,
  S3Error,
} from '#embedded/s3/protocol/s3-error.ts';
import { requireKey, type S3Request } from '#embedded/s3/protocol/s3-request.ts';
import { type S3Response, xmlResponse } from '#embedded/s3/protocol/s3-response.ts';
import { requireBucket, type S3Store } from '#embedded/s3/store/s3-store.ts';
import { type Deletion, deleteVersion } from '#embedded/s3/store/versions.ts';

const MAX_KEYS_PER_REQUEST = 1000;
/** A thousand keys of 1024 bytes, every byte escaped. */
const MAX_DOCUMENT_BYTES = 8 * 1024 * 1024;

/** DELETE /bucket/key */
export function deleteObject(store: S3Store, request: S3Request): S3Response {
  const deletion = deleteVersion(
    store,
    {
      bucket: request.bucket ?? '',
      key: request.key ?? '',
      versionId: request.query.get('versionId') ?? null,
    },
    {
      precondition: writePrecondition(request.headers),
      cause: eventCause(request, 'DeleteObject'),
    },
  );
  return {
    status: 204,
    headers: {
      ...(deletion.versionId === null ? {} : { 'x-amz-version-id': deletion.versionId }),
      ...(deletion.isDeleteMarker ? { 'x-amz-delete-marker': 'true' } : {}),
    },
  };
}

/** POST /bucket?delete: every key is deleted on its own; failures are listed, the rest goes on. */
export async function deleteObjects(store: S3Store, request: S3Request): Promise<S3Response> {
  requireBucket(store, request.bucket ?? '');
  requireDigest(request);
  const document = parseXml(await receiveText(request, MAX_DOCUMENT_BYTES));
  const objects = document.children.filter((child) => child.name === 'Object');
  const isUsable = document.name === 'Delete' && objects.every((object) => keyOf(object) !== '');
  // Judged as a whole before the first key is deleted.
  if (!isUsable || objects.length === 0 || objects.length > MAX_KEYS_PER_REQUEST) {
    throw malformedXml();
  }
  const isQuiet = childText(document, 'Quiet')?.trim() === 'true';
  const results = objects.map((object) => deleteListed(store, request, object));
  const reported = results.filter((result) => result.failed || !isQuiet);
  return xmlResponse(
    'DeleteResult',
    reported.map((result) => result.element),
  );
}

function deleteListed(
  store: S3Store,
  request: S3Request,
  object: XmlElement,
): { readonly failed: boolean; readonly element: string } {
  const key = keyOf(object);
  const versionId = childText(object, 'VersionId');
  const identity = [
    leaf('Key', key),
    ...(versionId === null ? [] : [leaf('VersionId', versionId)]),
  ];
  try {
    const target = { bucket: request.bucket ?? '', key: requireKey(key), versionId };
    const deletion = deleteVersion(store, target, {
      precondition: preconditionOf(object),
      cause: eventCause(request, 'DeleteObject'),
    });
    const element = node('Deleted', ...identity, ...markerFields(deletion));
    return { failed: false, element };
  } catch (error) {
    if (!(error instanceof S3Error)) throw error;
    const reason = [leaf('Code', error.code), leaf('Message', error.message)];
    return { failed: true, element: node('Error', ...identity, ...reason) };
  }
}

function keyOf(object: XmlElement): string {
  return childText(object, 'Key') ?? '';
}

function preconditionOf(object: XmlElement): WritePrecondition {
  for (const name of ['LastModifiedTime', 'Size']) {
    if (childText(object, name) !== null) throw notImplemented(`condition ${name} on deletes`);
  }
  const etag = childText(object, 'ETag');
  return (current, key) => {
    if (etag === null) return;
    if (current === null) throw noSuchKey(key);
    if (!matchesEtag(etag, current.etag)) throw preconditionFailed('If-Match');
  };
}

function markerFields(deletion: Deletion): readonly string[] {
  if (!deletion.isDeleteMarker || deletion.versionId === null) return [];
  return [leaf('DeleteMarker', true), leaf('DeleteMarkerVersionId', deletion.versionId)];
}

/** S3 does not delete by a list that may have been damaged on the way. */
function requireDigest({ headers }: S3Request): void {
  const hasDigest =
    headers['content-md5'] !== undefined ||
    headers['x-amz-trailer'] !== undefined ||
    headers['x-amz-sdk-checksum-algorithm'] !== undefined ||
    Object.keys(headers).some((name) => name.startsWith('x-amz-checksum-'));
  if (hasDigest) return;
  throw invalidRequest('Missing required header for this request: Content-MD5 OR x-amz-checksum-*');
}
