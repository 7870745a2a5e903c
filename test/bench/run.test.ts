import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { BENCHMARKS } from '../../bench/benchmarks.ts';
import type { Result } from '../../bench/report/result.ts';

const RUN = fileURLToPath(new URL('../../bench/run.ts', import.meta.url));

/** What others read by name: a name that is missing is a figure that is lost to them. */
const PROMISED = [
  'handler_events_per_s_2cores',
  'committed_events_per_s_2cores',
  'encode_events_per_s_core',
  'encode_ratio_to_reference',
  'cold_start_first_batch_ms',
  'rss_mb_50k_batch',
  'commit_cost_ratio_5000_to_10',
  'writers_32_surfaced_failures',
  'commits_per_s_1_writer',
  'commits_per_s_32_writers',
  'usd_per_billion_events',
];

function runBench(...args: string[]) {
  return spawnSync(process.execPath, [RUN, ...args], { encoding: 'utf8' });
}

describe('npm run bench', () => {
  it('measures every promised figure once', () => {
    const measured = BENCHMARKS.flatMap(({ results }) => results);
    expect(PROMISED.filter((name) => !measured.includes(name))).toEqual([]);
    expect(new Set(measured).size).toBe(measured.length);
  });

  it('prints its results as JSON on the last line, below a table', () => {
    const { status, stdout } = runBench('--quick', '--json', '--only', 'stages');
    expect(status).toBe(0);
    const lines = stdout.trimEnd().split('\n');
    const { results } = JSON.parse(lines.at(-1) ?? '') as { readonly results: readonly Result[] };
    const stages = BENCHMARKS.find(({ name }) => name === 'stages');
    expect(results.map(({ name }) => name)).toEqual(stages?.results);
    for (const { value, unit, min, max, runs } of results) {
      expect(min).toBeGreaterThan(-1);
      expect(value).toBeGreaterThanOrEqual(min);
      expect(max).toBeGreaterThanOrEqual(value);
      expect(runs).toBeGreaterThan(0);
      expect(unit).toMatch(/^[a-z/]+$/);
    }
    expect(lines).toHaveLength(results.length + 2);
  });

  it('refuses a benchmark that it does not have', () => {
    const { status, stdout, stderr } = runBench('--only', 'stages,nothing');
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toContain('--only nothing: expected any of handler, stages');
  });

  it('refuses to keep a quick run as the baseline', () => {
    const { status, stderr } = runBench('--quick', '--save', '--only', 'stages');
    expect(status).toBe(1);
    expect(stderr).toContain('a quick run is no baseline');
  });
});
