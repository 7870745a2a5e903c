import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';

/** An error as the AWS JSON protocol carries it: HTTP status, `__type`, `message`. */
export class AwsError extends Error {
  readonly code: string;
  readonly status: number;
  /** Further members of the body, for a service that has them. */
  readonly members: Readonly<Record<string, unknown>> = {};

  constructor(code: string, message: string, status = 400) {
    super(message);
    this.code = code;
    this.status = status;
  }
}

/** One operation: parsed JSON in, JSON out (undefined = empty body). */
export type JsonOperation = (input: Record<string, unknown>) => unknown;

/** Largest request body any emulated JSON service takes (PutRecords: 10 MiB since 2025, base64 and framing on top). */
export const MAX_JSON_BODY_BYTES = 32 * 1024 * 1024;

/** Bodies that had to be read before their service's turn. */
const READ_BODIES = new WeakMap<IncomingMessage, Buffer>();

/** As readBody; the next one to read the body gets the same bytes. */
export async function readBodyAhead(request: IncomingMessage, limitBytes: number): Promise<Buffer> {
  const body = await readBody(request, limitBytes);
  READ_BODIES.set(request, body);
  return body;
}

/** Reads a whole body; throws RequestEntityTooLarge beyond `limitBytes`. */
export async function readBody(request: IncomingMessage, limitBytes: number): Promise<Buffer> {
  const read = READ_BODIES.get(request);
  if (read !== undefined) {
    checkSize(read.length, limitBytes);
    return read;
  }
  const chunks: Buffer[] = [];
  let length = 0;
  // Leaving the loop early must not destroy the connection: the client is to read the error.
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    const bytes = chunk as Buffer;
    length += bytes.length;
    checkSize(length, limitBytes);
    chunks.push(bytes);
  }
  return Buffer.concat(chunks, length);
}

function checkSize(length: number, limitBytes: number): void {
  if (length <= limitBytes) return;
  const message = `request body exceeds ${limitBytes} bytes`;
  throw new AwsError('RequestEntityTooLargeException', message, 413);
}

/**
 * Serves `X-Amz-Target: <prefix>.<Operation>` requests of the AWS JSON protocol.
 * An operation that is not in the table answers UnknownOperationException: nothing is guessed.
 * Source: Smithy, AWS JSON 1.1 protocol.
 */
export async function serveJson(
  operations: Readonly<Record<string, JsonOperation>>,
  request: IncomingMessage,
  options: {
    readonly response: ServerResponse;
    readonly contentType: 'application/x-amz-json-1.0' | 'application/x-amz-json-1.1';
  },
): Promise<void> {
  const { response, contentType } = options;
  const name =
    String(request.headers['x-amz-target'] ?? '')
      .split('.')
      .at(-1) ?? '';
  try {
    const operation = Object.hasOwn(operations, name) ? operations[name] : undefined;
    if (operation === undefined)
      throw new AwsError('UnknownOperationException', `the local cloud does not emulate ${name}`);
    const body = await readBody(request, MAX_JSON_BODY_BYTES);
    const output = await operation(parseObject(body));
    writeJson(response, 200, output, contentType);
  } catch (error) {
    const failure =
      error instanceof AwsError
        ? error
        : new AwsError('InternalFailure', String((error as Error)?.message ?? error), 500);
    writeJson(
      response,
      failure.status,
      { __type: failure.code, message: failure.message, ...failure.members },
      contentType,
    );
  }
}

/** Throws SerializationException for anything but a JSON object; nothing is an empty one. */
export function parseObject(body: Buffer): Record<string, unknown> {
  if (body.length === 0) return {};
  let value: unknown;
  try {
    value = JSON.parse(body.toString('utf8'));
  } catch {
    throw new AwsError('SerializationException', 'request body is not JSON');
  }
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    throw new AwsError('SerializationException', 'request body is not a JSON object');
  }
  return value as Record<string, unknown>;
}

function writeJson(
  response: ServerResponse,
  status: number,
  output: unknown,
  contentType: string,
): void {
  const body = Buffer.from(output === undefined ? '' : JSON.stringify(output));
  response.writeHead(status, {
    'content-type': contentType,
    'content-length': body.length,
    'x-amzn-requestid': randomUUID(),
  });
  response.end(body);
}
