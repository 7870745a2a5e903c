import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { missingKeyRefusal } from '#embedded/gateway/missing-key-check.ts';
import { AwsChunkedDecoder } from '../embedded/s3/protocol/aws-chunked.ts';
import { errorDocument, S3Error } from '../embedded/s3/protocol/s3-error.ts';
import { parseS3Request, type S3Request } from '../embedded/s3/protocol/s3-request.ts';
import { sendResponse } from '../embedded/s3/protocol/s3-response.ts';
import {
  encode,
  type ForwardedRequest,
  type Forwarder,
  passAnswer,
  readAnswer,
} from './forward-request.ts';
import type { ObjectEvents } from './object-created.ts';

/** Framing with a signature per chunk, which only who holds the caller's key could renew. */
const SIGNED_CHUNKS = /^STREAMING-AWS4-HMAC-SHA256-PAYLOAD(-TRAILER)?$/;

export interface S3ForwardDeps {
  readonly forwarder: Forwarder;
  readonly events: Pick<ObjectEvents, 'isAwaited' | 'send'>;
  /** A bucket was created or deleted. */
  readonly onBucketsChanged: () => Promise<void>;
}

/** Sends an S3 request on, its body as it comes, and passes the answer back. */
export async function forwardS3Request(
  request: IncomingMessage,
  response: ServerResponse,
  deps: S3ForwardDeps,
): Promise<void> {
  try {
    const parsed = { ...parseS3Request(request, Date.now()), requestId: randomUUID() };
    const answer = await deps.forwarder.send(toForward(parsed));
    if (answer.statusCode === 404) {
      await passMissing(request, response, answer);
      return;
    }
    if (isBucketChange(parsed)) await deps.onBucketsChanged();
    if (answer.statusCode === 200 && deps.events.isAwaited(parsed)) {
      const body = await readAnswer(answer);
      // The completion of an upload may fail after its 200. Source: API reference, CompleteMultipartUpload.
      if (!body.includes('<Error>')) await deps.events.send(parsed);
      await passAnswer(answer, response, body);
      return;
    }
    await passAnswer(answer, response);
  } catch (error) {
    if (response.headersSent) response.destroy();
    else await sendError(request, response, asS3Error(error));
  } finally {
    // What was left unread of the body would block the next request on this connection.
    request.resume();
  }
}

function toForward(request: S3Request): ForwardedRequest {
  const { method, bucket, key, query, body } = request;
  const path = `/${[bucket, key]
    .flatMap((part) => part?.split('/') ?? [])
    .map(encode)
    .join('/')}`;
  const { contentSha256, chunked } = payloadOf(request.headers);
  const headers = { ...request.headers, 'x-amz-content-sha256': contentSha256 };
  if (!chunked) return { method, path, query, headers, body };
  return {
    method,
    path,
    query,
    // The new framing has another length; what it decodes to has the same.
    headers: { ...headers, 'content-length': undefined },
    body: withoutChunkSignatures(body),
  };
}

/** What the signature says of the body, and whether its chunks are signed. */
function payloadOf(headers: S3Request['headers']): {
  readonly contentSha256: string;
  readonly chunked: boolean;
} {
  const declared = headers['x-amz-content-sha256'];
  if (declared === undefined) return { contentSha256: 'UNSIGNED-PAYLOAD', chunked: false };
  const chunked = SIGNED_CHUNKS.test(declared);
  return { contentSha256: chunked ? 'STREAMING-UNSIGNED-PAYLOAD-TRAILER' : declared, chunked };
}

/** Signed chunks as unsigned ones, with their trailers but that of the signature. */
async function* withoutChunkSignatures(body: IncomingMessage): AsyncGenerator<Buffer> {
  const decoder = new AwsChunkedDecoder();
  for await (const bytes of body.iterator({ destroyOnReturn: false })) {
    for (const piece of decoder.push(bytes as Buffer)) {
      if (piece.length === 0) continue;
      yield Buffer.from(`${piece.length.toString(16)}\r\n`);
      yield piece;
      yield Buffer.from('\r\n');
    }
  }
  decoder.end();
  const trailers = [...decoder.trailers]
    .filter(([name]) => name !== 'x-amz-trailer-signature')
    .map(([name, value]) => `${name}:${value}\r\n`);
  yield Buffer.from(`0\r\n${trailers.join('')}\r\n`);
}

function isBucketChange({ method, bucket, key, query }: S3Request): boolean {
  const isChange = method === 'PUT' || method === 'DELETE';
  return isChange && bucket !== null && key === null && query.size === 0;
}

/** Who may not list a bucket is not told which keys it lacks. */
async function passMissing(
  request: IncomingMessage,
  response: ServerResponse,
  answer: IncomingMessage,
): Promise<void> {
  const body = await readAnswer(answer);
  const isKey = body.length === 0 || body.includes('<Code>NoSuchKey</Code>');
  const message = isKey ? missingKeyRefusal(request) : null;
  if (message === null) await passAnswer(answer, response, body);
  else await sendError(request, response, new S3Error(403, 'AccessDenied', { message }));
}

function asS3Error(error: unknown): S3Error {
  if (error instanceof S3Error) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new S3Error(503, 'ServiceUnavailable', { message });
}

async function sendError(
  request: IncomingMessage,
  response: ServerResponse,
  error: S3Error,
): Promise<void> {
  const requestId = randomUUID();
  const resource = (request.url ?? '/').split('?')[0] ?? '/';
  const result = {
    status: error.status,
    headers: { 'content-type': 'application/xml', ...error.headers },
    body: errorDocument(error, { resource, requestId }),
  };
  await sendResponse(response, result, { method: request.method ?? 'GET', requestId });
}
