import { EXACT_HIGH, numberOfWords, wordsOf } from './suspect-values.ts';

/** The fold of a source's event times: rows behind the watermark are late, and others may move it. */
export interface Watermark {
  /** True when the row is behind the watermark; takes its event time in. Rows come in position order. */
  isLate(row: number): boolean;
  /** Highest event time so far, microseconds. */
  maxEventTimeMicros(): bigint | null;
}

export interface WatermarkOptions {
  readonly before: bigint | null;
  readonly delayMicros: bigint;
  /** False for sources whose rows have no order in time. */
  readonly moves: boolean;
}

/** With doubles where they are exact, since bigints take ten times as long. */
export function createWatermark(times: BigInt64Array, options: WatermarkOptions): Watermark {
  return isExact(times, options)
    ? numberWatermark(times, options)
    : bigintWatermark(times, options);
}

function isExact(times: BigInt64Array, { before, delayMicros }: WatermarkOptions): boolean {
  const limit = BigInt(EXACT_HIGH) << 32n;
  if (before !== null && (before >= limit || before < -limit)) return false;
  if (delayMicros >= limit) return false;
  const words = wordsOf(times);
  for (let at = 1; at < words.length; at += 2) {
    const high = words[at]!;
    if (high >= EXACT_HIGH || high < -EXACT_HIGH) return false;
  }
  return true;
}

function numberWatermark(
  times: BigInt64Array,
  { before, delayMicros, moves }: WatermarkOptions,
): Watermark {
  const words = wordsOf(times);
  const delay = Number(delayMicros);
  let max = before === null ? Number.NEGATIVE_INFINITY : Number(before);
  return {
    isLate: (row) => {
      const time = numberOfWords(words, row);
      const isLate = time < max - delay;
      if (moves && time > max) max = time;
      return isLate;
    },
    maxEventTimeMicros: () => (max === Number.NEGATIVE_INFINITY ? null : BigInt(max)),
  };
}

function bigintWatermark(
  times: BigInt64Array,
  { before, delayMicros, moves }: WatermarkOptions,
): Watermark {
  let max = before;
  return {
    isLate: (row) => {
      const time = times[row]!;
      const isLate = max !== null && time < max - delayMicros;
      if (moves && (max === null || time > max)) max = time;
      return isLate;
    },
    maxEventTimeMicros: () => max,
  };
}
