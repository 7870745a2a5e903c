import type { IncomingMessage } from 'node:http';
import { AwsError, readBody } from '#embedded/gateway/json-protocol.ts';
import type { EventSourceMappings, EventSourceMappingView } from '#embedded/services.ts';
import { functionNameOf } from '../function-name.ts';
import type { LambdaFunctions } from '../lambda-functions.ts';
import {
  invalidParameter,
  type MappingRequest,
  readChanges,
  readNewMapping,
} from './mapping-request.ts';
import { describeMapping } from './mapping-view.ts';

const MAX_BODY_BYTES = 1024 * 1024;

export interface MappingCall {
  readonly method: string;
  /** UUID of the path; undefined for the collection. */
  readonly mappingId: string | undefined;
  readonly query: URLSearchParams;
  readonly request: IncomingMessage;
}

export interface MappingAnswer {
  readonly status: number;
  readonly body: unknown;
}

/**
 * CreateEventSourceMapping, GetEventSourceMapping, UpdateEventSourceMapping and DeleteEventSourceMapping; null for any
 * other call. Changes are accepted with 202 and show their state. Source: Lambda API reference.
 */
export async function serveMappingApi(
  functions: LambdaFunctions,
  mappings: EventSourceMappings,
  call: MappingCall,
): Promise<MappingAnswer | null> {
  const { method, mappingId, request } = call;
  const answer = (status: number, view: EventSourceMappingView): MappingAnswer => ({
    status,
    body: describe(functions, view),
  });
  if (mappingId === undefined) {
    if (method !== 'POST') return null;
    const body = await readRequest(request);
    const name = requireFunctionName(functions, body);
    return answer(202, createMapping(mappings, body, name));
  }
  if (method === 'GET') return answer(200, requireView(mappings, mappingId));
  if (method === 'DELETE') return answer(202, mappings.delete(mappingId));
  if (method !== 'PUT') return null;
  const body = await readRequest(request);
  requireView(mappings, mappingId);
  const functionName =
    (body['FunctionName'] ?? null) === null
      ? {}
      : { functionName: requireFunctionName(functions, body) };
  return answer(202, mappings.update(mappingId, { ...readChanges(body), ...functionName }));
}

/** The mappings of a stream, of a function, or all, as ListEventSourceMappings shows them. */
export function listMappings(
  functions: LambdaFunctions,
  mappings: EventSourceMappings,
  query: URLSearchParams,
): readonly unknown[] {
  const streamArn = query.get('EventSourceArn');
  const wanted = query.get('FunctionName');
  const functionName = wanted === null ? null : functionNameOf(wanted);
  return mappings
    .views()
    .filter(({ config }) => streamArn === null || config.streamArn === streamArn)
    .filter(({ config }) => wanted === null || config.functionName === functionName)
    .map((view) => describe(functions, view));
}

function describe(functions: LambdaFunctions, view: EventSourceMappingView): unknown {
  return describeMapping(view, functions.find(view.config.functionName)?.arn);
}

function createMapping(
  mappings: EventSourceMappings,
  body: MappingRequest,
  functionName: string,
): EventSourceMappingView {
  const config = readNewMapping(body, functionName);
  try {
    return mappings.create(config);
  } catch (error) {
    const isMissing = error instanceof AwsError && error.code === 'ResourceNotFoundException';
    if (!isMissing) throw error;
    throw invalidParameter(`Stream not found: ${config.streamArn}`);
  }
}

function requireView(mappings: EventSourceMappings, mappingId: string): EventSourceMappingView {
  const view = mappings.views().find(({ config }) => config.id === mappingId);
  if (view !== undefined) return view;
  const message = 'The resource you requested does not exist.';
  throw new AwsError('ResourceNotFoundException', message, 404);
}

/** The plain name of the function that a request names. */
export function requireFunctionName(functions: LambdaFunctions, body: MappingRequest): string {
  const wanted = body['FunctionName'];
  const config = typeof wanted === 'string' ? functions.find(wanted) : null;
  if (config === null) throw invalidParameter('Function does not exist');
  return config.name;
}

export async function readRequest(request: IncomingMessage): Promise<MappingRequest> {
  const body = await readBody(request, MAX_BODY_BYTES);
  let value: unknown;
  try {
    value = JSON.parse(body.toString('utf8') || '{}');
  } catch {
    throw new AwsError('InvalidRequestContentException', 'Could not parse request body into json');
  }
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    throw new AwsError('InvalidRequestContentException', 'the request body is not a JSON object');
  }
  return value as MappingRequest;
}
