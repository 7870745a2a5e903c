import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { AwsError, readBody } from '#embedded/gateway/json-protocol.ts';
import { accessKeyIdOf } from '#embedded/gateway/signing-scope.ts';
import { authenticateRequest } from '#embedded/iam/authenticate-request.ts';
import {
  type HttpApiIntegrationConfig,
  type HttpApiRouteConfig,
  type HttpApiStageConfig,
  type IamService,
  type LambdaService,
  LOCAL_ACCOUNT,
  LOCAL_REGION,
  type MetricsService,
} from '#embedded/services.ts';
import { formatAccessLog } from './access-log.ts';
import { putRequestMetrics } from './api-metrics.ts';
import { invokeIntegration } from './invoke-integration.ts';
import {
  type ApiRequest,
  formatRequestTime,
  type IamCaller,
  proxyEvent,
  readHeaders,
} from './proxy-event.ts';
import { type ApiResponse, gatewayMessage } from './proxy-response.ts';
import { type RouteMatch, selectRoute } from './route-key.ts';
import type { TokenBucket } from './token-bucket.ts';

/** One HTTP API as it is deployed. */
export interface HttpApi {
  readonly id: string;
  readonly integrations: Map<string, HttpApiIntegrationConfig>;
  readonly routes: Map<string, HttpApiRouteConfig>;
  stage: HttpApiStageConfig | null;
  /** By route key; a route without one is not throttled. */
  buckets: Map<string, TokenBucket>;
}

export interface ServeApiDeps {
  readonly lambda: Pick<LambdaService, 'invoke'>;
  readonly iam: Pick<IamService, 'authorize' | 'principalOf' | 'secretOf' | 'sessionTokenOf'>;
  readonly metrics?: MetricsService;
  /** Takes the lines of access logs, by log group. */
  readonly onAccessLog?: (logGroup: string, line: string) => void;
  readonly nowMs: () => number;
}

/** Largest request body. Source: Amazon API Gateway, HTTP API quotas. */
const MAX_BODY_BYTES = 10 * 1024 * 1024;

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Path and query below the API, as sent. */
  readonly target: string;
}

/** How a request ended, with what the access log tells about it. */
interface Handled {
  readonly answer: ApiResponse;
  readonly routeKey: string | null;
  readonly caller?: IamCaller | null;
  readonly integrationMs?: number;
  readonly integrationError?: string | null;
}

/**
 * Serves one request: route, size, signature and permission, throttle, integration. What is refused on the way is
 * answered with API Gateway's own words. Source: Amazon API Gateway, "Working with HTTP APIs".
 */
export async function serveApi(
  deps: ServeApiDeps,
  api: HttpApi | null,
  exchange: Exchange,
): Promise<void> {
  const { request, response } = exchange;
  const startedMs = performance.now();
  const received = readRequest(api?.id ?? '', exchange, deps.nowMs());
  const handled =
    api === null || api.stage === null || received === null
      ? refuse(received === null ? 400 : 404)
      : await handleRequest(deps, { api, stage: api.stage, received, request });
  // What is left of the body would block the next request on this connection.
  request.resume();
  const requestId = received?.requestId ?? newRequestId();
  send(response, handled.answer, requestId);
  if (api === null || received === null) return;
  const latencyMs = Math.round(performance.now() - startedMs);
  report(deps, api, { received, handled, latencyMs });
}

/** Null when the path is no valid percent-encoding. */
function readRequest(
  apiId: string,
  { request, target }: Exchange,
  atMs: number,
): ApiRequest | null {
  const [encodedPath = '', ...query] = target.split('?');
  const sourceIp = request.socket?.remoteAddress ?? '127.0.0.1';
  const traceId = `1-${Math.floor(atMs / 1000).toString(16)}-${randomBytes(12).toString('hex')}`;
  try {
    return {
      apiId,
      stage: '$default',
      requestId: newRequestId(),
      atMs,
      method: request.method ?? 'GET',
      path: decodeURIComponent(encodedPath),
      query: query.join('?'),
      protocol: `HTTP/${request.httpVersion}`,
      sourceIp,
      ...readHeaders(request, { sourceIp, traceId }),
    };
  } catch {
    return null;
  }
}

/** Looks like AWS's: 16 characters of base64. */
function newRequestId(): string {
  return randomBytes(11).toString('base64');
}

interface Handling {
  readonly api: HttpApi;
  readonly stage: HttpApiStageConfig;
  readonly received: ApiRequest;
  readonly request: IncomingMessage;
}

async function handleRequest(deps: ServeApiDeps, handling: Handling): Promise<Handled> {
  const { api, received, request } = handling;
  const match = selectRoute(api.routes.values(), received.method, received.path);
  const integration = match === null ? undefined : api.integrations.get(match.route.integrationId);
  if (match === null || integration === undefined) return refuse(404);
  const { routeKey } = match.route;
  const body = await readWithinLimit(request);
  if (body === null) return refuse(413, routeKey);
  const caller = authorizeCaller(deps, handling, { match, body });
  if (caller === 'denied') return refuse(403, routeKey);
  if (api.buckets.get(routeKey)?.take() === false) return { ...refuse(429, routeKey), caller };
  const startedMs = performance.now();
  const { pathParameters } = match;
  const result = await invokeIntegration(deps, {
    functionArn: integration.functionArn,
    timeoutMs: integration.timeoutMs,
    sourceArn: executeApiArn(handling, sourcePath(routeKey)),
    event: proxyEvent(received, body, { routeKey, pathParameters, caller }),
  });
  return {
    answer: result.response,
    routeKey,
    caller,
    integrationMs: Math.round(performance.now() - startedMs),
    integrationError: result.error,
  };
}

async function readWithinLimit(request: IncomingMessage): Promise<Buffer | null> {
  if (Number(request.headers['content-length'] ?? 0) > MAX_BODY_BYTES) return null;
  try {
    return await readBody(request, MAX_BODY_BYTES);
  } catch (error) {
    if (error instanceof AwsError && error.status === 413) return null;
    throw error;
  }
}

/** Null for a route that anybody may call. */
function authorizeCaller(
  deps: ServeApiDeps,
  handling: Handling,
  called: { readonly match: RouteMatch<HttpApiRouteConfig>; readonly body: Buffer },
): IamCaller | null | 'denied' {
  if (called.match.route.authorization === 'NONE') return null;
  const { request, received } = handling;
  const authentication = authenticateRequest(request, called.body, {
    iam: deps.iam,
    service: 'execute-api',
    nowMs: received.atMs,
  });
  if (!authentication.ok) return 'denied';
  const { principal } = authentication;
  const resource = executeApiArn(handling, `${received.method}${received.path}`);
  const decision = deps.iam.authorize({ principal, action: 'execute-api:Invoke', resource });
  return decision.allowed ? { accessKeyId: accessKeyIdOf(request) ?? '', principal } : 'denied';
}

/** Source: Amazon API Gateway, "Control access for invoking an API", resource format. */
function executeApiArn({ api, stage }: Handling, path: string): string {
  return `arn:aws:execute-api:${LOCAL_REGION}:${LOCAL_ACCOUNT}:${api.id}/${stage.name}/${path}`;
}

/** `POST/trade/events` of `POST /trade/events`; variables count as anything. */
function sourcePath(routeKey: string): string {
  return routeKey
    .replace(' ', '')
    .replace(/^ANY/, '*')
    .replaceAll(/\{[^}]*\}/g, '*');
}

const MESSAGES: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  403: 'Forbidden',
  404: 'Not Found',
  413: 'Request Entity Too Large',
  429: 'Too Many Requests',
};

function refuse(status: number, routeKey: string | null = null): Handled {
  return { answer: gatewayMessage(status, MESSAGES[status] ?? 'Internal Server Error'), routeKey };
}

function send(response: ServerResponse, answer: ApiResponse, requestId: string): void {
  if (response.destroyed) return;
  const headers: Record<string, string | string[]> = {};
  for (const [name, value] of Object.entries(answer.headers)) {
    headers[name] = typeof value === 'string' ? value : [...value];
  }
  response.writeHead(answer.status, {
    ...headers,
    'content-length': answer.body.length,
    'apigw-requestid': requestId,
  });
  response.end(answer.body);
}

function report(
  deps: ServeApiDeps,
  api: HttpApi,
  done: { readonly received: ApiRequest; readonly handled: Handled; readonly latencyMs: number },
): void {
  const { received, handled, latencyMs } = done;
  const { answer, integrationMs = null } = handled;
  const timing = { atMs: received.atMs, latencyMs, integrationMs };
  if (deps.metrics !== undefined) {
    putRequestMetrics(deps.metrics, { apiId: api.id, status: answer.status, ...timing });
  }
  const log = api.stage?.accessLog ?? null;
  if (log === null) return;
  const principal = handled.caller?.principal ?? null;
  const line = formatAccessLog(log.format, {
    requestId: received.requestId,
    requestTime: formatRequestTime(received.atMs),
    requestTimeEpoch: received.atMs,
    httpMethod: received.method,
    path: received.path,
    routeKey: handled.routeKey,
    stage: received.stage,
    protocol: received.protocol,
    sourceIp: received.sourceIp,
    userAgent: received.headers['user-agent'] ?? '',
    userArn: principal === null || principal.kind === 'service' ? null : principal.arn,
    status: answer.status,
    responseLength: answer.body.length,
    responseLatency: latencyMs,
    integrationLatency: integrationMs,
    integrationErrorMessage: handled.integrationError ?? null,
    errorMessage: integrationMs === null ? (MESSAGES[answer.status] ?? null) : null,
  });
  deps.onAccessLog?.(log.logGroup, line);
}
