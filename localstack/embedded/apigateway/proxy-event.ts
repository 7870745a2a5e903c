import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { headerValues } from '#embedded/iam/signature-fields.ts';
import { LOCAL_ACCOUNT, LOCAL_REGION, type Principal } from '#embedded/services.ts';

/** A request as API Gateway sees it, before it is handed to an integration. */
export interface ApiRequest {
  readonly apiId: string;
  readonly stage: string;
  readonly requestId: string;
  readonly atMs: number;
  readonly method: string;
  /** Below the API, percent-decoded. */
  readonly path: string;
  /** Without the question mark, as sent. */
  readonly query: string;
  readonly protocol: string;
  /** Lower-case name to value; what is sent several times is joined with commas. */
  readonly headers: Readonly<Record<string, string>>;
  readonly cookies: readonly string[];
  readonly sourceIp: string;
}

/** Headers that concern a connection and not the request. Source: RFC 9110 §7.6.1. */
const CONNECTION_HEADERS = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'transfer-encoding',
  'upgrade',
]);

/** Headers and cookies of a request, of HTTP/1.1 and HTTP/2 alike, with those that API Gateway adds. */
export function readHeaders(
  request: IncomingMessage,
  added: { readonly sourceIp: string; readonly traceId: string },
): Pick<ApiRequest, 'headers' | 'cookies'> {
  const sent = [...headerValues(request)].filter(
    ([name]) => !name.startsWith(':') && !CONNECTION_HEADERS.has(name),
  );
  const cookies = sent.flatMap(([name, values]) =>
    name === 'cookie' ? values.flatMap((value) => value.split(/; */)) : [],
  );
  const kept = sent.filter(([name]) => name !== 'cookie');
  const headers = Object.fromEntries(kept.map(([name, values]) => [name, values.join(',')]));
  return {
    cookies: cookies.filter((cookie) => cookie !== ''),
    headers: {
      ...headers,
      'x-amzn-trace-id': headers['x-amzn-trace-id'] ?? `Root=${added.traceId}`,
      'x-forwarded-for': joinNonEmpty(headers['x-forwarded-for'], added.sourceIp),
      'x-forwarded-port': String(request.socket?.localPort ?? ''),
      'x-forwarded-proto': 'http',
    },
  };
}

function joinNonEmpty(before: string | undefined, after: string): string {
  return before === undefined ? after : `${before}, ${after}`;
}

/** Who signed a request to a route with IAM authorization. */
export interface IamCaller {
  readonly accessKeyId: string;
  readonly principal: Principal;
}

/**
 * The event of a Lambda integration. Absent parts are left out, as AWS does.
 * Source: Amazon API Gateway, "Lambda proxy integrations for HTTP APIs", payload format version 2.0.
 */
export function proxyEvent(
  request: ApiRequest,
  body: Buffer,
  options: {
    readonly routeKey: string;
    readonly pathParameters: Readonly<Record<string, string>> | null;
    readonly caller: IamCaller | null;
  },
): Record<string, unknown> {
  const { caller, routeKey, pathParameters } = options;
  const { apiId, stage, headers, method, path, query, cookies } = request;
  const queryStringParameters = queryParameters(query);
  return {
    version: '2.0',
    routeKey,
    rawPath: path,
    rawQueryString: query,
    ...(cookies.length === 0 ? {} : { cookies }),
    headers,
    ...(queryStringParameters === null ? {} : { queryStringParameters }),
    requestContext: {
      accountId: LOCAL_ACCOUNT,
      apiId,
      ...(caller === null ? {} : { authorizer: { iam: iamContext(caller) } }),
      domainName: `${apiId}.execute-api.${LOCAL_REGION}.amazonaws.com`,
      domainPrefix: apiId,
      http: {
        method,
        path,
        protocol: request.protocol,
        sourceIp: request.sourceIp,
        userAgent: headers['user-agent'] ?? '',
      },
      requestId: request.requestId,
      routeKey,
      stage,
      time: formatRequestTime(request.atMs),
      timeEpoch: request.atMs,
    },
    ...(pathParameters === null ? {} : { pathParameters }),
    ...bodyMembers(body, headers['content-type']),
  };
}

/** Decoded; null when there are none. */
function queryParameters(query: string): Readonly<Record<string, string>> | null {
  const values = new Map<string, string[]>();
  for (const [name, value] of new URLSearchParams(query)) {
    values.set(name, [...(values.get(name) ?? []), value]);
  }
  if (values.size === 0) return null;
  return Object.fromEntries([...values].map(([name, all]) => [name, all.join(',')]));
}

/** Content types whose bodies are handed over as text; all others, and none, are bytes. Seen in AWS, documented nowhere. */
const TEXT_TYPE = /^(?:text\/.+|application\/(?:json|xml|javascript))$/;

function bodyMembers(
  body: Buffer,
  contentType: string | undefined,
): { readonly body?: string; readonly isBase64Encoded: boolean } {
  if (body.length === 0) return { isBase64Encoded: false };
  const mediaType = (contentType ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
  return TEXT_TYPE.test(mediaType)
    ? { body: body.toString('utf8'), isBase64Encoded: false }
    : { body: body.toString('base64'), isBase64Encoded: true };
}

function iamContext({ accessKeyId, principal }: IamCaller): Record<string, unknown> {
  const userId = callerId(principal);
  return {
    accessKey: accessKeyId,
    accountId: LOCAL_ACCOUNT,
    callerId: userId,
    cognitoIdentity: null,
    principalOrgId: null,
    userArn: principal.kind === 'service' ? principal.service : principal.arn,
    userId,
  };
}

/** Unique id of the caller: the account for its administrator, `AROA…:<session>` for a role. Source: IAM, "Unique identifiers". */
function callerId(principal: Principal): string {
  if (principal.kind !== 'role') return LOCAL_ACCOUNT;
  const id = createHash('sha256').update(principal.roleArn).digest('hex').toUpperCase();
  return `AROA${id.slice(0, 17)}:${principal.arn.split('/').at(-1)}`;
}

const MONTHS = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');

/** `12/Mar/2020:19:03:58 +0000`, the time format of Apache's common log. */
export function formatRequestTime(atMs: number): string {
  const [date = '', time = ''] = new Date(atMs).toISOString().split('T');
  const [year, month, day] = date.split('-');
  return `${day}/${MONTHS[Number(month) - 1]}/${year}:${time.slice(0, 8)} +0000`;
}
