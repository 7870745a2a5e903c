import {
  createBucket,
  deleteBucket,
  getBucketLocation,
  getBucketNotification,
  getBucketVersioning,
  headBucket,
  listBuckets,
  putBucketNotification,
  putBucketVersioning,
} from './operations/bucket-operations.ts';
import { completeMultipartUpload } from './operations/complete-upload.ts';
import { copyObject } from './operations/copy-object.ts';
import { deleteObject, deleteObjects } from './operations/delete-objects.ts';
import { getObject } from './operations/get-object.ts';
import { listObjectsV1, listObjectsV2 } from './operations/list-objects.ts';
import { listMultipartUploads, listParts } from './operations/list-uploads.ts';
import { listObjectVersions } from './operations/list-versions.ts';
import {
  abortMultipartUpload,
  createMultipartUpload,
  uploadPart,
  uploadPartCopy,
} from './operations/multipart-upload.ts';
import { putObject } from './operations/put-object.ts';
import { RESPONSE_OVERRIDE_PARAMETERS } from './protocol/object-headers.ts';
import { notImplemented, S3Error } from './protocol/s3-error.ts';
import type { S3Request } from './protocol/s3-request.ts';
import type { S3Response } from './protocol/s3-response.ts';
import type { S3Store } from './store/s3-store.ts';

type OperationHandler = (store: S3Store, request: S3Request) => S3Response | Promise<S3Response>;

interface Operation {
  readonly run: OperationHandler;
  readonly method: string;
  readonly level: 'service' | 'bucket' | 'object';
  /** Query parameters that make it this operation; all have to be there. */
  readonly requires?: readonly string[];
  readonly requiresHeader?: string;
  /** Further query parameters it understands. Any other one is a feature that is not emulated. */
  readonly allows?: readonly string[];
}

const LIST_PARAMETERS = ['prefix', 'delimiter', 'max-keys', 'encoding-type'];
const COPY_SOURCE = 'x-amz-copy-source';

/** Everything the local S3 does; the first operation that fits is taken. */
const OPERATIONS: readonly Operation[] = [
  {
    run: listBuckets,
    method: 'GET',
    level: 'service',
    allows: ['prefix', 'max-buckets', 'continuation-token'],
  },
  { run: getBucketLocation, method: 'GET', level: 'bucket', requires: ['location'] },
  { run: getBucketVersioning, method: 'GET', level: 'bucket', requires: ['versioning'] },
  { run: putBucketVersioning, method: 'PUT', level: 'bucket', requires: ['versioning'] },
  { run: getBucketNotification, method: 'GET', level: 'bucket', requires: ['notification'] },
  { run: putBucketNotification, method: 'PUT', level: 'bucket', requires: ['notification'] },
  { run: deleteObjects, method: 'POST', level: 'bucket', requires: ['delete'] },
  {
    run: listMultipartUploads,
    method: 'GET',
    level: 'bucket',
    requires: ['uploads'],
    allows: ['prefix', 'key-marker', 'upload-id-marker', 'max-uploads', 'encoding-type'],
  },
  {
    run: listObjectVersions,
    method: 'GET',
    level: 'bucket',
    requires: ['versions'],
    allows: ['prefix', 'key-marker', 'version-id-marker', 'max-keys', 'encoding-type'],
  },
  {
    run: listObjectsV2,
    method: 'GET',
    level: 'bucket',
    requires: ['list-type'],
    allows: [...LIST_PARAMETERS, 'continuation-token', 'start-after', 'fetch-owner'],
  },
  { run: listObjectsV1, method: 'GET', level: 'bucket', allows: [...LIST_PARAMETERS, 'marker'] },
  { run: createBucket, method: 'PUT', level: 'bucket' },
  { run: headBucket, method: 'HEAD', level: 'bucket' },
  { run: deleteBucket, method: 'DELETE', level: 'bucket' },
  {
    run: uploadPartCopy,
    method: 'PUT',
    level: 'object',
    requires: ['partNumber', 'uploadId'],
    requiresHeader: COPY_SOURCE,
  },
  { run: uploadPart, method: 'PUT', level: 'object', requires: ['partNumber', 'uploadId'] },
  {
    run: listParts,
    method: 'GET',
    level: 'object',
    requires: ['uploadId'],
    allows: ['max-parts', 'part-number-marker'],
  },
  { run: createMultipartUpload, method: 'POST', level: 'object', requires: ['uploads'] },
  { run: completeMultipartUpload, method: 'POST', level: 'object', requires: ['uploadId'] },
  { run: abortMultipartUpload, method: 'DELETE', level: 'object', requires: ['uploadId'] },
  { run: copyObject, method: 'PUT', level: 'object', requiresHeader: COPY_SOURCE },
  { run: putObject, method: 'PUT', level: 'object' },
  {
    run: getObject,
    method: 'GET',
    level: 'object',
    allows: ['versionId', ...RESPONSE_OVERRIDE_PARAMETERS],
  },
  {
    run: getObject,
    method: 'HEAD',
    level: 'object',
    allows: ['versionId', ...RESPONSE_OVERRIDE_PARAMETERS],
  },
  { run: deleteObject, method: 'DELETE', level: 'object', allows: ['versionId'] },
];
const METHODS = new Set(OPERATIONS.map((operation) => operation.method));
/** Names the operation for the reader of a log; means nothing. */
const IGNORED_PARAMETER = 'x-id';

/** The operation a request asks for. Throws NotImplemented naming the sub-resource, never falls back to another operation. */
export function findOperation(request: S3Request): OperationHandler {
  const level = request.bucket === null ? 'service' : request.key === null ? 'bucket' : 'object';
  const parameters = [...request.query.keys()].filter((name) => name !== IGNORED_PARAMETER);
  const operation = OPERATIONS.find(
    (candidate) =>
      candidate.method === request.method &&
      candidate.level === level &&
      (candidate.requires ?? []).every((name) => request.query.has(name)) &&
      (candidate.requiresHeader === undefined ||
        request.headers[candidate.requiresHeader] !== undefined),
  );
  if (!METHODS.has(request.method)) {
    throw new S3Error(405, 'MethodNotAllowed', {
      message: 'The specified method is not allowed against this resource.',
      details: { Method: request.method, ResourceType: level.toUpperCase() },
    });
  }
  const known = new Set([...(operation?.requires ?? []), ...(operation?.allows ?? [])]);
  const unknown = parameters.filter((name) => !known.has(name));
  if (operation !== undefined && unknown.length === 0) return operation.run;
  const subResource = unknown.length === 0 ? '' : ` ?${unknown.join('&')}`;
  throw notImplemented(`${request.method} ${level}${subResource}`);
}
