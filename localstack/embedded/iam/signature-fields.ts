import type { IncomingMessage } from 'node:http';

/** What of a request a signature covers, besides its body. */
export type SignedRequest = Pick<IncomingMessage, 'method' | 'url' | 'rawHeaders'>;

/** The parts of an AWS Signature Version 4, from the `Authorization` header or from a presigned URL. */
export interface SignatureFields {
  readonly form: 'header' | 'query';
  readonly accessKeyId: string;
  /** `20150830` */
  readonly date: string;
  readonly region: string;
  /** Signing name: `s3`, `kinesis`, `execute-api` … */
  readonly service: string;
  /** Lower case, as listed. */
  readonly signedHeaders: readonly string[];
  readonly signature: string;
  /** `20150830T123600Z` */
  readonly timestamp: string;
  readonly timestampMs: number;
  /** How long a presigned URL is good for; null in a header, and where the URL does not say. */
  readonly expiresSeconds: number | null;
  readonly sessionToken: string | null;
}

export const ALGORITHM = 'AWS4-HMAC-SHA256';
const AUTHORIZATION =
  /^AWS4-HMAC-SHA256 +Credential=([^, ]+)[, ]+SignedHeaders=([^, ]+)[, ]+Signature=([0-9a-f]{64})$/;
const BASIC_TIME = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/;

/** Path and query of a request as sent; absolute URLs lose scheme and host. */
export function splitTarget(request: SignedRequest): {
  readonly path: string;
  readonly query: string;
} {
  const target = (request.url ?? '/').replace(/^https?:\/\/[^/?]*/i, '');
  const queryStart = target.indexOf('?');
  return queryStart < 0
    ? { path: target, query: '' }
    : { path: target.slice(0, queryStart), query: target.slice(queryStart + 1) };
}

/** Lower-case name to the values as sent; HTTP/2's `:authority` counts as `host`. */
export function headerValues(request: SignedRequest): ReadonlyMap<string, readonly string[]> {
  const headers = new Map<string, string[]>();
  for (let index = 0; index + 1 < request.rawHeaders.length; index += 2) {
    const name = (request.rawHeaders[index] ?? '').toLowerCase();
    const value = request.rawHeaders[index + 1] ?? '';
    const values = headers.get(name);
    if (values === undefined) headers.set(name, [value]);
    else values.push(value);
  }
  const authority = headers.get(':authority');
  if (authority !== undefined && !headers.has('host')) headers.set('host', authority);
  return headers;
}

/**
 * Reads the signature of a request: 'unsigned' when there is none, a text that says what is wrong when it is
 * incomplete. Source: IAM user guide, "Create a signed AWS API request" and "Authenticating requests: query parameters".
 */
export function readSignatureFields(
  headers: ReadonlyMap<string, readonly string[]>,
  query: ReadonlyMap<string, string>,
): SignatureFields | 'unsigned' | { readonly problem: string } {
  const authorization = headers.get('authorization');
  if (authorization !== undefined) return fieldsOfHeader(authorization.join(','), headers);
  return query.has('X-Amz-Algorithm') || query.has('X-Amz-Credential')
    ? fieldsOfQuery(query)
    : 'unsigned';
}

function fieldsOfHeader(
  authorization: string,
  headers: ReadonlyMap<string, readonly string[]>,
): SignatureFields | { readonly problem: string } {
  const [, credential = '', signedHeaders = '', signature = ''] =
    AUTHORIZATION.exec(authorization.trim()) ?? [];
  if (credential === '') {
    return {
      problem: `expected "${ALGORITHM} Credential=..., SignedHeaders=..., Signature=<64 hex digits>" in the Authorization header`,
    };
  }
  const first = (name: string): string | undefined => headers.get(name)?.[0];
  return assemble({
    form: 'header',
    credential,
    signedHeaders,
    signature,
    timestamp: first('x-amz-date') ?? basicTime(first('date')),
    expiresSeconds: null,
    sessionToken: first('x-amz-security-token') ?? null,
  });
}

function fieldsOfQuery(
  query: ReadonlyMap<string, string>,
): SignatureFields | { readonly problem: string } {
  const algorithm = query.get('X-Amz-Algorithm');
  if (algorithm !== ALGORITHM) {
    return { problem: `X-Amz-Algorithm is ${algorithm ?? 'missing'}, expected ${ALGORITHM}` };
  }
  const expires = query.get('X-Amz-Expires');
  if (expires !== undefined && !/^\d{1,6}$/.test(expires)) {
    return { problem: `X-Amz-Expires is ${expires}, expected a number of seconds` };
  }
  return assemble({
    form: 'query',
    credential: query.get('X-Amz-Credential') ?? '',
    signedHeaders: query.get('X-Amz-SignedHeaders') ?? '',
    signature: query.get('X-Amz-Signature') ?? '',
    timestamp: query.get('X-Amz-Date'),
    expiresSeconds: expires === undefined ? null : Number(expires),
    sessionToken: query.get('X-Amz-Security-Token') ?? null,
  });
}

function assemble(parts: {
  readonly form: SignatureFields['form'];
  readonly credential: string;
  readonly signedHeaders: string;
  readonly signature: string;
  readonly timestamp: string | undefined;
  readonly expiresSeconds: number | null;
  readonly sessionToken: string | null;
}): SignatureFields | { readonly problem: string } {
  const { form, signature, timestamp = '', expiresSeconds, sessionToken } = parts;
  const scope = parts.credential.split('/');
  // Keys never hold a slash here; AWS allows none either.
  const [accessKeyId = '', date = '', region = '', service = '', terminator] = scope;
  if (scope.length !== 5 || terminator !== 'aws4_request' || accessKeyId === '' || service === '') {
    return { problem: 'expected Credential=KEY/DATE/REGION/SERVICE/aws4_request' };
  }
  const timestampMs = parseBasicTime(timestamp);
  if (timestampMs === null) {
    return { problem: 'expected the time of signing in X-Amz-Date, as 20150830T123600Z' };
  }
  if (date !== timestamp.slice(0, 8)) {
    return {
      problem: `Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '${date}' != '${timestamp.slice(0, 8)}'`,
    };
  }
  if (!/^[0-9a-f]{64}$/.test(signature))
    return { problem: 'expected a signature of 64 hex digits' };
  const signedHeaders = parts.signedHeaders.toLowerCase().split(';');
  const scopeFields = { accessKeyId, date, region, service };
  const timeFields = { timestamp, timestampMs, expiresSeconds };
  return { form, ...scopeFields, ...timeFields, signedHeaders, signature, sessionToken };
}

/** Epoch milliseconds of `20150830T123600Z`, or null. */
function parseBasicTime(text: string): number | null {
  const match = BASIC_TIME.exec(text);
  if (match === null) return null;
  const timeMs = Date.parse(text.replace(BASIC_TIME, '$1-$2-$3T$4:$5:$6Z'));
  return Number.isNaN(timeMs) ? null : timeMs;
}

/** The `Date` header, which stands in for a missing X-Amz-Date. */
function basicTime(date: string | undefined): string | undefined {
  if (date === undefined || BASIC_TIME.test(date)) return date;
  const timeMs = Date.parse(date);
  if (Number.isNaN(timeMs)) return undefined;
  return new Date(timeMs).toISOString().replace(/[-:]|\.\d{3}/g, '');
}
