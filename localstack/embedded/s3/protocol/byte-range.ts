import { S3Error } from './s3-error.ts';

/** Both ends inclusive, as in HTTP. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/**
 * Resolves a Range header against an object. Null means the whole object: no header, a unit other than
 * bytes, several ranges (S3 does not serve those), or syntax that HTTP asks to ignore.
 * Throws InvalidRange (416) when nothing of the object is inside. Source: RFC 9110 §14.
 */
export function resolveRange(header: string | undefined, sizeBytes: number): ByteRange | null {
  const match = /^bytes=\s*(\d*)-(\d*)\s*$/.exec(header ?? '');
  if (match === null || header === undefined) return null;
  const [, first = '', last = ''] = match;
  if (first === '' && last === '') return null;
  if (first === '') {
    const suffixBytes = Number(last);
    if (suffixBytes === 0 || sizeBytes === 0) throw invalidRange(header, sizeBytes);
    return { start: Math.max(0, sizeBytes - suffixBytes), end: sizeBytes - 1 };
  }
  const start = Number(first);
  if (last !== '' && Number(last) < start) return null;
  if (start >= sizeBytes) throw invalidRange(header, sizeBytes);
  return { start, end: last === '' ? sizeBytes - 1 : Math.min(Number(last), sizeBytes - 1) };
}

function invalidRange(header: string, sizeBytes: number): S3Error {
  return new S3Error(416, 'InvalidRange', {
    message: 'The requested range is not satisfiable',
    details: { RangeRequested: header, ActualObjectSize: String(sizeBytes) },
    headers: { 'content-range': `bytes */${sizeBytes}` },
  });
}
