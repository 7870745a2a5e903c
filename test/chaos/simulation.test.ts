import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { runSimulation } from './simulation/run-simulation.ts';
import { type RunReport, reportRun, type SimulationJob } from './simulation/simulation-worker.ts';

const SEEDS = 60;

async function traceOf(seed: string): Promise<readonly string[]> {
  const lines: string[] = [];
  await runSimulation({ seed, trace: (line) => void lines.push(line) });
  return lines;
}

/** Reports of runs as a worker of the command makes them. */
async function reportsOfWorker(job: SimulationJob): Promise<readonly RunReport[]> {
  const url = new URL('simulation/simulation-worker.ts', import.meta.url);
  const worker = new Worker(url, { workerData: job });
  const reports: RunReport[] = [];
  worker.on('message', (report: RunReport) => void reports.push(report));
  await new Promise<void>((resolve, reject) => {
    worker.once('error', reject);
    worker.once('exit', () => resolve());
  });
  return reports;
}

describe('a simulated world', { timeout: 120_000 }, () => {
  it(`keeps the properties of delivery, whatever ${SEEDS} seeds break`, async () => {
    const violations: string[] = [];
    for (let run = 0; run < SEEDS; run++) {
      const report = await reportRun('test', run);
      violations.push(...report.violations.map((violation) => `${report.seed}: ${violation}`));
    }
    expect(violations).toEqual([]);
  });

  it('has shards, events and faults enough', async () => {
    const { shards, events, planted } = await runSimulation({ seed: 'enough' });
    const faults = [...planted.values()].flatMap((kinds) => [...kinds.values()]);
    expect(shards).toBeGreaterThanOrEqual(3);
    expect(events).toBeGreaterThanOrEqual(200);
    expect(faults.reduce((sum, times) => sum + times, 0)).toBeGreaterThanOrEqual(20);
  });

  it('says when it tries too little', async () => {
    const { violations } = await runSimulation({ seed: 'too-little', faults: 3, leastFaults: 20 });
    expect(violations).toEqual(['the simulation: 3 faults, expected 20']);
  });

  it('is the same for the same seed, step by step', async () => {
    const trace = await traceOf('again');
    expect(trace.length).toBeGreaterThan(500);
    expect(await traceOf('again')).toEqual(trace);
  });

  it('is the same in a worker', async () => {
    const reports = await reportsOfWorker({ seed: 'worker', from: 0, stride: 1, runs: 2 });
    expect(reports).toEqual([await reportRun('worker', 0), await reportRun('worker', 1)]);
  });
});
