import { parentPort, workerData } from 'node:worker_threads';
import { runTarget } from './run-target.ts';
import { FUZZ_TARGETS } from './targets.ts';

export interface FuzzJob {
  readonly target: string;
  readonly inputs: number;
  readonly seed: number;
  /** One 32-bit word: the input under way, for the watchdog. */
  readonly progress: SharedArrayBuffer;
}

const job = workerData as FuzzJob;
const target = FUZZ_TARGETS.find(({ name }) => name === job.target);
if (target === undefined) throw new Error(`no fuzz target ${job.target}`);
const progress = new Int32Array(job.progress);
parentPort?.postMessage(
  await runTarget(target, {
    inputs: job.inputs,
    seed: job.seed,
    begin: (index) => Atomics.store(progress, 0, index + 1),
  }),
);
