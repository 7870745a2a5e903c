import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  paginateListObjectsV2,
  type S3Client,
  S3ServiceException,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { SluiceError } from '#core/errors.ts';
import type { ObjectStat, StreamingObjectStore } from '#ports/object-store.ts';

/** ObjectStore on Amazon S3; URIs are `s3://bucket/key`. */
export function createS3ObjectStore(client: S3Client): StreamingObjectStore {
  return {
    get: (uri) => getObject(client, uri),
    head: (uri) => headObject(client, uri),
    put: (uri, body, options) => putObject(client, uri, { body, ...options }),
    list: (prefixUri) => listObjects(client, prefixUri),
    delete: (uri) => deleteObject(client, uri),
    stat: (uri, options) => statObject(client, uri, options?.versionId),
    read: (uri, options) => readRanges(client, uri, options ?? {}),
    write: (uri, chunks, options) => writeParts(client, uri, { chunks, ...options }),
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

/**
 * A range per request: a body that is read slowly, while rows are committed, would be cut off by the other side. The SDK repeats
 * a request that fails; a part of a multipart upload has 5 MiB at least. Source: Amazon S3, multipart upload limits.
 */
const RANGE_BYTES = 4 * 1024 * 1024;
const PART_BYTES = 8 * 1024 * 1024;

async function statObject(
  client: S3Client,
  uri: string,
  versionId: string | undefined,
): Promise<ObjectStat | null> {
  try {
    const head = await client.send(
      new HeadObjectCommand({ ...parseS3Uri(uri), VersionId: versionId }),
    );
    return { sizeBytes: head.ContentLength ?? 0, modifiedMs: head.LastModified?.getTime() ?? 0 };
  } catch (error) {
    // 405: the version is a delete marker. 400: the id is none of this bucket. Source: S3 API, HeadObject.
    if ([404, 405].includes(statusOf(error) ?? 0)) return null;
    throw asUnavailable('look at', uri, error);
  }
}

async function* readRanges(
  client: S3Client,
  uri: string,
  options: { readonly offset?: number; readonly versionId?: string },
): AsyncGenerator<Uint8Array, void> {
  const { versionId } = options;
  let at = options.offset ?? 0;
  let etag: string | undefined;
  for (;;) {
    const range = await getRange(client, uri, { at, etag, versionId });
    if (range === null) return;
    if (range.bytes.length > 0) yield range.bytes;
    at += range.bytes.length;
    etag = range.etag;
    if (at >= range.totalBytes) return;
  }
}

/** Null when there is nothing at the offset. */
async function getRange(
  client: S3Client,
  uri: string,
  options: {
    readonly at: number;
    readonly etag: string | undefined;
    readonly versionId: string | undefined;
  },
): Promise<{
  readonly bytes: Uint8Array;
  readonly totalBytes: number;
  readonly etag: string | undefined;
} | null> {
  const { at, etag, versionId } = options;
  try {
    const { Body, ContentRange, ETag } = await client.send(
      new GetObjectCommand({
        ...parseS3Uri(uri),
        Range: `bytes=${at}-${at + RANGE_BYTES - 1}`,
        VersionId: versionId,
        ...(versionId === undefined && etag !== undefined ? { IfMatch: etag } : {}),
      }),
    );
    const bytes = (await Body?.transformToByteArray()) ?? new Uint8Array();
    const totalBytes = Number(ContentRange?.split('/')[1] ?? at + bytes.length);
    return { bytes, totalBytes, etag: ETag };
  } catch (error) {
    const status = statusOf(error);
    // Also for an empty object.
    if (status === 416) return null;
    if (status === 404 || status === 405) {
      throw new SluiceError('OBJECT_NOT_FOUND', `${uri}: there is no such object`, {
        cause: error,
      });
    }
    throw asUnavailable('read', uri, error);
  }
}

/**
 * What fits one part is put at once. An upload that fails is left to the bucket's rule for unfinished uploads: nobody sees
 * it, and taking it back would need a permission that is of no other use.
 */
async function writeParts(
  client: S3Client,
  uri: string,
  options: { readonly chunks: AsyncIterable<Uint8Array>; readonly contentType?: string },
): Promise<{ readonly sizeBytes: number }> {
  const { contentType } = options;
  let upload: PartUpload | null = null;
  let sizeBytes = 0;
  for await (const { bytes, isLast } of partsOf(options.chunks)) {
    sizeBytes += bytes.length;
    if (isLast && upload === null) {
      await putObject(client, uri, {
        body: bytes,
        ...(contentType === undefined ? {} : { contentType }),
      });
      return { sizeBytes };
    }
    upload ??= await beginUpload(client, uri, contentType);
    if (bytes.length > 0) await upload.add(bytes);
  }
  await upload?.complete();
  return { sizeBytes };
}

interface PartUpload {
  add(bytes: Uint8Array): Promise<void>;
  complete(): Promise<void>;
}

async function beginUpload(
  client: S3Client,
  uri: string,
  contentType: string | undefined,
): Promise<PartUpload> {
  const location = parseS3Uri(uri);
  const send = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw asUnavailable('write', uri, error);
    }
  };
  const { UploadId } = await send(() =>
    client.send(
      new CreateMultipartUploadCommand({
        ...location,
        ...(contentType === undefined ? {} : { ContentType: contentType }),
      }),
    ),
  );
  const parts: { readonly PartNumber: number; readonly ETag: string | undefined }[] = [];
  return {
    add: async (bytes) => {
      const PartNumber = parts.length + 1;
      const { ETag } = await send(() =>
        client.send(new UploadPartCommand({ ...location, UploadId, PartNumber, Body: bytes })),
      );
      parts.push({ PartNumber, ETag });
    },
    complete: async () => {
      await send(() =>
        client.send(
          new CompleteMultipartUploadCommand({
            ...location,
            UploadId,
            MultipartUpload: { Parts: parts },
          }),
        ),
      );
    },
  };
}

/** Chunks of any size as parts of one size, the last one smaller. */
async function* partsOf(
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<{ readonly bytes: Uint8Array; readonly isLast: boolean }> {
  let held: Uint8Array[] = [];
  let heldBytes = 0;
  for await (const chunk of chunks) {
    for (let from = 0; from < chunk.length; ) {
      const piece = chunk.subarray(from, from + PART_BYTES - heldBytes);
      held.push(Uint8Array.from(piece));
      heldBytes += piece.length;
      from += piece.length;
      if (heldBytes < PART_BYTES) continue;
      yield { bytes: Buffer.concat(held), isLast: false };
      held = [];
      heldBytes = 0;
    }
  }
  yield { bytes: Buffer.concat(held), isLast: true };
}
