/** Largest milliseconds whose microseconds fit 64 bits, as two words. */
const MAX_MILLIS = 9_223_372_036_854_775n;
const MAX_HIGH = Number(MAX_MILLIS >> 32n);
const MAX_LOW = Number(MAX_MILLIS & 0xffff_ffffn);
const MIN_HIGH = Number(-MAX_MILLIS >> 32n);
const MIN_LOW = Number(-MAX_MILLIS & 0xffff_ffffn);

/** Turns the milliseconds at `slot` (two words, low one first) into microseconds; false when they do not fit. */
export function scaleMillis(words: Int32Array, slot: number): boolean {
  const low = (words[slot * 2] as number) >>> 0;
  const high = words[slot * 2 + 1] as number;
  if (high > MAX_HIGH || (high === MAX_HIGH && low > MAX_LOW)) return false;
  if (high < MIN_HIGH || (high === MIN_HIGH && low < MIN_LOW)) return false;
  // Both products are exact: less than 2^42.
  const scaledLow = low * 1_000;
  words[slot * 2] = scaledLow;
  words[slot * 2 + 1] = high * 1_000 + Math.floor(scaledLow / 0x1_0000_0000);
  return true;
}
