/**
 * Shorter bounds that still bound: `lower <= every value <= upper` holds after truncation.
 * A lower bound is cut; an upper bound is cut and then raised at the last place that can be raised.
 * Source: Iceberg v2 §Manifests, lower_bounds and upper_bounds; parquet.thrift `Statistics`.
 */

/** U+D800..U+DFFF are no characters: the successor of U+D7FF is U+E000. */
const FIRST_SURROGATE = 0xd800;
const LAST_SURROGATE = 0xdfff;
const LAST_CODE_POINT = 0x10ffff;

/** First `maxCodePoints` code points of well-formed UTF-8; the same bytes when there are no more. */
export function truncateUtf8Lower(utf8: Uint8Array, maxCodePoints: number): Uint8Array {
  let codePoints = 0;
  for (let at = 0; at < utf8.length; at += 1) {
    const isContinuation = ((utf8[at] ?? 0) & 0xc0) === 0x80;
    if (!isContinuation) codePoints += 1;
    if (codePoints > maxCodePoints) return utf8.subarray(0, at);
  }
  return utf8;
}

/** At most `maxCodePoints` code points, not below the input; null when no such string exists. */
export function truncateUtf8Upper(utf8: Uint8Array, maxCodePoints: number): Uint8Array | null {
  const truncated = truncateUtf8Lower(utf8, maxCodePoints);
  if (truncated.length === utf8.length) return utf8;
  // A byte order mark is data here: without ignoreBOM the decoder drops it.
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(truncated);
  const codePoints = Array.from(text, (character) => character.codePointAt(0) ?? 0);
  while (codePoints.at(-1) === LAST_CODE_POINT) codePoints.pop();
  const last = codePoints.pop();
  if (last === undefined) return null;
  const next = last + 1 === FIRST_SURROGATE ? LAST_SURROGATE + 1 : last + 1;
  return new TextEncoder().encode(String.fromCodePoint(...codePoints, next));
}

/** First `maxBytes` bytes. */
export function truncateBinaryLower(bytes: Uint8Array, maxBytes: number): Uint8Array {
  return bytes.subarray(0, maxBytes);
}

/** At most `maxBytes` bytes, not below the input; null when the prefix is all 0xff. */
export function truncateBinaryUpper(bytes: Uint8Array, maxBytes: number): Uint8Array | null {
  if (bytes.length <= maxBytes) return bytes;
  let length = maxBytes;
  while (length > 0 && bytes[length - 1] === 0xff) length -= 1;
  if (length === 0) return null;
  const raised = bytes.slice(0, length);
  raised[length - 1] = (raised[length - 1] ?? 0) + 1;
  return raised;
}
