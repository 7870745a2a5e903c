import type { Benchmark } from './benchmark.ts';
import { COMMIT_COST_BENCHMARK } from './commit-cost/commit-cost-benchmark.ts';
import { CONTENTION_BENCHMARK } from './contention/contention-benchmark.ts';
import { COST_BENCHMARK } from './cost/cost-benchmark.ts';
import { FUNCTION_BENCHMARK } from './function/function-benchmark.ts';
import { HANDLER_BENCHMARK } from './handler/handler-benchmark.ts';
import { STAGES_BENCHMARK } from './stages/stages-benchmark.ts';

/** In the order in which they run. */
export const BENCHMARKS: readonly Benchmark[] = [
  HANDLER_BENCHMARK,
  STAGES_BENCHMARK,
  FUNCTION_BENCHMARK,
  COST_BENCHMARK,
  COMMIT_COST_BENCHMARK,
  CONTENTION_BENCHMARK,
];
