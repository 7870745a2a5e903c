import type { SignatureFields, SignedRequest } from './signature-fields.ts';
import { splitTarget } from './signature-fields.ts';

/** Of a presigned URL: the signature does not sign itself. */
const SIGNATURE_PARAMETER = 'X-Amz-Signature';

/** Query parameters in the order sent, percent decoding done. */
export function queryParameters(query: string): readonly (readonly [string, string])[] | null {
  const parameters: [string, string][] = [];
  for (const pair of query.split('&')) {
    if (pair === '') continue;
    const equals = pair.indexOf('=');
    const name = decode(equals < 0 ? pair : pair.slice(0, equals));
    const value = equals < 0 ? '' : decode(pair.slice(equals + 1));
    if (name === null || value === null) return null;
    parameters.push([name, value]);
  }
  return parameters;
}

/**
 * The canonical request of AWS Signature Version 4; null when the target is no valid percent-encoding.
 * S3 encodes the path once and leaves it as it is; every other service encodes the path as sent once more and
 * takes empty, `.` and `..` segments out. Source: IAM user guide, "Create a canonical request".
 */
export function canonicalRequest(
  request: SignedRequest,
  headers: ReadonlyMap<string, readonly string[]>,
  options: { readonly fields: SignatureFields; readonly payloadHash: string },
): string | null {
  const { fields, payloadHash } = options;
  const { path, query } = splitTarget(request);
  const canonicalPath = fields.service === 's3' ? encodeOnce(path) : encodePath(normalize(path));
  const parameters = queryParameters(query);
  if (canonicalPath === null || parameters === null) return null;
  return [
    request.method ?? 'GET',
    canonicalPath === '' ? '/' : canonicalPath,
    canonicalQuery(parameters, fields.form),
    ...fields.signedHeaders.map((name) => `${name}:${canonicalValue(headers.get(name) ?? [])}`),
    '',
    fields.signedHeaders.join(';'),
    payloadHash,
  ].join('\n');
}

function canonicalQuery(
  parameters: readonly (readonly [string, string])[],
  form: SignatureFields['form'],
): string {
  return parameters
    .filter(([name]) => form === 'header' || name !== SIGNATURE_PARAMETER)
    .map(([name, value]) => [encode(name), encode(value)] as const)
    .sort(([nameA, valueA], [nameB, valueB]) => compare(nameA, nameB) || compare(valueA, valueB))
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
}

/** Encoded text is ASCII, so the order of code units is the order of bytes that is asked for. */
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Trimmed, runs of blanks made one, several headers of a name joined by commas. */
function canonicalValue(values: readonly string[]): string {
  return values.map((value) => value.replace(/[ \t]+/g, ' ').replace(/^ | $/g, '')).join(',');
}

/** The path as S3 sees it, in the one encoding that signatures use. */
function encodeOnce(path: string): string | null {
  const segments = path.split('/').map(decodePath);
  return segments.includes(null)
    ? null
    : segments.map((segment) => encode(segment ?? '')).join('/');
}

function encodePath(path: string): string {
  return path.split('/').map(encode).join('/');
}

function normalize(path: string): string {
  const kept: string[] = [];
  for (const segment of path.split('/')) {
    if (segment === '..') kept.pop();
    else if (segment !== '' && segment !== '.') kept.push(segment);
  }
  const isFolder = kept.length > 0 && path.endsWith('/');
  return `/${kept.join('/')}${isFolder ? '/' : ''}`;
}

/** Every byte but letters, digits and `-._~` is encoded, in upper-case hex. */
function encode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** A plus in a query means a blank, as the services read it. */
function decode(text: string): string | null {
  return decodePath(text.replaceAll('+', ' '));
}

function decodePath(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}
