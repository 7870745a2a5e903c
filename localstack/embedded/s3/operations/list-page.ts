import { compareUtf8, partitionPoint } from '#embedded/s3/protocol/utf8-order.ts';

/** One page of a listing, in UTF-8 byte order. */
export interface ListPage {
  readonly keys: readonly string[];
  /** Keys rolled up at the delimiter, each once. */
  readonly commonPrefixes: readonly string[];
  readonly isTruncated: boolean;
  /** Last key or common prefix of the page; listing goes on with the names above it. Null on an empty page. */
  readonly lastName: string | null;
}

/**
 * Takes one page out of sorted keys. A listing is a sequence of names, each a key or a common prefix; `after` leaves
 * out every name up to and including itself, so the last name of a page is all a continuation needs.
 * Whole prefixes are skipped by binary search: the cost follows the page, not the bucket.
 * Source: Amazon S3 API reference, ListObjectsV2.
 */
export function listPage(
  sortedKeys: readonly string[],
  query: {
    readonly prefix: string;
    readonly delimiter: string;
    readonly after: string;
    readonly limit: number;
    /** Keys for which this is false do not exist for the caller (delete markers). */
    readonly isListed: (key: string) => boolean;
  },
): ListPage {
  const { prefix, delimiter, after, limit } = query;
  const keys: string[] = [];
  const commonPrefixes: string[] = [];
  let lastName: string | null = null;
  let position = firstPosition(sortedKeys, query);
  while (position < sortedKeys.length && limit > 0) {
    const key = sortedKeys[position] ?? '';
    if (!key.startsWith(prefix)) break;
    const rolledUp = commonPrefixOf(key, { prefix, delimiter });
    if (rolledUp !== null && compareUtf8(rolledUp, after) <= 0) {
      position = positionBehind(sortedKeys, rolledUp);
    } else if (!query.isListed(key)) {
      position += 1;
    } else if (keys.length + commonPrefixes.length === limit) {
      return { keys, commonPrefixes, isTruncated: true, lastName };
    } else {
      lastName = rolledUp ?? key;
      (rolledUp === null ? keys : commonPrefixes).push(lastName);
      position = rolledUp === null ? position + 1 : positionBehind(sortedKeys, rolledUp);
    }
  }
  return { keys, commonPrefixes, isTruncated: false, lastName };
}

function firstPosition(
  sortedKeys: readonly string[],
  { prefix, after }: { readonly prefix: string; readonly after: string },
): number {
  const inPrefix = partitionPoint(sortedKeys, (key) => compareUtf8(key, prefix) < 0);
  if (after === '') return inPrefix;
  return Math.max(
    inPrefix,
    partitionPoint(sortedKeys, (key) => compareUtf8(key, after) <= 0),
  );
}

/** Position of the first key behind those that start with the prefix. */
function positionBehind(sortedKeys: readonly string[], prefix: string): number {
  return partitionPoint(
    sortedKeys,
    (key) => key.startsWith(prefix) || compareUtf8(key, prefix) < 0,
  );
}

function commonPrefixOf(
  key: string,
  { prefix, delimiter }: { readonly prefix: string; readonly delimiter: string },
): string | null {
  if (delimiter === '') return null;
  const found = key.indexOf(delimiter, prefix.length);
  return found < 0 ? null : key.slice(0, found + delimiter.length);
}
