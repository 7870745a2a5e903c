import type { Benchmark } from '../benchmark.ts';
import { measureInChild } from '../process/measure-in-children.ts';
import { type Result, resultOf } from '../report/result.ts';
import type { ContentionMeasured, ContentionRequest } from './measure-contention.ts';

const MEASURE = new URL('measure-contention.ts', import.meta.url);
const WRITERS = [1, 2, 4, 8, 16, 32];
/** The two that a target compares; those between show how it goes over from one to the other. */
const HELD_TOGETHER = new Set([1, 32]);

/** From one writer of a table to 32 of them. */
export const CONTENTION_BENCHMARK: Benchmark = {
  name: 'contention',
  results: WRITERS.flatMap(resultNames),
  run: async ({ quick, say }) => {
    const seconds = quick ? 2 : 10;
    const results: Result[] = [];
    for (const writers of quick ? [1, 32] : WRITERS) {
      say(`  ${writers} writers`);
      const rounds = !quick && HELD_TOGETHER.has(writers) ? 3 : 1;
      const measured: ContentionMeasured[] = [];
      for (let round = 0; round < rounds; round++) {
        const request: ContentionRequest = { writers, seconds };
        measured.push(await measureInChild<ContentionMeasured>(MEASURE, request));
      }
      results.push(...resultsOf(writers, measured));
    }
    return results;
  },
};

function resultNames(writers: number): readonly string[] {
  return [
    commitsName(writers),
    ...['snapshots_per_s', 'batch_ms', 'surfaced_failures', 'lost_rows', 'duplicate_rows'].map(
      (what) => `writers_${writers}_${what}`,
    ),
  ];
}

function commitsName(writers: number): string {
  return `commits_per_s_${writers}_${writers === 1 ? 'writer' : 'writers'}`;
}

function resultsOf(writers: number, measured: readonly ContentionMeasured[]): readonly Result[] {
  const of = (what: string, unit: string, values: readonly number[]) =>
    resultOf(`writers_${writers}_${what}`, unit, values);
  return [
    resultOf(
      commitsName(writers),
      'commits/s',
      measured.map(({ commitsPerSecond }) => commitsPerSecond),
    ),
    of(
      'snapshots_per_s',
      'snapshots/s',
      measured.map(({ snapshotsPerSecond }) => snapshotsPerSecond),
    ),
    of(
      'batch_ms',
      'ms',
      measured.flatMap(({ batchMs }) => batchMs),
    ),
    of('surfaced_failures', 'batches', [
      measured.reduce((sum, { surfacedFailures }) => sum + surfacedFailures, 0),
    ]),
    of('lost_rows', 'rows', [sumOfAmounts(measured.map(({ lostRows }) => lostRows))]),
    of('duplicate_rows', 'rows', [
      sumOfAmounts(measured.map(({ duplicateRows }) => duplicateRows)),
    ]),
  ];
}

/** A row too many in one round does not make up for one that is missing in another. */
function sumOfAmounts(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + Math.abs(value), 0);
}
