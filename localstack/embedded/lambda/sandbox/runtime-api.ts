import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { LambdaOutcome } from '#embedded/services.ts';
import {
  type InvocationError,
  MAX_RESPONSE_BYTES,
  reportedError,
  responseTooLarge,
} from './invocation-outcome.ts';

/** What `GET /invocation/next` hands to the runtime. */
export interface RuntimeInvocation {
  readonly requestId: string;
  readonly functionArn: string;
  /** Epoch milliseconds at which the time is out. */
  readonly deadlineMs: number;
  readonly payload: Buffer;
}

/** A body that the runtime sent; `bytes` is null when it was larger than a response may be. */
export interface RuntimeBody {
  readonly bytes: Buffer | null;
  readonly sizeBytes: number;
  readonly errorType: string | undefined;
}

/** The sandbox behind the API. Each method returns false when the runtime's state does not allow the call. */
export interface RuntimeApiHandler {
  next(send: (invocation: RuntimeInvocation) => void): boolean;
  response(requestId: string, body: RuntimeBody): boolean;
  error(requestId: string, body: RuntimeBody): boolean;
  initError(body: RuntimeBody): boolean;
}

export interface RuntimeApi {
  /** `host:port`, the value of AWS_LAMBDA_RUNTIME_API. */
  readonly address: string;
  close(): void;
}

const RUNTIME_PATH =
  /^\/2018-06-01\/runtime\/(?:invocation\/([\w-]+)(?:\/(response|error))?|init\/error)$/;

/**
 * Serves the Lambda Runtime API of one sandbox on a loopback port of its own.
 * Source: AWS Lambda developer guide, "Using the Lambda runtime API for custom runtimes".
 */
export async function listenRuntimeApi(handler: RuntimeApiHandler): Promise<RuntimeApi> {
  // A runtime waits for its next invocation as long as it takes: no time limits.
  const server = createServer({ requestTimeout: 0, keepAliveTimeout: 0 }, (request, response) => {
    request.on('error', () => undefined);
    response.on('error', () => undefined);
    void dispatch(handler, request, response);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    address: `127.0.0.1:${port}`,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

async function dispatch(
  handler: RuntimeApiHandler,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const match = RUNTIME_PATH.exec(request.url ?? '');
  if (match === null) return answer(response, 404, { errorType: 'NotFound' });
  const [, name, action] = match;
  if (request.method === 'GET' && name === 'next' && action === undefined) {
    const isAllowed = handler.next((invocation) => sendInvocation(response, invocation));
    if (!isAllowed) answer(response, 403, { errorType: 'InvalidStateTransition' });
    return;
  }
  if (request.method !== 'POST') return answer(response, 405, { errorType: 'MethodNotAllowed' });
  let body: RuntimeBody;
  try {
    body = await readRuntimeBody(request);
  } catch {
    // The runtime died while it sent: its exit tells the rest.
    response.destroy();
    return;
  }
  const isTaken = deliver(handler, { name, action }, body);
  if (!isTaken) return answer(response, 400, { errorType: 'InvalidRequestID' });
  if (body.bytes === null) return answer(response, 413, { errorType: 'RequestEntityTooLarge' });
  answer(response, 202, { status: 'OK' });
}

function deliver(
  handler: RuntimeApiHandler,
  target: { readonly name: string | undefined; readonly action: string | undefined },
  body: RuntimeBody,
): boolean {
  const { name, action } = target;
  if (name === undefined) return handler.initError(body);
  if (action === 'response') return handler.response(name, body);
  if (action === 'error') return handler.error(name, body);
  return false;
}

async function readRuntimeBody(request: IncomingMessage): Promise<RuntimeBody> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of request) {
    const bytes = chunk as Buffer;
    sizeBytes += bytes.length;
    if (sizeBytes <= MAX_RESPONSE_BYTES) chunks.push(bytes);
    else chunks.length = 0;
  }
  const errorType = request.headers['lambda-runtime-function-error-type'];
  return {
    bytes: sizeBytes <= MAX_RESPONSE_BYTES ? Buffer.concat(chunks) : null,
    sizeBytes,
    errorType: errorType === undefined ? undefined : String(errorType),
  };
}

function sendInvocation(response: ServerResponse, invocation: RuntimeInvocation): void {
  const { payload, requestId, functionArn, deadlineMs } = invocation;
  const seconds = Math.floor(deadlineMs / 1000).toString(16);
  response.writeHead(200, {
    'content-type': 'application/json',
    'content-length': payload.length,
    'lambda-runtime-aws-request-id': requestId,
    'lambda-runtime-deadline-ms': String(deadlineMs),
    'lambda-runtime-invoked-function-arn': functionArn,
    'lambda-runtime-trace-id': `Root=1-${seconds}-${requestId.replaceAll('-', '').slice(0, 24)};Sampled=0`,
  });
  response.end(payload);
}

function answer(response: ServerResponse, status: number, body: unknown): void {
  const bytes = Buffer.from(JSON.stringify(body));
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': bytes.length,
  });
  response.end(bytes);
}

export function readResponse(requestId: string, body: RuntimeBody): LambdaOutcome {
  if (body.bytes === null) return responseTooLarge(requestId, body.sizeBytes);
  return { kind: 'success', payload: body.bytes, requestId };
}

export function readReportedError(requestId: string, body: RuntimeBody): InvocationError {
  if (body.bytes === null) return responseTooLarge(requestId, body.sizeBytes);
  return reportedError(requestId, body.bytes, { errorTypeHeader: body.errorType });
}
