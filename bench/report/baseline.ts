import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import { fileURLToPath } from 'node:url';
import type { Result } from './result.ts';

const BASELINE = fileURLToPath(new URL('../baseline.json', import.meta.url));

/** Figures of an earlier run, on whatever machine that was. */
export interface Baseline {
  readonly machine: string;
  readonly commit: string;
  readonly results: readonly Result[];
}

/** Null when none was saved. */
export function readBaseline(): Baseline | null {
  return existsSync(BASELINE) ? (JSON.parse(readFileSync(BASELINE, 'utf8')) as Baseline) : null;
}

/** Replaces the figures that were measured and keeps the others. */
export function saveBaseline(results: readonly Result[]): void {
  const measured = new Set(results.map(({ name }) => name));
  const kept = readBaseline()?.results.filter(({ name }) => !measured.has(name)) ?? [];
  const baseline: Baseline = {
    machine: describeMachine(),
    commit: currentCommit(),
    results: [...results, ...kept],
  };
  writeFileSync(BASELINE, `${JSON.stringify(baseline, null, 2)}\n`);
}

/** How often the baseline's value it is, since machines differ; null when there is nothing to compare with. */
export function ratioToBaseline(result: Result, baseline: Baseline | null): number | null {
  const before = baseline?.results.find(({ name }) => name === result.name);
  return before === undefined || before.value === 0 ? null : result.value / before.value;
}

/** Processor, Node and how busy the machine is. */
export function describeMachine(): string {
  const [cpu] = os.cpus();
  const load = os.loadavg()[0]?.toFixed(1);
  return `${cpu?.model.trim()} x ${os.cpus().length}, Node ${process.version}, load ${load}`;
}

/** With a `+` when files have changed since; `unknown` outside a checkout. */
function currentCommit(): string {
  const cwd = fileURLToPath(new URL('../..', import.meta.url));
  const git = (...args: string[]) => execFileSync('git', args, { cwd, encoding: 'utf8' }).trim();
  try {
    const isChanged = git('status', '--porcelain', '--untracked-files=no') !== '';
    return `${git('rev-parse', '--short', 'HEAD')}${isChanged ? '+' : ''}`;
  } catch {
    return 'unknown';
  }
}
