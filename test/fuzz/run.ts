import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import type { FuzzReport } from './fuzz-target.ts';
import type { FuzzJob } from './fuzz-worker.ts';
import { FUZZ_TARGETS } from './targets.ts';

/**
 * `npm run test:fuzz -- [--inputs 100000] [--seed 1] [--only name] [--json]`: hostile inputs for every place where
 * foreign bytes come in, each target in a thread with a heap limit and a watchdog. Ends with status 1 when an input
 * is neither accepted nor refused properly, takes too long, or when memory grows.
 */
const HEAP_LIMIT_MB = 512;
const HANG_MS = 20_000;

const { values } = parseArgs({
  options: {
    inputs: { type: 'string', default: '100000' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});

/** Runs one target; a hang and a full heap become failures that name the input. */
async function fuzz(target: string): Promise<FuzzReport> {
  const progress = new SharedArrayBuffer(4);
  const job: FuzzJob = {
    target,
    inputs: Number(values.inputs),
    seed: Number(values.seed),
    progress,
  };
  const worker = new Worker(new URL('./fuzz-worker.ts', import.meta.url), {
    workerData: job,
    resourceLimits: { maxOldGenerationSizeMb: HEAP_LIMIT_MB },
  });
  const at = (): number => Atomics.load(new Int32Array(progress), 0);
  return await new Promise((resolve) => {
    let last = -1;
    const fail = (problem: string): void => {
      clearInterval(watchdog);
      const index = at() - 1;
      resolve({
        name: target,
        inputs: index,
        accepted: 0,
        refused: 0,
        slowestMs: 0,
        peakHeapMb: 0,
        failures: [{ index, problem }],
      });
      void worker.terminate();
    };
    const watchdog = setInterval(() => {
      if (at() === last) fail(`no end within ${HANG_MS} ms`);
      last = at();
    }, HANG_MS);
    worker.once('message', (report: FuzzReport) => {
      clearInterval(watchdog);
      resolve(report);
    });
    worker.once('error', (error) => fail(error.stack ?? error.message));
  });
}

const chosen = FUZZ_TARGETS.filter(({ name }) => values.only === undefined || name === values.only);
if (chosen.length === 0) {
  process.stderr.write(`--only: expected ${FUZZ_TARGETS.map(({ name }) => name).join(', ')}\n`);
  process.exit(2);
}
const reports: FuzzReport[] = [];
process.stderr.write(
  'target                    inputs   accepted    refused  slowest ms  heap MB\n',
);
for (const { name } of chosen) {
  const report = await fuzz(name);
  reports.push(report);
  const cells = [
    report.inputs,
    report.accepted,
    report.refused,
    report.slowestMs,
    report.peakHeapMb,
  ];
  const widths = [8, 10, 10, 11, 8];
  const line = cells.map((cell, index) => String(cell).padStart(widths[index] ?? 0)).join(' ');
  process.stderr.write(`${name.padEnd(23)} ${line}\n`);
  for (const { index, problem } of report.failures)
    process.stderr.write(`  FAILED input ${index} of seed ${values.seed}: ${problem}\n`);
}
if (values.json)
  process.stdout.write(`${JSON.stringify({ seed: Number(values.seed), reports })}\n`);
process.exitCode = reports.every(({ failures }) => failures.length === 0) ? 0 : 1;
