import { parentPort, workerData } from 'node:worker_threads';
import type { FaultKind } from './fault.ts';
import { runSimulation } from './run-simulation.ts';

/** Runs `from`, `from + stride`, … below `runs`. */
export interface SimulationJob {
  readonly seed: string;
  readonly from: number;
  readonly stride: number;
  readonly runs: number;
}

/** What a worker tells of each run. */
export interface RunReport {
  readonly run: number;
  readonly seed: string;
  readonly violations: readonly string[];
  readonly events: number;
  readonly faults: readonly (readonly [step: string, fault: FaultKind, times: number])[];
}

/** The seed of one run, by which it can be repeated alone. */
export function seedOfRun(seed: string, run: number): string {
  return `${seed}/${run}`;
}

export async function reportRun(seed: string, run: number): Promise<RunReport> {
  const runSeed = seedOfRun(seed, run);
  const { violations, events, planted } = await runSimulation({ seed: runSeed });
  const faults = [...planted].flatMap(([step, kinds]) =>
    [...kinds].map(([fault, times]) => [step, fault, times] as const),
  );
  return { run, seed: runSeed, violations, events, faults };
}

if (parentPort !== null) {
  const { seed, from, stride, runs } = workerData as SimulationJob;
  for (let run = from; run < runs; run += stride)
    parentPort.postMessage(await reportRun(seed, run));
}
