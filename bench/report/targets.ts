import type { Result } from './result.ts';

/** What a figure must reach; `atLeastAs` names another figure of the same run. */
export type Target =
  | { readonly atLeast: number }
  | { readonly atMost: number }
  | { readonly atLeastAs: string };

/** docs/benchmarks.md says why these. */
export const TARGETS: Readonly<Record<string, Target>> = {
  handler_events_per_s_2cores: { atLeast: 1_000_000 },
  encode_events_per_s_core: { atLeast: 1_500_000 },
  encode_ratio_to_reference: { atLeast: 6 },
  cold_start_first_batch_ms: { atMost: 300 },
  rss_mb_50k_batch: { atMost: 250 },
  rss_mb_many_batches: { atMost: 250 },
  commit_cost_ratio_5000_to_10: { atMost: 1.5 },
  writers_32_surfaced_failures: { atMost: 0 },
  writers_32_lost_rows: { atMost: 0 },
  writers_32_duplicate_rows: { atMost: 0 },
  commits_per_s_32_writers: { atLeastAs: 'commits_per_s_1_writer' },
};

export interface Verdict {
  /** `>= 1000000` */
  readonly wanted: string;
  readonly isMet: boolean;
}

/** Null for a figure without a target, or whose counterpart was not measured. */
export function judgeResult(result: Result, all: readonly Result[]): Verdict | null {
  const target = TARGETS[result.name];
  if (target === undefined) return null;
  if ('atMost' in target) {
    return { wanted: `<= ${target.atMost}`, isMet: result.value <= target.atMost };
  }
  if ('atLeast' in target) {
    return { wanted: `>= ${target.atLeast}`, isMet: result.value >= target.atLeast };
  }
  const other = all.find(({ name }) => name === target.atLeastAs);
  if (other === undefined) return null;
  return { wanted: `>= ${other.value} (${other.name})`, isMet: result.value >= other.value };
}
