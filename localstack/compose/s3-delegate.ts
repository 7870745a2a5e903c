import type { Readable } from 'node:stream';
import {
  CreateBucketCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  type S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import { SluiceError } from '#core/errors.ts';
import type { ObjectFile, S3Service } from '#embedded/services.ts';
import { createS3Client, localTarget } from '#runtime/aws-clients.ts';
import type { DelegateEndpoint } from '#runtime/backend-endpoints.ts';
import { createForwarder } from './forward-request.ts';
import { forwardS3Request } from './forward-s3-request.ts';
import { type ObjectCache, openObjectCache } from './object-cache.ts';
import { createObjectEvents } from './object-created.ts';

export interface S3DelegateOptions {
  readonly endpoint: DelegateEndpoint;
  /** Folder for copies of objects that queries read; emptied at the start. */
  readonly cacheDir: string;
}

/**
 * S3 as another program serves it (MinIO, LocalStack …): requests of clients are sent on in the local cloud's own
 * name, after the gateway has decided about them. Throws SOURCE_UNAVAILABLE when the program does not answer.
 */
export async function openS3Delegate(options: S3DelegateOptions): Promise<S3Service> {
  const { endpoint, cacheDir } = options;
  const client = openClient(endpoint);
  const forwarder = createForwarder('s3', endpoint);
  const cache = openObjectCache(cacheDir);
  const events = createObjectEvents(client);
  const buckets = new Set<string>();
  const close = async (): Promise<void> => {
    client.destroy();
    forwarder.close();
  };
  const refresh = async (): Promise<void> => {
    const listed = await client.send(new ListBucketsCommand({}));
    buckets.clear();
    for (const { Name } of listed.Buckets ?? []) buckets.add(Name ?? '');
  };
  try {
    await refresh();
  } catch (cause) {
    await close();
    throw new SluiceError(
      'SOURCE_UNAVAILABLE',
      `s3 is to be served by ${endpoint.url}, which does not list its buckets (${(cause as Error).message}); start it, and check the key in SLUICE_S3_ACCESS_KEY and SLUICE_S3_SECRET_KEY`,
      { cause },
    );
  }
  return {
    handle: (request, response) =>
      forwardS3Request(request, response, { forwarder, events, onBucketsChanged: refresh }),
    close,
    async ensureBucket({ name, versioned, sendsEvents = false }) {
      events.setSending(name, sendsEvents);
      if (!buckets.has(name)) await client.send(new CreateBucketCommand({ Bucket: name }));
      buckets.add(name);
      if (versioned) await enableVersioning(client, name);
    },
    hasBucket: (name) => buckets.has(name),
    objectFile: (bucket, key) => localCopy(client, cache, { bucket, key }),
    getObject: async (bucket, key) => {
      const body = await openObject(client, { Bucket: bucket, Key: key });
      return body === null ? null : await readAll(body);
    },
    putObject: (bucket, key, contents) => putObject(client, { bucket, key }, contents),
    sendEventsTo: (sink) => events.setSink(sink),
  };
}

/** Buckets in the path: nothing resolves `bucket.127.0.0.1` or `bucket.minio`. */
function openClient(endpoint: DelegateEndpoint): S3Client {
  const { accessKeyId, secretAccessKey } = endpoint;
  const target = {
    ...localTarget(endpoint.url),
    credentials: { accessKeyId, secretAccessKey },
    forcePathStyle: true,
  };
  return createS3Client(target);
}

async function enableVersioning(client: S3Client, bucket: string): Promise<void> {
  await client.send(
    new PutBucketVersioningCommand({
      Bucket: bucket,
      VersioningConfiguration: { Status: 'Enabled' },
    }),
  );
}

/** Null when the object is missing. */
async function openObject(
  client: S3Client,
  location: { readonly Bucket: string; readonly Key: string; readonly IfMatch?: string },
): Promise<Readable | null> {
  try {
    const { Body } = await client.send(new GetObjectCommand(location));
    return Body as Readable;
  } catch (error) {
    if (statusOf(error) === 404) return null;
    throw error;
  }
}

async function localCopy(
  client: S3Client,
  cache: ObjectCache,
  { bucket, key }: { readonly bucket: string; readonly key: string },
): Promise<ObjectFile | null> {
  const location = { Bucket: bucket, Key: key };
  try {
    const head = await client.send(new HeadObjectCommand(location));
    const etag = head.ETag ?? '';
    const sizeBytes = head.ContentLength ?? 0;
    const modifiedMs = head.LastModified?.getTime() ?? 0;
    return await cache.fileOf({ bucket, key, etag, sizeBytes, modifiedMs }, async () => {
      // Another version in between would be refused, and the query with it.
      const body = await openObject(client, { ...location, IfMatch: etag });
      if (body === null) throw new SluiceError('OBJECT_NOT_FOUND', `s3://${bucket}/${key} is gone`);
      return body;
    });
  } catch (error) {
    if (statusOf(error) === 404) return null;
    throw error;
  }
}

async function putObject(
  client: S3Client,
  { bucket, key }: { readonly bucket: string; readonly key: string },
  contents: Parameters<S3Service['putObject']>[2],
): Promise<boolean> {
  const { body, ifNoneMatch, contentType } = contents;
  try {
    await client.send(
      new PutObjectCommand({
        Bucket: bucket,
        Key: key,
        Body: body,
        ...(ifNoneMatch === undefined ? {} : { IfNoneMatch: ifNoneMatch }),
        ...(contentType === undefined ? {} : { ContentType: contentType }),
      }),
    );
    return true;
  } catch (error) {
    if (statusOf(error) === 412) return false;
    throw error;
  }
}

async function readAll(body: Readable): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of body) pieces.push(piece as Buffer);
  return Buffer.concat(pieces);
}

function statusOf(error: unknown): number | null {
  return error instanceof S3ServiceException ? (error.$metadata.httpStatusCode ?? null) : null;
}
