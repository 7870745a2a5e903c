/** First UTF-16 code unit that is half of a pair. */
const FIRST_SURROGATE = 0xd800;
/** First code unit above the surrogates. */
const ABOVE_SURROGATES = 0xe000;

/**
 * Compares strings by their UTF-8 bytes, the order of S3 listings. JavaScript's own order differs
 * where a surrogate pair (U+10000 and above) meets U+E000 to U+FFFF.
 * Source: Amazon S3 API reference, ListObjectsV2.
 */
export function compareUtf8(left: string, right: string): number {
  const shared = Math.min(left.length, right.length);
  for (let index = 0; index < shared; index += 1) {
    const leftUnit = left.charCodeAt(index);
    const rightUnit = right.charCodeAt(index);
    if (leftUnit !== rightUnit) return rank(leftUnit) - rank(rightUnit);
  }
  return left.length - right.length;
}

/** Moves the surrogates above the rest of the basic plane, where their UTF-8 form (F0 …) sorts. */
function rank(unit: number): number {
  if (unit < FIRST_SURROGATE) return unit;
  return unit >= ABOVE_SURROGATES ? unit - 0x800 : unit + 0x2000;
}

/** Index of the first element for which `isBefore` is false; `isBefore` must be true, then false. */
export function partitionPoint(
  sorted: readonly string[],
  isBefore: (value: string) => boolean,
): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isBefore(sorted[middle] ?? '')) low = middle + 1;
    else high = middle;
  }
  return low;
}
