import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  paginateListObjectsV2,
  type S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import { SluiceError } from '#core/errors.ts';
import type { ObjectStore } from '#ports/object-store.ts';

/** ObjectStore on Amazon S3; URIs are `s3://bucket/key`. */
export function createS3ObjectStore(client: S3Client): ObjectStore {
  return {
    get: (uri) => getObject(client, uri),
    head: (uri) => headObject(client, uri),
    put: (uri, body, options) => putObject(client, uri, { body, ...options }),
    list: (prefixUri) => listObjects(client, prefixUri),
    delete: (uri) => deleteObject(client, uri),
  };
}

interface S3Location {
  readonly Bucket: string;
  readonly Key: string;
}

/** Throws FEATURE_UNSUPPORTED for another scheme; `s3a:` and `s3n:` are other engines' names for the same place. */
function parseS3Uri(uri: string): S3Location {
  const match = /^s3[an]?:\/\/([^/]+)\/(.*)$/s.exec(uri);
  if (match === null) {
    throw new SluiceError('FEATURE_UNSUPPORTED', `object URI "${uri}": expected s3://bucket/key`);
  }
  return { Bucket: match[1] ?? '', Key: match[2] ?? '' };
}

async function getObject(client: S3Client, uri: string): Promise<Uint8Array> {
  const location = parseS3Uri(uri);
  try {
    const { Body } = await client.send(new GetObjectCommand(location));
    return (await Body?.transformToByteArray()) ?? new Uint8Array();
  } catch (error) {
    if (statusOf(error) === 404) {
      throw new SluiceError('OBJECT_NOT_FOUND', `${uri}: there is no such object`, {
        cause: error,
      });
    }
    throw asUnavailable('read', uri, error);
  }
}

async function headObject(
  client: S3Client,
  uri: string,
): Promise<{ readonly sizeBytes: number } | null> {
  try {
    const { ContentLength } = await client.send(new HeadObjectCommand(parseS3Uri(uri)));
    return { sizeBytes: ContentLength ?? 0 };
  } catch (error) {
    if (statusOf(error) === 404) return null;
    throw asUnavailable('look at', uri, error);
  }
}

async function putObject(
  client: S3Client,
  uri: string,
  options: { readonly body: Uint8Array; readonly ifNoneMatch?: '*'; readonly contentType?: string },
): Promise<void> {
  const { body, ifNoneMatch, contentType } = options;
  try {
    await client.send(
      new PutObjectCommand({
        ...parseS3Uri(uri),
        Body: body,
        ...(ifNoneMatch === undefined ? {} : { IfNoneMatch: ifNoneMatch }),
        ...(contentType === undefined ? {} : { ContentType: contentType }),
      }),
    );
  } catch (error) {
    // Not 409, "a conflicting operation occurred": the key may be free after it (a delete does it too), and
    // the write has to be repeated. Source: S3 API, PutObject, If-None-Match.
    if (ifNoneMatch !== undefined && statusOf(error) === 412) {
      throw new SluiceError('OBJECT_EXISTS', `${uri}: the key is taken`, { cause: error });
    }
    throw asUnavailable('write', uri, error);
  }
}

async function* listObjects(
  client: S3Client,
  prefixUri: string,
): AsyncGenerator<{
  readonly uri: string;
  readonly sizeBytes: number;
  readonly modifiedMs: number;
}> {
  const { Bucket, Key } = parseS3Uri(prefixUri);
  try {
    for await (const page of paginateListObjectsV2({ client }, { Bucket, Prefix: Key })) {
      for (const item of page.Contents ?? []) {
        yield {
          uri: `s3://${Bucket}/${item.Key ?? ''}`,
          sizeBytes: item.Size ?? 0,
          modifiedMs: item.LastModified?.getTime() ?? 0,
        };
      }
    }
  } catch (error) {
    throw asUnavailable('list', prefixUri, error);
  }
}

async function deleteObject(client: S3Client, uri: string): Promise<void> {
  try {
    await client.send(new DeleteObjectCommand(parseS3Uri(uri)));
  } catch (error) {
    throw asUnavailable('delete', uri, error);
  }
}

function statusOf(error: unknown): number | undefined {
  return error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined;
}

function asUnavailable(what: string, uri: string, cause: unknown): SluiceError {
  const reason = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
  return new SluiceError('SOURCE_UNAVAILABLE', `cannot ${what} ${uri}: ${reason}`, { cause });
}
