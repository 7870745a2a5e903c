import type { Result } from './report/result.ts';

export interface BenchmarkOptions {
  /** Few and small rounds: to see that it works, not how fast. */
  readonly quick: boolean;
  /** Progress for people. */
  readonly say: (text: string) => void;
}

/** A measurement and the figures that come of it together. */
export interface Benchmark {
  /** Of one word; see `--only`. */
  readonly name: string;
  /** Names of all its results. */
  readonly results: readonly string[];
  /** Throws when what was done is not what was to be measured: rows are missing, a child failed. */
  run(options: BenchmarkOptions): Promise<readonly Result[]>;
}
