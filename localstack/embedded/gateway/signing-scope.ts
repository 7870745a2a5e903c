import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';

/** Where a request is addressed, as far as its signature says. */
export type SigningScope =
  | { readonly kind: 'signed'; readonly service: string }
  | { readonly kind: 'malformed' }
  | { readonly kind: 'unsigned' };

/**
 * Service name of the credential scope, from the `Authorization` header or from a presigned URL.
 * The signature itself is judged by access-control.ts, for keys that have a role behind them.
 * Source: AWS Signature Version 4, `Credential=<key>/<date>/<region>/<service>/aws4_request`
 * (SigV4A leaves the region out); Signature Version 2 is only spoken by S3 clients.
 */
export function signingScopeOf(headers: IncomingHttpHeaders, query: URLSearchParams): SigningScope {
  const { authorization } = headers;
  if (authorization !== undefined) return scopeOfHeader(authorization);
  const credential = query.get('X-Amz-Credential');
  if (credential !== null) return scopeOfCredential(credential);
  if (query.has('AWSAccessKeyId') && query.has('Signature')) {
    return { kind: 'signed', service: 's3' };
  }
  return { kind: 'unsigned' };
}

/** Access key that a request names, in whichever kind of signature; null when it names none. */
export function accessKeyIdOf(request: IncomingMessage): string | null {
  const { authorization } = request.headers;
  if (authorization !== undefined) {
    return /(?:Credential=|^AWS )([^/:, ]+)/.exec(authorization)?.[1] ?? null;
  }
  const url = request.url ?? '';
  const query = url.includes('?') ? new URLSearchParams(url.slice(url.indexOf('?') + 1)) : null;
  const credential = query?.get('X-Amz-Credential') ?? query?.get('AWSAccessKeyId') ?? null;
  return credential?.split('/')[0] ?? null;
}

function scopeOfHeader(authorization: string): SigningScope {
  if (/^AWS [^ :]+:/.test(authorization)) return { kind: 'signed', service: 's3' };
  const credential = /^AWS4-[A-Z0-9-]+ .*?Credential=([^, ]+)/.exec(authorization);
  return credential === null ? { kind: 'malformed' } : scopeOfCredential(credential[1] ?? '');
}

function scopeOfCredential(credential: string): SigningScope {
  const terms = credential.split('/');
  const service = terms.at(-2) ?? '';
  if (terms.length < 4 || terms.at(-1) !== 'aws4_request' || service === '') {
    return { kind: 'malformed' };
  }
  return { kind: 'signed', service };
}
