import type { Vector } from '../columns/vector.ts';
import type { BlockRecord } from './judged-block.ts';
import { EXACT_HIGH, numberOfWords, wordsOf } from './suspect-values.ts';

/** Doubles near the ends of 64 bits are this far from the number they stand for, and their difference twice as far. */
const INEXACT_MICROS = 4096;

/** Event times of a block, microseconds: those of a field, and the arrival where it has none. */
export interface EventTimes {
  readonly values: BigInt64Array;
  /** Fills rows; calls `suspect` for those that may be more than `maxAheadMicros` ahead of their arrival. */
  fill(
    from: number,
    to: number,
    options: { readonly maxAheadMicros: bigint; readonly suspect: (row: number) => void },
  ): void;
}

/** @param vector Of the field that holds the event time; null for none. */
export function createEventTimes(
  vector: Vector | null,
  rows: {
    readonly length: number;
    readonly arrivals: readonly BlockRecord[];
    /** Index of a row's record. */
    readonly recordOf: Int32Array;
  },
): EventTimes {
  const { length, recordOf } = rows;
  const values = new BigInt64Array(length);
  const words = wordsOf(values);
  const arrivals = wordsOf(BigInt64Array.from(rows.arrivals, (record) => record.arrivalMicros));
  const useArrival = (row: number) => {
    const record = recordOf[row]!;
    words[2 * row] = arrivals[2 * record]!;
    words[2 * row + 1] = arrivals[2 * record + 1]!;
  };
  const fieldTimes = vector?.kind === 'int64' ? wordsOf(vector.values) : null;
  const validity = vector?.validity ?? null;
  return {
    values,
    fill: (from, to, { maxAheadMicros, suspect }) => {
      const maxAhead = Number(maxAheadMicros);
      for (let row = from; row < to; row++) {
        if (fieldTimes === null || (validity !== null && validity[row] === 0)) {
          useArrival(row);
          continue;
        }
        const high = fieldTimes[2 * row + 1]!;
        words[2 * row] = fieldTimes[2 * row]!;
        words[2 * row + 1] = high;
        const slack = high < EXACT_HIGH && high >= -EXACT_HIGH ? 0 : INEXACT_MICROS;
        const ahead = numberOfWords(words, row) - numberOfWords(arrivals, recordOf[row]!);
        if (ahead > maxAhead - slack) suspect(row);
      }
    },
  };
}
