import { leaf, node } from '#embedded/gateway/xml.ts';
import { childOf, childText, malformedXml, parseXml } from '#embedded/s3/protocol/parse-xml.ts';
import { receiveText } from '#embedded/s3/protocol/receive-body.ts';
import { notImplemented, S3Error } from '#embedded/s3/protocol/s3-error.ts';
import type { S3Request } from '#embedded/s3/protocol/s3-request.ts';
import { type S3Response, xmlResponse } from '#embedded/s3/protocol/s3-response.ts';
import { requireBucket, type S3Store } from '#embedded/s3/store/s3-store.ts';
import { LOCAL_ACCOUNT, LOCAL_REGION } from '#embedded/services.ts';
import { parseCount } from './parse-count.ts';

const MAX_BUCKETS = 10_000;
const MAX_CONFIGURATION_BYTES = 64 * 1024;
/** Source: Amazon S3 user guide, Bucket naming rules. */
const BUCKET_NAME = /^(?!.*\.\.)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;

/** Owner element of listings: the one local account. */
export const OWNER_FIELDS = [leaf('ID', LOCAL_ACCOUNT), leaf('DisplayName', 'local')];

/** GET / */
export function listBuckets(store: S3Store, request: S3Request): S3Response {
  const prefix = request.query.get('prefix') ?? '';
  const after = request.query.get('continuation-token') ?? '';
  const limit = parseCount(request.query, 'max-buckets', { max: MAX_BUCKETS });
  const matching = store.index
    .buckets()
    .filter((bucket) => bucket.name.startsWith(prefix) && bucket.name > after);
  const page = matching.slice(0, limit);
  const buckets = page.map((bucket) =>
    node(
      'Bucket',
      leaf('Name', bucket.name),
      leaf('CreationDate', new Date(bucket.createdMs).toISOString()),
      leaf('BucketRegion', LOCAL_REGION),
    ),
  );
  const last = page.at(-1);
  const token =
    last === undefined || page.length === matching.length
      ? []
      : [leaf('ContinuationToken', last.name)];
  return xmlResponse('ListAllMyBucketsResult', [
    node('Owner', ...OWNER_FIELDS),
    node('Buckets', ...buckets),
    ...token,
  ]);
}

/** Creates a bucket that is not there; `versioned` is applied to one that is. Throws InvalidBucketName. */
export function setBucket(
  store: S3Store,
  bucket: {
    readonly name: string;
    readonly versioned: boolean;
    readonly sendsEvents?: boolean;
  },
): void {
  if (!BUCKET_NAME.test(bucket.name)) {
    throw new S3Error(400, 'InvalidBucketName', {
      message: 'The specified bucket is not valid.',
      details: { BucketName: bucket.name },
    });
  }
  const existing = store.index.bucket(bucket.name);
  const sendsEvents = bucket.sendsEvents ?? existing?.sendsEvents ?? false;
  if (existing?.versioned === bucket.versioned && existing.sendsEvents === sendsEvents) return;
  const createdMs = existing?.createdMs ?? store.nowMs();
  store.commit([{ type: 'bucket-set', ...bucket, sendsEvents, createdMs }]);
}

/** PUT /bucket: creating an own bucket again succeeds, as it does in us-east-1. */
export async function createBucket(store: S3Store, request: S3Request): Promise<S3Response> {
  const name = request.bucket ?? '';
  requireLocalRegion(await receiveText(request, MAX_CONFIGURATION_BYTES));
  setBucket(store, { name, versioned: store.index.bucket(name)?.versioned ?? false });
  return { status: 200, headers: { location: `/${name}` } };
}

/** HEAD /bucket */
export function headBucket(store: S3Store, request: S3Request): S3Response {
  requireBucket(store, request.bucket ?? '');
  return { status: 200, headers: { 'x-amz-bucket-region': LOCAL_REGION } };
}

/** DELETE /bucket: only when no version of any object is left. */
export function deleteBucket(store: S3Store, request: S3Request): S3Response {
  const { name } = requireBucket(store, request.bucket ?? '');
  if (store.index.sortedKeys(name).length > 0) {
    throw new S3Error(409, 'BucketNotEmpty', {
      message: 'The bucket you tried to delete is not empty',
      details: { BucketName: name },
    });
  }
  store.commit([{ type: 'bucket-deleted', name }]);
  return { status: 204 };
}

/** GET /bucket?location: us-east-1 is the empty constraint. */
export function getBucketLocation(store: S3Store, request: S3Request): S3Response {
  requireBucket(store, request.bucket ?? '');
  return xmlResponse('LocationConstraint', []);
}

/** GET /bucket?versioning */
export function getBucketVersioning(store: S3Store, request: S3Request): S3Response {
  const bucket = requireBucket(store, request.bucket ?? '');
  const status = bucket.versioned ? [leaf('Status', 'Enabled')] : [];
  return xmlResponse('VersioningConfiguration', status);
}

/** PUT /bucket?versioning: versioning can be enabled, not suspended. */
export async function putBucketVersioning(store: S3Store, request: S3Request): Promise<S3Response> {
  const { name } = requireBucket(store, request.bucket ?? '');
  const configuration = parseXml(await receiveText(request, MAX_CONFIGURATION_BYTES));
  if (configuration.name !== 'VersioningConfiguration') throw malformedXml();
  const status = childText(configuration, 'Status') ?? '';
  if (status !== 'Enabled') throw notImplemented(`versioning status ${JSON.stringify(status)}`);
  if (childText(configuration, 'MfaDelete') === 'Enabled') throw notImplemented('MfaDelete');
  setBucket(store, { name, versioned: true });
  return { status: 200 };
}

/** GET /bucket?notification */
export function getBucketNotification(store: S3Store, request: S3Request): S3Response {
  const { sendsEvents } = requireBucket(store, request.bucket ?? '');
  const configuration = sendsEvents ? [node('EventBridgeConfiguration')] : [];
  return xmlResponse('NotificationConfiguration', configuration);
}

/** PUT /bucket?notification: EventBridge is told of everything, or nobody of anything. */
export async function putBucketNotification(
  store: S3Store,
  request: S3Request,
): Promise<S3Response> {
  const bucket = requireBucket(store, request.bucket ?? '');
  const configuration = parseXml(await receiveText(request, MAX_CONFIGURATION_BYTES));
  if (configuration.name !== 'NotificationConfiguration') throw malformedXml();
  const other = configuration.children.find((child) => child.name !== 'EventBridgeConfiguration');
  if (other !== undefined) throw notImplemented(`notifications by ${other.name}`);
  setBucket(store, {
    name: bucket.name,
    versioned: bucket.versioned,
    sendsEvents: configuration.children.length > 0,
  });
  return { status: 200 };
}

function requireLocalRegion(body: string): void {
  if (body.trim() === '') return;
  const configuration = parseXml(body);
  if (configuration.name !== 'CreateBucketConfiguration') throw malformedXml();
  const region = childText(configuration, 'LocationConstraint') ?? '';
  if (region !== '' && region !== LOCAL_REGION) {
    throw new S3Error(400, 'InvalidLocationConstraint', {
      message: `the local cloud has only region ${LOCAL_REGION}; leave CreateBucketConfiguration out`,
      details: { LocationConstraint: region },
    });
  }
  const tags = childOf(configuration, 'Tags');
  if (tags !== null && tags.children.length > 0) throw notImplemented('tags of buckets');
}
