import { describe, expect, it } from 'vitest';
import { BENCHMARKS } from '../../../bench/benchmarks.ts';
import { type Result, resultOf } from '../../../bench/report/result.ts';
import { judgeResult, TARGETS } from '../../../bench/report/targets.ts';

function verdictOf(name: string, value: number, others: readonly Result[] = []) {
  const result = resultOf(name, '', [value]);
  return judgeResult(result, [result, ...others]);
}

describe('targets', () => {
  it('belong to figures that a benchmark measures', () => {
    const measured = BENCHMARKS.flatMap(({ results }) => results);
    expect(Object.keys(TARGETS).filter((name) => !measured.includes(name))).toEqual([]);
  });
});

describe('judgeResult', () => {
  it('meets a lower bound exactly', () => {
    expect(verdictOf('handler_events_per_s_2cores', 1_000_000)?.isMet).toBe(true);
    expect(verdictOf('handler_events_per_s_2cores', 999_999)?.isMet).toBe(false);
  });

  it('meets an upper bound exactly', () => {
    expect(verdictOf('cold_start_first_batch_ms', 300)?.isMet).toBe(true);
    expect(verdictOf('cold_start_first_batch_ms', 301)?.isMet).toBe(false);
  });

  it('misses zero by a single failure', () => {
    expect(verdictOf('writers_32_surfaced_failures', 1)).toEqual({ wanted: '<= 0', isMet: false });
  });

  it('holds one figure against another of the same run', () => {
    const alone = resultOf('commits_per_s_1_writer', 'commits/s', [2.5]);
    expect(verdictOf('commits_per_s_32_writers', 2.6, [alone])?.isMet).toBe(true);
    expect(verdictOf('commits_per_s_32_writers', 2.4, [alone])?.isMet).toBe(false);
  });

  it('says nothing without the other figure, and of figures without a target', () => {
    expect(verdictOf('commits_per_s_32_writers', 2.6)).toBeNull();
    expect(verdictOf('stage_parse_ns_per_event', 50)).toBeNull();
  });
});
