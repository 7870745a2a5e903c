import { leaf, node } from '#embedded/gateway/xml.ts';
import { invalidArgument } from '#embedded/s3/protocol/s3-error.ts';
import type { S3Request } from '#embedded/s3/protocol/s3-request.ts';
import { type S3Response, xmlResponse } from '#embedded/s3/protocol/s3-response.ts';
import type { ObjectVersion } from '#embedded/s3/store/index-record.ts';
import { requireBucket, type S3Store } from '#embedded/s3/store/s3-store.ts';
import { OWNER_FIELDS } from './bucket-operations.ts';
import { type ListPage, listPage } from './list-page.ts';
import { parseCount } from './parse-count.ts';

/** Keys and common prefixes of one page together. */
const MAX_KEYS = 1000;

interface Listing {
  readonly bucket: string;
  readonly prefix: string;
  readonly delimiter: string;
  readonly maxKeys: number;
  /** Writes a name the way `encoding-type` asks for. */
  readonly encode: (name: string) => string;
  readonly page: ListPage;
}

/** GET /bucket?list-type=2 */
export function listObjectsV2(store: S3Store, request: S3Request): S3Response {
  if (request.query.get('list-type') !== '2') {
    throw invalidArgument('list-type', request.query.get('list-type') ?? '');
  }
  const token = request.query.get('continuation-token');
  const startAfter = request.query.get('start-after') ?? '';
  const after = token === undefined ? startAfter : decodeToken(token);
  const listing = readListing(store, request, { after });
  const { page, encode } = listing;
  const withOwner = request.query.get('fetch-owner') === 'true';
  return xmlResponse('ListBucketResult', [
    ...headerFields(listing, request),
    leaf('KeyCount', page.keys.length + page.commonPrefixes.length),
    ...(token === undefined ? [] : [leaf('ContinuationToken', token)]),
    ...(page.isTruncated && page.lastName !== null
      ? [leaf('NextContinuationToken', encodeToken(page.lastName))]
      : []),
    ...(startAfter === '' ? [] : [leaf('StartAfter', encode(startAfter))]),
    ...entries(store, listing, { withOwner }),
  ]);
}

/** GET /bucket: the older listing, continued by `marker`. */
export function listObjectsV1(store: S3Store, request: S3Request): S3Response {
  const marker = request.query.get('marker') ?? '';
  const listing = readListing(store, request, { after: marker });
  const { page, encode } = listing;
  // Without a delimiter S3 leaves NextMarker out: clients go on with the last key.
  const hasNextMarker = page.isTruncated && listing.delimiter !== '' && page.lastName !== null;
  return xmlResponse('ListBucketResult', [
    ...headerFields(listing, request),
    leaf('Marker', encode(marker)),
    ...(hasNextMarker ? [leaf('NextMarker', encode(page.lastName ?? ''))] : []),
    ...entries(store, listing, { withOwner: true }),
  ]);
}

/** How names are written: percent-encoded for `encoding-type=url`, as they are otherwise. */
export function nameEncoder(query: ReadonlyMap<string, string>): (name: string) => string {
  const encodingType = query.get('encoding-type');
  if (encodingType === undefined) return (name) => name;
  if (encodingType !== 'url') throw invalidArgument('encoding-type', encodingType);
  return (name) => encodeURIComponent(name).replaceAll('%2F', '/');
}

function readListing(
  store: S3Store,
  { bucket, query }: S3Request,
  options: { readonly after: string },
): Listing {
  const { name } = requireBucket(store, bucket ?? '');
  const prefix = query.get('prefix') ?? '';
  const delimiter = query.get('delimiter') ?? '';
  const maxKeys = parseCount(query, 'max-keys', { max: MAX_KEYS });
  const page = listPage(store.index.sortedKeys(name), {
    prefix,
    delimiter,
    after: options.after,
    limit: maxKeys,
    isListed: (key) => store.index.current(name, key) !== null,
  });
  return { bucket: name, prefix, delimiter, maxKeys, encode: nameEncoder(query), page };
}

function headerFields(listing: Listing, { query }: S3Request): readonly string[] {
  return [
    leaf('Name', listing.bucket),
    leaf('Prefix', listing.encode(listing.prefix)),
    ...(listing.delimiter === '' ? [] : [leaf('Delimiter', listing.encode(listing.delimiter))]),
    leaf('MaxKeys', listing.maxKeys),
    ...(query.has('encoding-type') ? [leaf('EncodingType', 'url')] : []),
    leaf('IsTruncated', listing.page.isTruncated),
  ];
}

function entries(
  store: S3Store,
  { bucket, page, encode }: Listing,
  options: { readonly withOwner: boolean },
): readonly string[] {
  const contents = page.keys.flatMap((key) => {
    const object = store.index.current(bucket, key);
    return object === null ? [] : [contentsElement(object, { ...options, encode })];
  });
  const prefixes = page.commonPrefixes.map((prefix) =>
    node('CommonPrefixes', leaf('Prefix', encode(prefix))),
  );
  return [...contents, ...prefixes];
}

function contentsElement(
  object: ObjectVersion,
  options: { readonly withOwner: boolean; readonly encode: (name: string) => string },
): string {
  return node(
    'Contents',
    leaf('Key', options.encode(object.key)),
    leaf('LastModified', new Date(object.modifiedMs).toISOString()),
    leaf('ETag', `"${object.etag}"`),
    ...checksumFields(object),
    leaf('Size', object.sizeBytes),
    ...(options.withOwner ? [node('Owner', ...OWNER_FIELDS)] : []),
    leaf('StorageClass', 'STANDARD'),
  );
}

/** Algorithm and type of an object's checksum, as listings show them. */
export function checksumFields({ checksum }: ObjectVersion): readonly string[] {
  if (checksum === null) return [];
  return [leaf('ChecksumAlgorithm', checksum.algorithm), leaf('ChecksumType', checksum.type)];
}

function encodeToken(lastName: string): string {
  return Buffer.from(lastName).toString('base64url');
}

function decodeToken(token: string): string {
  const lastName = Buffer.from(token, 'base64url').toString('utf8');
  if (lastName !== '' && encodeToken(lastName) === token) return lastName;
  throw invalidArgument('continuation-token', token);
}
