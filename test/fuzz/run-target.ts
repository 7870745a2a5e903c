import type { FuzzReport, FuzzTarget } from './fuzz-target.ts';
import { drawOf } from './mutate.ts';

const MAX_FAILURES = 5;
const HEAP_CHECK_EVERY = 1_000;

/** Runs inputs `0 … inputs-1` of a seed; `begin` is told each index before its run, so that a hang can be named. */
export async function runTarget(
  target: FuzzTarget,
  options: {
    readonly inputs: number;
    readonly seed: number;
    readonly begin?: (index: number) => void;
  },
): Promise<FuzzReport> {
  const { run } = await target.prepare();
  const counts = { accepted: 0, refused: 0 };
  const failures: { index: number; problem: string }[] = [];
  let slowestMs = 0;
  let peakHeapMb = 0;
  for (let index = 0; index < options.inputs && failures.length < MAX_FAILURES; index++) {
    options.begin?.(index);
    const startedMs = performance.now();
    try {
      counts[await run(drawOf(options.seed, index))]++;
    } catch (error) {
      const problem = error instanceof Error ? (error.stack ?? error.message) : String(error);
      failures.push({ index, problem });
    }
    slowestMs = Math.max(slowestMs, performance.now() - startedMs);
    if (index % HEAP_CHECK_EVERY === 0)
      peakHeapMb = Math.max(peakHeapMb, process.memoryUsage().heapUsed / 2 ** 20);
  }
  const { name } = target;
  const inputs = counts.accepted + counts.refused + failures.length;
  return {
    name,
    inputs,
    ...counts,
    slowestMs: Math.round(slowestMs),
    peakHeapMb: Math.round(peakHeapMb),
    failures,
  };
}
