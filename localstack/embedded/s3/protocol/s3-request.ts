import type { IncomingMessage } from 'node:http';
import { hostNameOf } from '#embedded/gateway/browser-guard.ts';
import { invalidArgument, S3Error } from './s3-error.ts';

/** An S3 request with its address taken apart. */
export interface S3Request {
  readonly method: string;
  /** Path as sent, without the query. */
  readonly path: string;
  /** Null for requests about the service as a whole. */
  readonly bucket: string | null;
  /** Null for requests about a bucket. */
  readonly key: string | null;
  /** Query without the parameters of the signature; names as sent. */
  readonly query: ReadonlyMap<string, string>;
  /** Lower-case names; a presigned URL may carry `x-amz-…` headers in its query. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: IncomingMessage;
  /** What the answer's `x-amz-request-id` says. */
  readonly requestId?: string;
}

const MAX_KEY_BYTES = 1024;
/** Presigned URLs are good for at most seven days. Source: AWS Signature Version 4, query parameters. */
const MAX_PRESIGNED_SECONDS = 7 * 24 * 3600;
const SIGNATURE_PARAMETERS = new Set([
  'x-amz-algorithm',
  'x-amz-credential',
  'x-amz-date',
  'x-amz-expires',
  'x-amz-signedheaders',
  'x-amz-signature',
  'x-amz-security-token',
  'awsaccesskeyid',
  'signature',
  'expires',
]);
const VIRTUAL_HOST_SUFFIX = '.localhost';

/**
 * Takes a request apart. Buckets come from the path (`/bucket/key`) or from the host
 * (`bucket.localhost`). Keys are opaque: dots, empty segments and slashes keep their place.
 * Throws InvalidURI, KeyTooLongError, or AccessDenied for an expired presigned URL.
 */
export function parseS3Request(request: IncomingMessage, nowMs: number): S3Request {
  const url = (request.url ?? '/').replace(/^https?:\/\/[^/]*/i, '');
  const queryStart = url.indexOf('?');
  const path = queryStart < 0 ? url : url.slice(0, queryStart);
  const parameters = parseQuery(queryStart < 0 ? '' : url.slice(queryStart + 1));
  requireUnexpired(parameters, nowMs);
  const query = new Map<string, string>();
  const headers: Record<string, string | undefined> = {};
  for (const [name, value] of parameters) {
    const lowerName = name.toLowerCase();
    if (SIGNATURE_PARAMETERS.has(lowerName)) continue;
    if (lowerName.startsWith('x-amz-')) headers[lowerName] = value;
    else query.set(name, value);
  }
  for (const [name, value] of Object.entries(request.headers)) {
    if (!name.startsWith(':')) headers[name] = Array.isArray(value) ? value.join(',') : value;
  }
  const address = addressOf(path, headers['host'] ?? request.headers[':authority']?.toString());
  return { method: request.method ?? 'GET', path, ...address, query, headers, body: request };
}

function addressOf(
  path: string,
  host: string | undefined,
): { readonly bucket: string | null; readonly key: string | null } {
  if (!path.startsWith('/')) throw invalidUri(path);
  const hostName = hostNameOf(host ?? '');
  const rest = path.slice(1);
  if (hostName.endsWith(VIRTUAL_HOST_SUFFIX)) {
    const bucket = hostName.slice(0, -VIRTUAL_HOST_SUFFIX.length);
    return { bucket, key: rest === '' ? null : requireKey(decode(rest)) };
  }
  const slash = rest.indexOf('/');
  const bucket = decode(slash < 0 ? rest : rest.slice(0, slash));
  const key = slash < 0 ? '' : decode(rest.slice(slash + 1));
  if (bucket === '' && key !== '') throw invalidUri(path);
  return { bucket: bucket === '' ? null : bucket, key: key === '' ? null : requireKey(key) };
}

/** Throws KeyTooLongError beyond 1024 bytes of UTF-8. */
export function requireKey(key: string): string {
  const sizeBytes = Buffer.byteLength(key);
  if (sizeBytes <= MAX_KEY_BYTES && key.isWellFormed()) return key;
  throw new S3Error(400, 'KeyTooLongError', {
    message: 'Your key is too long',
    details: { Size: String(sizeBytes), MaxSizeAllowed: String(MAX_KEY_BYTES) },
  });
}

/** Not URLSearchParams: that turns bytes which are not UTF-8 into other keys without a word. */
function parseQuery(source: string): Map<string, string> {
  const parameters = new Map<string, string>();
  for (const pair of source.split('&')) {
    if (pair === '') continue;
    const equals = pair.indexOf('=');
    const name = equals < 0 ? pair : pair.slice(0, equals);
    const value = equals < 0 ? '' : pair.slice(equals + 1);
    parameters.set(decode(name.replaceAll('+', ' ')), decode(value.replaceAll('+', ' ')));
  }
  return parameters;
}

function requireUnexpired(parameters: ReadonlyMap<string, string>, nowMs: number): void {
  const expiresAtMs = presignedExpiryMs(parameters);
  if (expiresAtMs === null || nowMs <= expiresAtMs) return;
  throw new S3Error(403, 'AccessDenied', {
    message: 'Request has expired',
    details: {
      Expires: new Date(expiresAtMs).toISOString(),
      ServerTime: new Date(nowMs).toISOString(),
    },
  });
}

function presignedExpiryMs(parameters: ReadonlyMap<string, string>): number | null {
  const legacyExpires = parameters.get('Expires');
  if (legacyExpires !== undefined) {
    const seconds = Number(legacyExpires);
    if (!Number.isSafeInteger(seconds)) throw invalidArgument('Expires', legacyExpires);
    return seconds * 1000;
  }
  const expires = parameters.get('X-Amz-Expires');
  if (expires === undefined) return null;
  const seconds = Number(expires);
  const date = parameters.get('X-Amz-Date') ?? '';
  const signed = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(date);
  if (signed === null) throw invalidArgument('X-Amz-Date', date);
  if (!Number.isInteger(seconds) || seconds < 0 || seconds > MAX_PRESIGNED_SECONDS) {
    throw invalidArgument('X-Amz-Expires', expires);
  }
  const [, year, month, day, hour, minute, second] = signed.map(Number);
  return Date.UTC(year ?? 0, (month ?? 1) - 1, day, hour, minute, second) + seconds * 1000;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw invalidUri(text);
  }
}

function invalidUri(uri: string): S3Error {
  return new S3Error(400, 'InvalidURI', {
    message: "Couldn't parse the specified URI.",
    details: { URI: uri },
  });
}
