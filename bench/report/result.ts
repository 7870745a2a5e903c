/** One figure with its spread, as `--json` prints it. */
export interface Result {
  readonly name: string;
  /** Median of the runs. */
  readonly value: number;
  readonly unit: string;
  readonly min: number;
  readonly max: number;
  readonly runs: number;
}

/** Median and spread of measured values. Throws RangeError without any, or for one that is no number. */
export function resultOf(name: string, unit: string, values: readonly number[]): Result {
  if (values.length === 0 || !values.every(Number.isFinite)) {
    throw new RangeError(`benchmark ${name}: expected finite values, got [${values.join(', ')}]`);
  }
  return {
    name,
    value: rounded(medianOf(values)),
    unit,
    min: rounded(Math.min(...values)),
    max: rounded(Math.max(...values)),
    runs: values.length,
  };
}

/** Of an even number of values the mean of the two in the middle. */
export function medianOf(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
  const lower = sorted[Math.floor((sorted.length - 1) / 2)] ?? Number.NaN;
  return (lower + upper) / 2;
}

const SIGNIFICANT_DIGITS = 4;

/** Figures have no more digits than they deserve; whole numbers of any size keep theirs. */
function rounded(value: number): number {
  if (Number.isInteger(value)) return value;
  return Math.abs(value) >= 10 ** SIGNIFICANT_DIGITS
    ? Math.round(value)
    : Number(value.toPrecision(SIGNIFICANT_DIGITS));
}
