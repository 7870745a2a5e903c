import os from 'node:os';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { createOutput, type Output } from '#cli/output.ts';
import { FAULT_KINDS, type FaultKind } from './simulation/fault.ts';
import { runSimulation } from './simulation/run-simulation.ts';
import type { RunReport, SimulationJob } from './simulation/simulation-worker.ts';

/**
 * `npm run chaos -- [--runs 1000] [--seed text] [--json]`: whole worlds of writers, queue, committers, maintenance and
 * catalog in memory, in which every step of I/O can fail before, after or ambiguously, be delayed, repeated or overtaken, and processes die
 * anywhere. `--replay <seed of a run> [--trace]` repeats one run; `--bail` ends
 * at the first violation. Ends with status 1 when a property of delivery does not hold.
 */
const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '1000' },
    seed: { type: 'string', default: String(Date.now()) },
    replay: { type: 'string' },
    trace: { type: 'boolean', default: false },
    bail: { type: 'boolean', default: false },
    workers: { type: 'string', default: String(os.availableParallelism()) },
    json: { type: 'boolean', default: false },
  },
});
/** Of violations told one by one; the rest is counted. */
const MAX_TOLD = 20;

const output = createOutput(
  { stdout: process.stdout, stderr: process.stderr, now: () => performance.now() },
  values.json,
);
process.exitCode =
  values.replay === undefined ? await runMany(output) : await replay(output, values.replay);

async function replay(out: Output, seed: string): Promise<number> {
  const trace = values.trace ? { trace: (line: string) => out.line(line) } : {};
  const { violations, events } = await runSimulation({ seed, ...trace });
  for (const violation of violations) out.problem(violation);
  out.line(`seed ${seed}: ${events} events, ${violations.length} violations`);
  out.result({ runs: 1, violations: violations.length, seed });
  return violations.length === 0 ? 0 : 1;
}

async function runMany(out: Output): Promise<number> {
  const runs = wholeNumber('--runs', values.runs);
  const workers = Math.min(wholeNumber('--workers', values.workers), runs);
  const startedMs = performance.now();
  const progress = out.progress('runs', runs);
  const planted = new Map<string, Map<FaultKind, number>>();
  let [done, events, violations] = [0, 0, 0];
  const take = (report: RunReport): boolean => {
    progress.update(++done);
    events += report.events;
    for (const [step, fault, times] of report.faults) addTimes(planted, { step, fault, times });
    for (const violation of report.violations) {
      if (++violations <= MAX_TOLD)
        out.problem(`${violation}\n  repeat it: --replay ${report.seed} --trace`);
    }
    return values.bail && violations > 0;
  };
  await Promise.all(
    Array.from({ length: workers }, (_, from) =>
      runWorker({ seed: values.seed, from, stride: workers, runs }, take),
    ),
  );
  progress.stop();
  const seconds = Math.round((performance.now() - startedMs) / 1000);
  tellFaults(out, planted);
  out.line(
    `${done} runs, ${events} events, ${violations} violations, ${seconds} s, seed ${values.seed}`,
  );
  out.result({ runs: done, violations, seed: values.seed, seconds });
  return violations === 0 ? 0 : 1;
}

/** Until its runs are done, or until `take` has had enough. */
async function runWorker(job: SimulationJob, take: (report: RunReport) => boolean): Promise<void> {
  const worker = new Worker(new URL('./simulation/simulation-worker.ts', import.meta.url), {
    workerData: job,
  });
  await new Promise<void>((resolve, reject) => {
    worker.on('message', (report: RunReport) => {
      if (take(report)) void worker.terminate();
    });
    worker.once('error', reject);
    worker.once('exit', () => resolve());
  });
}

/** How often each fault met each step. */
function tellFaults(
  out: Output,
  planted: ReadonlyMap<string, ReadonlyMap<FaultKind, number>>,
): void {
  const rows = [...planted]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([step, kinds]) => [step, ...FAULT_KINDS.map((kind) => String(kinds.get(kind) ?? 0))]);
  out.table(['step', ...FAULT_KINDS], rows, {
    rightAligned: FAULT_KINDS.map((_, index) => index + 1),
  });
}

function addTimes(
  planted: Map<string, Map<FaultKind, number>>,
  {
    step,
    fault,
    times,
  }: { readonly step: string; readonly fault: FaultKind; readonly times: number },
): void {
  const kinds = planted.get(step) ?? new Map<FaultKind, number>();
  kinds.set(fault, (kinds.get(fault) ?? 0) + times);
  planted.set(step, kinds);
}

function wholeNumber(option: string, text: string): number {
  const number = Number(text);
  if (Number.isInteger(number) && number > 0) return number;
  process.stderr.write(`${option}: expected a whole number from 1, got ${text}\n`);
  process.exit(2);
}
