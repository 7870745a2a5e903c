import type { IncomingMessage } from 'node:http';
import { signingScopeOf } from './signing-scope.ts';

/** The emulated services, named as their signing scope names them. */
export const SERVICE_NAMES = [
  'kinesis',
  'kafka',
  'dynamodb',
  'glue',
  'athena',
  's3',
  'lambda',
  'monitoring',
  'sqs',
  'events',
  'secretsmanager',
  'ssm',
  'sts',
] as const;

export type ServiceName = (typeof SERVICE_NAMES)[number];

/** How a client wants its errors written. */
export type WireProtocol = 'json' | 'query-xml' | 's3-xml';

export type Route =
  | { readonly kind: 'service'; readonly service: ServiceName; readonly protocol: WireProtocol }
  | { readonly kind: 'health' }
  | { readonly kind: 'calls' }
  /** Of an HTTP API, which checks signatures and permissions by itself. */
  | { readonly kind: 'http-api' }
  | { readonly kind: 'unknown-service'; readonly name: string; readonly protocol: WireProtocol }
  | { readonly kind: 'unsigned'; readonly protocol: WireProtocol }
  | { readonly kind: 'malformed-signature'; readonly protocol: WireProtocol };

/** Underscores cannot start a bucket name, so this path can never be an object. */
export const HEALTH_PATH = '/_sluice/health';
/** Who called what, and what was denied. */
export const CALLS_PATH = '/_sluice/calls';
/** Below it every HTTP API has its own path: `/_aws/execute-api/<apiId>/…`. */
export const EXECUTE_API_PREFIX = '/_aws/execute-api/';

const SERVICE_OF_TARGET_PREFIX: Readonly<Record<string, ServiceName>> = {
  Kinesis_20131202: 'kinesis',
  DynamoDB_20120810: 'dynamodb',
  AWSGlue: 'glue',
  AmazonAthena: 'athena',
  GraniteServiceVersion20100801: 'monitoring',
  AmazonSQS: 'sqs',
  AWSEvents: 'events',
  secretsmanager: 'secretsmanager',
  AmazonSSM: 'ssm',
};
const LAMBDA_PATH = /^\/20\d\d-\d\d-\d\d\/(functions|event-source-mappings)(\/|$)/;

/**
 * Decides which service a request is for. `X-Amz-Target` names it in the AWS JSON protocol, the
 * signature's credential scope everywhere else; the path decides only for unsigned Lambda calls.
 */
export function routeRequest(request: IncomingMessage): Route {
  const url = request.url ?? '/';
  const queryStart = url.indexOf('?');
  const path = queryStart < 0 ? url : url.slice(0, queryStart);
  if (path === HEALTH_PATH) return { kind: 'health' };
  if (path === CALLS_PATH) return { kind: 'calls' };
  if (path.startsWith(EXECUTE_API_PREFIX)) return { kind: 'http-api' };
  const target = request.headers['x-amz-target'];
  if (target !== undefined) return routeTarget(String(target));
  const query = new URLSearchParams(queryStart < 0 ? '' : url.slice(queryStart + 1));
  const scope = signingScopeOf(request.headers, query);
  if (scope.kind === 'signed') return routeScope(request, scope.service);
  if (LAMBDA_PATH.test(path)) return { kind: 'service', service: 'lambda', protocol: 'json' };
  const protocol = protocolOfContent(request, 's3-xml');
  return scope.kind === 'malformed'
    ? { kind: 'malformed-signature', protocol }
    : { kind: 'unsigned', protocol };
}

function routeTarget(target: string): Route {
  const prefix = target.split('.')[0] ?? '';
  const service = Object.hasOwn(SERVICE_OF_TARGET_PREFIX, prefix)
    ? SERVICE_OF_TARGET_PREFIX[prefix]
    : undefined;
  return service === undefined
    ? { kind: 'unknown-service', name: prefix, protocol: 'json' }
    : { kind: 'service', service, protocol: 'json' };
}

function routeScope(request: IncomingMessage, scopeService: string): Route {
  const service = SERVICE_NAMES.find((name) => name === scopeService);
  if (service === undefined) {
    const protocol = protocolOfContent(request, 'json');
    return { kind: 'unknown-service', name: scopeService, protocol };
  }
  const fallback = service === 's3' ? 's3-xml' : 'json';
  return { kind: 'service', service, protocol: protocolOfContent(request, fallback) };
}

/** Form-encoded bodies are the query protocol, `json` media types the JSON protocols. */
function protocolOfContent(request: IncomingMessage, fallback: WireProtocol): WireProtocol {
  const contentType = request.headers['content-type'] ?? '';
  if (fallback !== 's3-xml' && contentType.startsWith('application/x-www-form-urlencoded')) {
    return 'query-xml';
  }
  return contentType.startsWith('application/x-amz-json') ? 'json' : fallback;
}
