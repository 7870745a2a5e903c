import type { ObjectVersion } from '#embedded/s3/store/index-record.ts';
import { noSuchKey, notImplemented, preconditionFailed } from './s3-error.ts';

type Headers = Readonly<Record<string, string | undefined>>;

/** What a write or a delete requires of the object it replaces; throws when that does not hold. */
export type WritePrecondition = (current: ObjectVersion | null, key: string) => void;

/**
 * `If-None-Match: *` and `If-Match: <etag>` of a write. The store calls the result in the same
 * synchronous step that publishes the object, so exactly one of several racing writers succeeds.
 * Source: Amazon S3 user guide, Conditional writes.
 */
export function writePrecondition(headers: Headers): WritePrecondition {
  const ifNoneMatch = headers['if-none-match'];
  const ifMatch = headers['if-match'];
  if (ifNoneMatch !== undefined && ifNoneMatch.trim() !== '*') {
    throw notImplemented('If-None-Match with an ETag on writes');
  }
  return (current, key) => {
    if (ifNoneMatch !== undefined && current !== null) throw preconditionFailed('If-None-Match');
    if (ifMatch === undefined) return;
    if (current === null) throw noSuchKey(key);
    if (!matchesEtag(ifMatch, current.etag)) throw preconditionFailed('If-Match');
  };
}

/**
 * Judges the four read conditions in the order of RFC 9110 §13.2.2.
 * Throws PreconditionFailed; returns `not-modified` when a 304 is due.
 */
export function judgeRead(headers: Headers, object: ObjectVersion): 'proceed' | 'not-modified' {
  const ifMatch = headers['if-match'];
  const ifNoneMatch = headers['if-none-match'];
  if (ifMatch !== undefined) {
    if (!matchesEtag(ifMatch, object.etag)) throw preconditionFailed('If-Match');
  } else if (isModifiedSince(headers['if-unmodified-since'], object) === true) {
    throw preconditionFailed('If-Unmodified-Since');
  }
  if (ifNoneMatch !== undefined) {
    return matchesEtag(ifNoneMatch, object.etag) ? 'not-modified' : 'proceed';
  }
  return isModifiedSince(headers['if-modified-since'], object) === false
    ? 'not-modified'
    : 'proceed';
}

/** The `x-amz-copy-source-if-…` headers under their plain names; a copy turns 304 into 412. */
export function judgeCopySource(headers: Headers, source: ObjectVersion): void {
  const prefix = 'x-amz-copy-source-';
  const plain: Record<string, string | undefined> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (name.startsWith(`${prefix}if-`)) plain[name.slice(prefix.length)] = value;
  }
  if (judgeRead(plain, source) === 'not-modified') throw preconditionFailed('If-None-Match');
}

/** True when a condition's list of entity tags (or `*`) contains the ETag; quotes and `W/` do not matter. */
export function matchesEtag(condition: string, etag: string): boolean {
  return condition
    .split(',')
    .map((tag) => tag.trim().replace(/^W\//, '').replaceAll('"', ''))
    .some((tag) => tag === '*' || tag === etag);
}

/** Null when the header is missing or no date: such a condition is ignored (RFC 9110 §13.1.3). */
function isModifiedSince(header: string | undefined, object: ObjectVersion): boolean | null {
  const sinceMs = header === undefined ? Number.NaN : Date.parse(header);
  return Number.isNaN(sinceMs) ? null : object.modifiedMs > sinceMs;
}
