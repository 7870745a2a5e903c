import type { ObjectVersion } from '#embedded/s3/store/index-record.ts';
import { LOCAL_ACCOUNT } from '#embedded/services.ts';
import { checksumHeaderOf } from './checksums.ts';
import { invalidArgument, notImplemented, S3Error } from './s3-error.ts';

type Headers = Readonly<Record<string, string | undefined>>;

const DEFAULT_CONTENT_TYPE = 'binary/octet-stream';
/** Headers an object keeps and gives back as they are. */
const KEPT_HEADERS = [
  'content-type',
  'cache-control',
  'content-disposition',
  'content-language',
  'expires',
] as const;
const METADATA_PREFIX = 'x-amz-meta-';
/** Names and values together. Source: Amazon S3 user guide, Working with object metadata. */
const MAX_METADATA_BYTES = 2048;
/** `response-…` query parameters of GetObject and the header each one replaces. */
const RESPONSE_OVERRIDES = [...KEPT_HEADERS, 'content-encoding'] as const;

/** Features asked for by a header. The second member lists the values that mean what the local cloud does anyway. */
const HEADER_FEATURES: readonly (readonly [string, readonly string[]])[] = [
  ['x-amz-server-side-encryption', ['AES256']],
  ['x-amz-server-side-encryption-customer-algorithm', []],
  ['x-amz-copy-source-server-side-encryption-customer-algorithm', []],
  ['x-amz-storage-class', ['STANDARD']],
  ['x-amz-acl', ['private', 'bucket-owner-full-control']],
  ['x-amz-grant-full-control', []],
  ['x-amz-grant-read', []],
  ['x-amz-grant-write', []],
  ['x-amz-grant-read-acp', []],
  ['x-amz-grant-write-acp', []],
  ['x-amz-tagging', []],
  ['x-amz-object-lock-mode', []],
  ['x-amz-object-lock-retain-until-date', []],
  ['x-amz-object-lock-legal-hold', []],
  ['x-amz-bucket-object-lock-enabled', ['false']],
  ['x-amz-object-ownership', ['BucketOwnerEnforced']],
  ['x-amz-website-redirect-location', []],
  ['x-amz-write-offset-bytes', []],
  ['x-amz-rename-source', []],
];

/** Throws NotImplemented for a feature the local cloud would otherwise drop silently, and AccessDenied for another account. */
export function refuseUnsupportedHeaders(headers: Headers): void {
  for (const [name, accepted] of HEADER_FEATURES) {
    const value = headers[name];
    if (value !== undefined && !accepted.includes(value)) {
      throw notImplemented(`header ${name}: ${value}`);
    }
  }
  const owner = headers['x-amz-expected-bucket-owner'];
  if (owner !== undefined && owner !== LOCAL_ACCOUNT) {
    throw new S3Error(403, 'AccessDenied', {
      message: `the bucket belongs to account ${LOCAL_ACCOUNT}, not to ${owner}`,
    });
  }
}

/** The headers an upload wants back on every GET. Throws MetadataTooLarge, and InvalidArgument for what no header may carry. */
export function storedHeaders(headers: Headers): Record<string, string> {
  const stored: Record<string, string> = {};
  let metadataBytes = 0;
  for (const name of KEPT_HEADERS) {
    const value = headers[name];
    if (value !== undefined && value !== '') stored[name] = requireHeaderText(name, value);
  }
  const contentEncoding = withoutAwsChunked(headers['content-encoding']);
  if (contentEncoding !== '') stored['content-encoding'] = contentEncoding;
  for (const [name, value] of Object.entries(headers)) {
    if (!name.startsWith(METADATA_PREFIX) || value === undefined) continue;
    stored[name] = requireHeaderText(name, value);
    metadataBytes += name.length - METADATA_PREFIX.length + value.length;
  }
  if (metadataBytes > MAX_METADATA_BYTES) {
    throw new S3Error(400, 'MetadataTooLarge', {
      message: 'Your metadata headers exceed the maximum allowed metadata size',
      details: { Size: String(metadataBytes), MaxSizeAllowed: String(MAX_METADATA_BYTES) },
    });
  }
  return stored;
}

/** Response headers that describe an object, without its length. */
export function objectHeaders(
  object: ObjectVersion,
  options: { readonly versioned: boolean },
): Record<string, string> {
  return {
    'content-type': DEFAULT_CONTENT_TYPE,
    ...object.headers,
    ...versionHeader(object, options),
    etag: `"${object.etag}"`,
    'last-modified': new Date(object.modifiedMs).toUTCString(),
    'accept-ranges': 'bytes',
    'x-amz-server-side-encryption': 'AES256',
  };
}

/** `x-amz-version-id` in buckets that have versions, nothing elsewhere. */
export function versionHeader(
  object: { readonly versionId: string },
  options: { readonly versioned: boolean },
): Record<string, string> {
  return options.versioned ? { 'x-amz-version-id': object.versionId } : {};
}

/** `x-amz-checksum-…` and its type, when the object carries a checksum. */
export function checksumHeaders(object: ObjectVersion): Record<string, string> {
  if (object.checksum === null) return {};
  const { algorithm, type, value } = object.checksum;
  return { [checksumHeaderOf(algorithm)]: value, 'x-amz-checksum-type': type };
}

/** Headers a signed GET asks to replace by `response-content-type=…` and its kin. */
export function responseOverrides(query: ReadonlyMap<string, string>): Record<string, string> {
  const overrides: Record<string, string> = {};
  for (const name of RESPONSE_OVERRIDES) {
    const value = query.get(`response-${name}`);
    if (value === undefined) continue;
    overrides[name] = requireHeaderText(`response-${name}`, value);
  }
  return overrides;
}

/** Query parameters `responseOverrides` reads. */
export const RESPONSE_OVERRIDE_PARAMETERS = RESPONSE_OVERRIDES.map((name) => `response-${name}`);

/** Values can come from the query of a URL, where a line break would add a header of its own. */
function requireHeaderText(name: string, value: string): string {
  if (/[^\t\x20-\x7e\x80-\xff]/.test(value)) throw invalidArgument(name, value);
  return value;
}

/** `aws-chunked` describes the transfer, not the object. */
function withoutAwsChunked(contentEncoding: string | undefined): string {
  return (contentEncoding ?? '')
    .split(',')
    .map((coding) => coding.trim())
    .filter((coding) => coding !== '' && coding !== 'aws-chunked')
    .join(',');
}
