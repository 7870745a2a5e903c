import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { AwsError, readBody } from '#embedded/gateway/json-protocol.ts';
import { type LambdaFunctionConfig, LOCAL_ACCOUNT } from '#embedded/services.ts';
import { listMappings, serveMappingApi } from './event-source/mapping-api.ts';
import { isLatest } from './function-name.ts';
import {
  functionNotFound,
  isThrottle,
  type LambdaFunctions,
  requestTooLarge,
} from './lambda-functions.ts';
import { listQueueMappings, serveQueueMappingApi } from './queue-source/queue-mapping-api.ts';
import { MAX_REQUEST_BYTES } from './sandbox/invocation-outcome.ts';
import { FUNCTION_VERSION, RUNTIME } from './sandbox/sandbox-environment.ts';

/** Payload limit of an asynchronous invocation. Source: Lambda quotas (raised from 256 KB in October 2025). */
const MAX_EVENT_BYTES = 1_048_576;
const MAX_PAGE = 10_000;
const API_PREFIX = '/2015-03-31';

interface ApiCall {
  readonly method: string;
  /** Decoded parts of the path behind the API version. */
  readonly parts: readonly string[];
  readonly query: URLSearchParams;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/** Invoke, GetFunction, ListFunctions and event source mappings; everything else answers 501. Source: Lambda API reference. */
export async function serveControlApi(
  functions: LambdaFunctions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    const call = parseCall(request, response);
    await route(functions, call);
  } catch (error) {
    const failure =
      error instanceof AwsError
        ? error
        : new AwsError('ServiceException', String((error as Error)?.message ?? error), 500);
    const type = failure.status >= 500 ? 'Service' : 'User';
    const headers = { 'x-amzn-errortype': failure.code };
    const reason = isThrottle(failure)
      ? { Reason: 'ReservedFunctionConcurrentInvocationLimitExceeded' }
      : {};
    const body = { ...reason, Type: type, Message: failure.message };
    send(response, failure.status, { headers, body });
  }
}

function parseCall(request: IncomingMessage, response: ServerResponse): ApiCall {
  const url = new URL(request.url ?? '/', 'http://localhost');
  const method = request.method ?? 'GET';
  if (!url.pathname.startsWith(`${API_PREFIX}/`)) throw notEmulated(method, url.pathname);
  let parts: string[];
  try {
    parts = url.pathname
      .slice(API_PREFIX.length + 1)
      .split('/')
      .map(decodeURIComponent);
  } catch {
    throw new AwsError('InvalidParameterValueException', 'the path is not valid percent-encoding');
  }
  if (parts.at(-1) === '') parts.pop();
  return { method, parts, query: url.searchParams, request, response };
}

async function route(functions: LambdaFunctions, call: ApiCall): Promise<void> {
  const [resource, name, action, ...rest] = call.parts;
  const isGet = call.method === 'GET' && rest.length === 0;
  if (resource === 'functions' && name !== undefined && rest.length === 0) {
    if (call.method === 'POST' && action === 'invocations') return invoke(functions, call, name);
    if (isGet && action === undefined) return getFunction(functions, call, name);
  }
  if (isGet && name === undefined && resource === 'functions')
    return listFunctions(functions, call);
  if (resource === 'event-source-mappings' && action === undefined) {
    const isServed = await serveMappings(functions, call, name);
    if (isServed) return;
  }
  throw notEmulated(call.method, call.parts.join('/'));
}

function notEmulated(method: string, resource: string): AwsError {
  return new AwsError(
    'NotImplemented',
    `the local cloud does not emulate ${method} ${resource} of Lambda; it has Invoke, GetFunction, ListFunctions and event source mappings`,
    501,
  );
}

function requireFunction(
  functions: LambdaFunctions,
  call: ApiCall,
  nameOrArn: string,
): LambdaFunctionConfig {
  const config = functions.find(nameOrArn);
  const qualifier = call.query.get('Qualifier') ?? undefined;
  if (config !== null && isLatest(qualifier)) return config;
  throw functionNotFound(nameOrArn);
}

async function invoke(functions: LambdaFunctions, call: ApiCall, name: string): Promise<void> {
  const { name: functionName } = requireFunction(functions, call, name);
  const type = String(call.request.headers['x-amz-invocation-type'] ?? 'RequestResponse');
  const payload = await readPayload(
    call.request,
    type === 'Event' ? MAX_EVENT_BYTES : MAX_REQUEST_BYTES,
  );
  const versionHeader = { 'x-amz-executed-version': FUNCTION_VERSION };
  if (type === 'DryRun') return send(call.response, 204, { headers: versionHeader });
  if (type === 'Event') {
    functions.invokeLater(functionName, payload);
    return send(call.response, 202, {});
  }
  if (type !== 'RequestResponse') {
    const message = `Value '${type}' at 'invocationType' failed to satisfy constraint: Member must satisfy enum value set: [Event, RequestResponse, DryRun]`;
    throw new AwsError('InvalidParameterValueException', message);
  }
  const { outcome, logTail } = await functions.invoke(functionName, payload);
  const wantsLog = String(call.request.headers['x-amz-log-type'] ?? '').toLowerCase() === 'tail';
  const headers: Record<string, string> = {
    ...versionHeader,
    'x-amzn-requestid': outcome.requestId,
    ...(outcome.kind === 'error' ? { 'x-amz-function-error': 'Unhandled' } : {}),
    ...(wantsLog ? { 'x-amz-log-result': Buffer.from(logTail).toString('base64') } : {}),
  };
  send(call.response, 200, { headers, body: outcome.payload });
}

/** The body, or an empty event when there is none. */
async function readPayload(request: IncomingMessage, limitBytes: number): Promise<Buffer> {
  let payload: Buffer;
  try {
    payload = await readBody(request, limitBytes);
  } catch (error) {
    if (error instanceof AwsError && error.status === 413) throw requestTooLarge(limitBytes);
    throw error;
  }
  if (payload.length === 0) return Buffer.from('{}');
  try {
    JSON.parse(payload.toString('utf8'));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const message = `Could not parse request body into json: ${reason}`;
    throw new AwsError('InvalidRequestContentException', message);
  }
  return payload;
}

function getFunction(functions: LambdaFunctions, call: ApiCall, name: string): void {
  const config = requireFunction(functions, call, name);
  const body = {
    Configuration: describeFunction(config),
    Code: { RepositoryType: 'S3', Location: `file://${config.codeDir}` },
  };
  send(call.response, 200, { body });
}

function listFunctions(functions: LambdaFunctions, call: ApiCall): void {
  const { page, nextMarker } = pageOf(functions.list(), call.query);
  const body = { Functions: page.map(describeFunction), NextMarker: nextMarker };
  send(call.response, 200, { body });
}

/** Returns false for a call that is not emulated. */
async function serveMappings(
  functions: LambdaFunctions,
  call: ApiCall,
  mappingId: string | undefined,
): Promise<boolean> {
  const { method, query, request, response } = call;
  const mappings = functions.eventSourceMappings();
  if (mappings === null) return false;
  const queueMappings = functions.queueMappings();
  if (method === 'GET' && mappingId === undefined) {
    const ofQueues =
      queueMappings === null ? [] : listQueueMappings(functions, queueMappings, query);
    const all = [...listMappings(functions, mappings, query), ...ofQueues];
    const { page, nextMarker } = pageOf(all, query);
    send(response, 200, { body: { EventSourceMappings: page, NextMarker: nextMarker } });
    return true;
  }
  const mappingCall = { method, mappingId, query, request };
  const ofQueue =
    queueMappings === null
      ? null
      : await serveQueueMappingApi(functions, queueMappings, mappingCall);
  const answer = ofQueue ?? (await serveMappingApi(functions, mappings, mappingCall));
  if (answer !== null) send(response, answer.status, { body: answer.body });
  return answer !== null;
}

/** A marker is the number of entries before the page. */
function pageOf<T>(
  entries: readonly T[],
  query: URLSearchParams,
): { readonly page: readonly T[]; readonly nextMarker: string | undefined } {
  const start = readNumber(query, 'Marker', { min: 0, fallback: 0 });
  const size = readNumber(query, 'MaxItems', { min: 1, fallback: MAX_PAGE });
  const end = start + size;
  const nextMarker = end < entries.length ? String(end) : undefined;
  return { page: entries.slice(start, end), nextMarker };
}

function readNumber(
  query: URLSearchParams,
  name: string,
  options: { readonly min: number; readonly fallback: number },
): number {
  const text = query.get(name);
  if (text === null) return options.fallback;
  const value = Number(text);
  if (!Number.isInteger(value) || value < options.min || value > MAX_PAGE) {
    const message = `${name} is ${text}, expected a whole number from ${options.min} to ${MAX_PAGE}`;
    throw new AwsError('InvalidParameterValueException', message);
  }
  return value;
}

function describeFunction(config: LambdaFunctionConfig): unknown {
  return {
    FunctionName: config.name,
    FunctionArn: config.arn,
    Runtime: RUNTIME,
    Role: config.roleArn ?? `arn:aws:iam::${LOCAL_ACCOUNT}:role/${config.name}`,
    Handler: config.handler,
    Timeout: config.timeoutMs / 1000,
    MemorySize: config.memoryMb,
    Environment: { Variables: config.environment },
    Version: FUNCTION_VERSION,
    PackageType: 'Zip',
    State: 'Active',
    LastUpdateStatus: 'Successful',
  };
}

function send(
  response: ServerResponse,
  status: number,
  options: { readonly headers?: Record<string, string>; readonly body?: unknown },
): void {
  const { body } = options;
  const bytes = Buffer.isBuffer(body)
    ? body
    : Buffer.from(body === undefined ? '' : JSON.stringify(body));
  response.writeHead(status, {
    'content-type': 'application/json',
    'x-amzn-requestid': randomUUID(),
    ...options.headers,
    ...(status === 204 ? {} : { 'content-length': bytes.length }),
  });
  response.end(bytes);
}
