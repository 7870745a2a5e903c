import { closeSync, createReadStream } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { xmlDocument } from '#embedded/gateway/xml.ts';

/** Part of an open content file; whoever sends the response closes the descriptor. */
export interface FileSlice {
  readonly descriptor: number;
  readonly start: number;
  /** Inclusive. */
  readonly end: number;
}

/** What an operation answers. */
export interface S3Response {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string | number>>;
  readonly body?: string | Buffer | FileSlice;
}

const S3_NAMESPACE = 'http://s3.amazonaws.com/doc/2006-03-01/';
const READ_CHUNK_BYTES = 1024 * 1024;

/** A 200 answer with an XML document in the S3 namespace. */
export function xmlResponse(
  rootName: string,
  children: readonly string[],
  options: { readonly headers?: Readonly<Record<string, string>> } = {},
): S3Response {
  const body = xmlDocument(rootName, children, { namespace: S3_NAMESPACE });
  return { status: 200, headers: { 'content-type': 'application/xml', ...options.headers }, body };
}

/** Sends an answer; a HEAD request gets the headers of the body only. Rejects when the client is gone. */
export async function sendResponse(
  target: ServerResponse,
  answer: S3Response,
  options: { readonly method: string; readonly requestId: string },
): Promise<void> {
  const { body } = answer;
  const bytes = typeof body === 'string' ? Buffer.from(body) : body;
  const headers = { ...answer.headers, 'x-amz-request-id': options.requestId };
  if (bytes !== undefined && !Buffer.isBuffer(bytes)) {
    await sendSlice(target, bytes, { ...options, status: answer.status, headers });
    return;
  }
  // 204 and 304 have no body and no length; a HEAD answer carries the length the operation gave it.
  const hasLength = answer.status !== 204 && answer.status !== 304 && options.method !== 'HEAD';
  const length = hasLength ? { 'content-length': bytes?.length ?? 0 } : {};
  target.writeHead(answer.status, { ...headers, ...length });
  target.end(hasLength ? bytes : undefined);
}

async function sendSlice(
  target: ServerResponse,
  slice: FileSlice,
  head: {
    readonly method: string;
    readonly status: number;
    readonly headers: Readonly<Record<string, string | number>>;
  },
): Promise<void> {
  try {
    target.writeHead(head.status, {
      ...head.headers,
      'content-length': slice.end - slice.start + 1,
    });
  } catch (error) {
    closeSync(slice.descriptor);
    throw error;
  }
  const file = createReadStream('', {
    fd: slice.descriptor,
    start: slice.start,
    end: slice.end,
    highWaterMark: READ_CHUNK_BYTES,
  });
  await pipeline(file, target);
}
