import { leaf, node } from '#embedded/gateway/xml.ts';
import { invalidArgument } from '#embedded/s3/protocol/s3-error.ts';
import type { S3Request } from '#embedded/s3/protocol/s3-request.ts';
import { type S3Response, xmlResponse } from '#embedded/s3/protocol/s3-response.ts';
import { compareUtf8, partitionPoint } from '#embedded/s3/protocol/utf8-order.ts';
import type { ObjectVersion } from '#embedded/s3/store/index-record.ts';
import { requireBucket, type S3Store } from '#embedded/s3/store/s3-store.ts';
import { OWNER_FIELDS } from './bucket-operations.ts';
import { checksumFields, nameEncoder } from './list-objects.ts';
import { parseCount } from './parse-count.ts';

const MAX_VERSIONS = 1000;

interface ListedVersion {
  readonly version: ObjectVersion;
  readonly isLatest: boolean;
}

/** GET /bucket?versions: every version and delete marker, by key, newest first; no delimiter. */
export function listObjectVersions(store: S3Store, request: S3Request): S3Response {
  const { query } = request;
  const { name } = requireBucket(store, request.bucket ?? '');
  const prefix = query.get('prefix') ?? '';
  const keyMarker = query.get('key-marker') ?? '';
  const versionIdMarker = query.get('version-id-marker') ?? '';
  const maxKeys = parseCount(query, 'max-keys', { max: MAX_VERSIONS });
  const encode = nameEncoder(query);
  if (versionIdMarker !== '' && keyMarker === '') {
    throw invalidArgument('version-id-marker', versionIdMarker);
  }
  const page: ListedVersion[] = [];
  let isTruncated = false;
  for (const listed of versionsAfter(store, name, { prefix, keyMarker, versionIdMarker })) {
    isTruncated = page.length === maxKeys && maxKeys > 0;
    if (page.length === maxKeys) break;
    page.push(listed);
  }
  const last = page.at(-1)?.version;
  return xmlResponse('ListVersionsResult', [
    leaf('Name', name),
    leaf('Prefix', encode(prefix)),
    leaf('KeyMarker', encode(keyMarker)),
    leaf('VersionIdMarker', versionIdMarker),
    leaf('MaxKeys', maxKeys),
    ...(query.has('encoding-type') ? [leaf('EncodingType', 'url')] : []),
    leaf('IsTruncated', isTruncated),
    ...(isTruncated && last !== undefined
      ? [leaf('NextKeyMarker', encode(last.key)), leaf('NextVersionIdMarker', last.versionId)]
      : []),
    ...page.map((listed) => versionElement(listed, encode)),
  ]);
}

function* versionsAfter(
  store: S3Store,
  bucket: string,
  from: { readonly prefix: string; readonly keyMarker: string; readonly versionIdMarker: string },
): Generator<ListedVersion> {
  const keys = store.index.sortedKeys(bucket);
  const start = from.keyMarker > '' ? from.keyMarker : from.prefix;
  let position = partitionPoint(keys, (key) => compareUtf8(key, start) < 0);
  for (; position < keys.length; position += 1) {
    const key = keys[position] ?? '';
    if (!key.startsWith(from.prefix)) {
      if (compareUtf8(key, from.prefix) > 0) return;
      continue;
    }
    const versions = store.index.versionsOf(bucket, key);
    const listed = versions.map((version, age) => ({ version, isLatest: age === 0 }));
    yield* key === from.keyMarker ? behindMarker(listed, from.versionIdMarker) : listed;
  }
}

/** A key marker alone leaves the whole key out; with a version id, that version and the newer ones. */
function behindMarker(
  versions: readonly ListedVersion[],
  versionIdMarker: string,
): readonly ListedVersion[] {
  if (versionIdMarker === '') return [];
  const marked = versions.findIndex(({ version }) => version.versionId === versionIdMarker);
  return marked < 0 ? [] : versions.slice(marked + 1);
}

function versionElement(
  { version, isLatest }: ListedVersion,
  encode: (name: string) => string,
): string {
  const identity = [
    leaf('Key', encode(version.key)),
    leaf('VersionId', version.versionId),
    leaf('IsLatest', isLatest),
    leaf('LastModified', new Date(version.modifiedMs).toISOString()),
  ];
  const owner = node('Owner', ...OWNER_FIELDS);
  if (version.blob === null) return node('DeleteMarker', ...identity, owner);
  return node(
    'Version',
    ...identity,
    leaf('ETag', `"${version.etag}"`),
    ...checksumFields(version),
    leaf('Size', version.sizeBytes),
    leaf('StorageClass', 'STANDARD'),
    owner,
  );
}
