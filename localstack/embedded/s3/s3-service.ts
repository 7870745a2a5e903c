import { randomUUID } from 'node:crypto';
import { closeSync, readFile } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { promisify } from 'node:util';
import { missingKeyRefusal } from '#embedded/gateway/missing-key-check.ts';
import type { BucketConfig, EmbeddedS3Service, ObjectFile, S3Service } from '#embedded/services.ts';
import { findOperation } from './operation-table.ts';
import { setBucket } from './operations/bucket-operations.ts';
import { isReadable, openContents } from './operations/get-object.ts';
import { writePrecondition } from './protocol/conditions.ts';
import { internalCause } from './protocol/event-cause.ts';
import { refuseUnsupportedHeaders, storedHeaders } from './protocol/object-headers.ts';
import { errorDocument, S3Error } from './protocol/s3-error.ts';
import { parseS3Request, requireKey } from './protocol/s3-request.ts';
import { type S3Response, sendResponse } from './protocol/s3-response.ts';
import { compareUtf8, partitionPoint } from './protocol/utf8-order.ts';
import { type EventSink, sendEvents } from './send-events.ts';
import type { WrittenBlob } from './store/blob-files.ts';
import type { ObjectVersion } from './store/index-record.ts';
import { openS3Store, requireBucket, type S3Store } from './store/s3-store.ts';
import { putVersion } from './store/versions.ts';

/** How long `close` waits for requests in flight before it cuts them off. */
const CLOSE_GRACE_MS = 2000;
const readDescriptor = promisify<number, Buffer>(readFile);

export interface S3Options {
  /** Folder of this service alone; created when missing. */
  readonly stateDir: string;
  /**
   * Milliseconds since the epoch.
   * @default Date.now
   */
  readonly nowMs?: () => number;
}

/**
 * Amazon S3 on a folder. What was acknowledged survives SIGKILL; what was not is there whole or not at all.
 * Throws FORMAT_CORRUPT when the folder is damaged. One process at a time: whoever opens the folder holds a lock
 * of its own (the DynamoDB folder next to it has one, so that service is opened first).
 */
export function openS3Service(options: S3Options): EmbeddedS3Service {
  const store = openS3Store({ stateDir: options.stateDir, nowMs: options.nowMs ?? Date.now });
  const inFlight = new Map<ServerResponse, Promise<void>>();
  let isClosing = false;
  let stopEvents = (): void => undefined;
  return {
    handle(request, response) {
      if (isClosing) return answerClosing(request, response);
      const done = answer(store, request, response).finally(() => inFlight.delete(response));
      inFlight.set(response, done);
      return done;
    },
    async close() {
      if (isClosing) return;
      isClosing = true;
      const cutOff = setTimeout(() => {
        for (const response of inFlight.keys()) response.destroy();
      }, CLOSE_GRACE_MS);
      await Promise.allSettled(inFlight.values());
      clearTimeout(cutOff);
      stopEvents();
      store.close();
    },
    ensureBucket: (bucket) => ensureBucket(store, bucket),
    sendEventsTo: (sink: EventSink) => {
      stopEvents();
      stopEvents = sendEvents(store, sink);
    },
    hasBucket: (name) => store.index.bucket(name) !== null,
    objectFile: (bucket, key) => objectFile(store, bucket, key),
    getObject: (bucket, key) => readContents(store, bucket, key),
    putObject: (bucket, key, contents) => putContents(store, { bucket, key }, contents),
    listObjects: (bucket, prefix) => listAll(store, bucket, prefix),
  };
}

async function answer(
  store: S3Store,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const requestId = randomUUID();
  const method = request.method ?? 'GET';
  try {
    const result = await runOperation(store, request, requestId);
    await sendResponse(response, result, { method, requestId });
  } catch {
    // The client is gone, or a content file failed half-way through: a cut-off body is the only honest answer left.
    response.destroy();
  } finally {
    // What an error left unread of the body would block the next request on this connection.
    request.resume();
  }
}

async function runOperation(
  store: S3Store,
  request: IncomingMessage,
  requestId: string,
): Promise<S3Response> {
  try {
    const parsed = parseS3Request(request, store.nowMs());
    refuseUnsupportedHeaders(parsed.headers);
    return await findOperation(parsed)(store, { ...parsed, requestId });
  } catch (error) {
    return errorResponse(error, { request, requestId });
  }
}

function errorResponse(
  error: unknown,
  context: { readonly request: IncomingMessage; readonly requestId: string },
): S3Response {
  const message = error instanceof Error ? error.message : String(error);
  const failure = hideMissingKey(
    error instanceof S3Error ? error : new S3Error(500, 'InternalError', { message }),
    context.request,
  );
  const resource = (context.request.url ?? '/').split('?')[0] ?? '/';
  return {
    status: failure.status,
    headers: { 'content-type': 'application/xml', ...failure.headers },
    body: errorDocument(failure, { resource, requestId: context.requestId }),
  };
}

/** Who may not list a bucket is not told which keys it lacks. */
function hideMissingKey(failure: S3Error, request: IncomingMessage): S3Error {
  const message = failure.code === 'NoSuchKey' ? missingKeyRefusal(request) : null;
  return message === null ? failure : new S3Error(403, 'AccessDenied', { message });
}

async function answerClosing(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const requestId = randomUUID();
  const error = new S3Error(503, 'ServiceUnavailable', { message: 'the local cloud is stopping' });
  const result = errorResponse(error, { request, requestId });
  await sendResponse(response, result, { method: request.method ?? 'GET', requestId });
  request.resume();
}

function ensureBucket(store: S3Store, bucket: BucketConfig): void {
  if (store.index.bucket(bucket.name)?.versioned === true && !bucket.versioned) {
    throw new Error(
      `bucket ${bucket.name}: property VersioningConfiguration was removed, but versioning cannot be switched off again; keep it or name another bucket`,
    );
  }
  setBucket(store, { ...bucket, sendsEvents: bucket.sendsEvents ?? false });
}

function objectFile(store: S3Store, bucket: string, key: string): ObjectFile | null {
  const object = store.index.current(bucket, key);
  if (object === null || !isReadable(object)) return null;
  const { sizeBytes, etag, modifiedMs } = object;
  return { path: store.blobs.pathOf(object.blob), sizeBytes, etag, modifiedMs };
}

async function readContents(store: S3Store, bucket: string, key: string): Promise<Buffer | null> {
  const object = store.index.current(bucket, key);
  if (object === null || !isReadable(object)) return null;
  const contents = openContents(store, object, { start: 0, end: object.sizeBytes - 1 });
  if (Buffer.isBuffer(contents)) return contents;
  try {
    return await readDescriptor(contents.descriptor);
  } finally {
    closeSync(contents.descriptor);
  }
}

async function putContents(
  store: S3Store,
  target: { readonly bucket: string; readonly key: string },
  contents: Parameters<S3Service['putObject']>[2],
): Promise<boolean> {
  requireBucket(store, target.bucket);
  requireKey(target.key);
  const headers = storedHeaders({ 'content-type': contents.contentType });
  const precondition = writePrecondition({ 'if-none-match': contents.ifNoneMatch });
  const { blob, sizeBytes, md5 } = await writeBlob(store, contents.body);
  try {
    const draft = { ...target, blob, sizeBytes, etag: md5.toString('hex'), headers };
    putVersion(
      store,
      { ...draft, checksum: null },
      { precondition, cause: internalCause(randomUUID()) },
    );
    return true;
  } catch (error) {
    if (error instanceof S3Error && error.code === 'PreconditionFailed') return false;
    throw error;
  }
}

async function writeBlob(store: S3Store, body: Uint8Array): Promise<WrittenBlob> {
  const writer = store.blobs.startWriter();
  try {
    // A copy: the caller may reuse its buffer before the write is done.
    await writer.write(Buffer.from(body));
    return await writer.finish();
  } catch (error) {
    await writer.discard();
    throw error;
  }
}

function listAll(
  store: S3Store,
  bucket: string,
  prefix: string,
): readonly Pick<ObjectVersion, 'key' | 'sizeBytes' | 'modifiedMs'>[] {
  requireBucket(store, bucket);
  const keys = store.index.sortedKeys(bucket);
  const objects: ObjectVersion[] = [];
  for (
    let position = partitionPoint(keys, (key) => compareUtf8(key, prefix) < 0);
    keys[position]?.startsWith(prefix);
    position += 1
  ) {
    const object = store.index.current(bucket, keys[position] ?? '');
    if (object !== null) objects.push(object);
  }
  return objects;
}
