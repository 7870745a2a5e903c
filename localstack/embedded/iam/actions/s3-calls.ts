import { bucketArn } from '#embedded/assembly/local-arn.ts';
import { findOperation } from '#embedded/s3/operation-table.ts';
import { copySourceAddress } from '#embedded/s3/operations/copy-source.ts';
import type { S3Request } from '#embedded/s3/protocol/s3-request.ts';
import type { ServiceCall } from './service-call.ts';

type S3CallReader = (request: S3Request) => readonly ServiceCall[];

function objectArn({ bucket, key }: Pick<S3Request, 'bucket' | 'key'>): string {
  return `${bucketArn(bucket ?? '')}/${key ?? ''}`;
}

const onObject =
  (action: string, versionAction = action): S3CallReader =>
  (request) => [
    {
      action: request.query.has('versionId') ? versionAction : action,
      resource: objectArn(request),
    },
  ];

const onBucket =
  (action: string): S3CallReader =>
  (request) => {
    const prefix = request.query.get('prefix');
    const context = prefix === undefined ? {} : { context: { 's3:prefix': prefix } };
    return [{ action, resource: bucketArn(request.bucket ?? ''), ...context }];
  };

/** Replacing an object only while it is a certain one tells something about it, so reading it must be allowed too. */
const writesObject: S3CallReader = (request) => [
  ...(request.headers['if-match'] === undefined ? [] : onObject('s3:GetObject')(request)),
  ...onObject('s3:PutObject')(request),
];

const copiesObject: S3CallReader = (request) => {
  const { bucket, key, versionId } = copySourceAddress(request);
  const action = versionId === null ? 's3:GetObject' : 's3:GetObjectVersion';
  return [{ action, resource: objectArn({ bucket, key }) }, ...writesObject(request)];
};

/** By the name of the operation's handler. Source: Amazon S3 user guide, "Required permissions for Amazon S3 API operations". */
const CALLS: Readonly<Record<string, S3CallReader>> = {
  listBuckets: () => [{ action: 's3:ListAllMyBuckets', resource: '*' }],
  getBucketLocation: onBucket('s3:GetBucketLocation'),
  getBucketVersioning: onBucket('s3:GetBucketVersioning'),
  putBucketVersioning: onBucket('s3:PutBucketVersioning'),
  getBucketNotification: onBucket('s3:GetBucketNotification'),
  putBucketNotification: onBucket('s3:PutBucketNotification'),
  listMultipartUploads: onBucket('s3:ListBucketMultipartUploads'),
  listObjectVersions: onBucket('s3:ListBucketVersions'),
  listObjectsV1: onBucket('s3:ListBucket'),
  listObjectsV2: onBucket('s3:ListBucket'),
  headBucket: onBucket('s3:ListBucket'),
  createBucket: onBucket('s3:CreateBucket'),
  deleteBucket: onBucket('s3:DeleteBucket'),
  getObject: onObject('s3:GetObject', 's3:GetObjectVersion'),
  putObject: writesObject,
  copyObject: copiesObject,
  deleteObject: onObject('s3:DeleteObject', 's3:DeleteObjectVersion'),
  createMultipartUpload: onObject('s3:PutObject'),
  uploadPart: onObject('s3:PutObject'),
  uploadPartCopy: copiesObject,
  completeMultipartUpload: writesObject,
  abortMultipartUpload: onObject('s3:AbortMultipartUpload'),
  listParts: onObject('s3:ListMultipartUploadParts'),
};

/** Null for what has no entry. Throws S3Error for what S3 does not serve. */
export function s3Calls(request: S3Request): readonly ServiceCall[] | null {
  const { name } = findOperation(request);
  return Object.hasOwn(CALLS, name) ? (CALLS[name]?.(request) ?? null) : null;
}
