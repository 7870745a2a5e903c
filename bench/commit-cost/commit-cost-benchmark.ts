import type { Benchmark } from '../benchmark.ts';
import { measureInChild } from '../process/measure-in-children.ts';
import { resultOf } from '../report/result.ts';
import type { CommitCost, CommitCostMeasured, CommitCostRequest } from './measure-commit-cost.ts';

const MEASURE = new URL('measure-commit-cost.ts', import.meta.url);

/** A commit to a table that has seen 5,000 against one that has seen 10. */
export const COMMIT_COST_BENCHMARK: Benchmark = {
  name: 'commit-cost',
  results: [
    'commit_cost_ratio_5000_to_10',
    'commit_cpu_ratio_5000_to_10',
    'commit_cpu_ms_after_10',
    'commit_cpu_ms_after_5000',
    'commit_wait_ms_after_5000',
    'metadata_bytes_after_5000',
  ],
  run: async ({ quick }) => {
    // A quick run measures a table of 200 commits under the same names.
    const request: CommitCostRequest = quick
      ? { commits: 200, rounds: 1 }
      : { commits: 5_000, rounds: 5 };
    const { rounds, metadataBytes } = await measureInChild<CommitCostMeasured>(MEASURE, request);
    const ratio = (of: (cost: CommitCost) => number) =>
      rounds.map(({ old, young }) => of(old) / of(young));
    return [
      resultOf(
        'commit_cost_ratio_5000_to_10',
        'ratio',
        ratio((cost) => cost.cpuMs + cost.waitMs),
      ),
      resultOf(
        'commit_cpu_ratio_5000_to_10',
        'ratio',
        ratio((cost) => cost.cpuMs),
      ),
      resultOf(
        'commit_cpu_ms_after_10',
        'ms',
        rounds.map(({ young }) => young.cpuMs),
      ),
      resultOf(
        'commit_cpu_ms_after_5000',
        'ms',
        rounds.map(({ old }) => old.cpuMs),
      ),
      resultOf(
        'commit_wait_ms_after_5000',
        'ms',
        rounds.map(({ old }) => old.waitMs),
      ),
      resultOf('metadata_bytes_after_5000', 'bytes', [metadataBytes]),
    ];
  },
};
