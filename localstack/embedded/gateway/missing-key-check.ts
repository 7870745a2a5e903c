import type { IncomingMessage } from 'node:http';

/** Why the caller may not even know that a key is missing; null when it may. */
export type MissingKeyCheck = () => string | null;

const CHECKS = new WeakMap<IncomingMessage, MissingKeyCheck>();

/** Has S3 ask before it answers this request with "no such key". */
export function setMissingKeyCheck(request: IncomingMessage, check: MissingKeyCheck): void {
  CHECKS.set(request, check);
}

/** Without s3:ListBucket S3 answers 403 for a missing key. Source: Amazon S3 API reference, GetObject, Permissions. */
export function missingKeyRefusal(request: IncomingMessage): string | null {
  return CHECKS.get(request)?.() ?? null;
}
