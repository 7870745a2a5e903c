import { readFileSync } from 'node:fs';
import type { Benchmark, BenchmarkOptions } from '../benchmark.ts';
import { withBenchFolder } from '../handler/bench-folder.ts';
import {
  type PayloadRequest,
  type PayloadsWritten,
  payloadFile,
} from '../handler/write-payloads.ts';
import { measureInChildren } from '../process/measure-in-children.ts';
import { type Result, resultOf } from '../report/result.ts';
import { type DeployedWriter, deployWriter } from './deployed-writer.ts';
import { type FunctionRun, runFunction } from './run-function.ts';

const WRITE_PAYLOADS = new URL('../handler/write-payloads.ts', import.meta.url);
/** Full batches for cold starts; batches of 50,000 events; full batches of an instance that lives on. */
const [COLD_SHARD, LARGE_SHARD, LONG_SHARD] = [0, 1, 2];
const LARGE_EVENTS = 50_000;

/** The bundle as it is deployed, in a process as Lambda starts it, against emulated services in this one. */
export const FUNCTION_BENCHMARK: Benchmark = {
  name: 'function',
  results: [
    'cold_start_first_batch_ms',
    'cold_start_init_ms',
    'cold_start_cpu_ms',
    'cold_start_services_ms',
    'cold_start_without_services_ms',
    'rss_mb_50k_batch',
    'rss_mb_many_batches',
  ],
  run: async (options) => await withBenchFolder((folder) => measureFunction(folder, options)),
};

async function measureFunction(
  folder: string,
  { quick, say }: BenchmarkOptions,
): Promise<readonly Result[]> {
  const counts = quick ? { starts: 2, large: 1, long: 2 } : { starts: 11, large: 3, long: 10 };
  say('  writing payloads');
  const requests: readonly PayloadRequest[] = [
    { folder, shard: COLD_SHARD, batches: counts.starts + 1 },
    { folder, shard: LARGE_SHARD, batches: counts.large, events: LARGE_EVENTS },
    { folder, shard: LONG_SHARD, batches: counts.long },
  ];
  const written = await measureInChildren<PayloadsWritten>(WRITE_PAYLOADS, requests);
  const read = (shard: number, batches: number) =>
    Array.from({ length: batches }, (_, batch) =>
      readFileSync(payloadFile(folder, { shard, batch })),
    );
  const writer = await deployWriter(folder);
  try {
    say('  cold starts');
    // The first one warms the services up.
    const [, ...starts] = await startEach(writer, read(COLD_SHARD, counts.starts + 1));
    say('  memory');
    const large = await startEach(writer, read(LARGE_SHARD, counts.large));
    const long = await runFunction(writer, read(LONG_SHARD, counts.long));
    for (const [index, { shard }] of requests.entries()) {
      await requireStaged(writer, shard, written[index]?.events ?? 0);
    }
    return [...coldStartResults(starts), ...memoryResults(large, long)];
  } finally {
    await writer.close();
  }
}

/** A new process for each payload. */
async function startEach(
  writer: DeployedWriter,
  payloads: readonly Buffer[],
): Promise<readonly FunctionRun[]> {
  const runs: FunctionRun[] = [];
  for (const payload of payloads) runs.push(await runFunction(writer, [payload]));
  return runs;
}

async function requireStaged(writer: DeployedWriter, shard: number, events: number): Promise<void> {
  const rows = await writer.stagedRows(shard);
  if (rows !== events)
    throw new Error(`shard ${shard}: expected ${events} staged rows, got ${rows}`);
}

function coldStartResults(starts: readonly FunctionRun[]): readonly Result[] {
  const of = (name: string, pick: (run: FunctionRun) => number) =>
    resultOf(`cold_start_${name}`, 'ms', starts.map(pick));
  const cpus = starts.flatMap(({ cpuMs }) => cpuMs ?? []);
  return [
    of('first_batch_ms', ({ firstBatchMs }) => firstBatchMs),
    of('init_ms', ({ initMs }) => initMs),
    ...(cpus.length === 0 ? [] : [resultOf('cold_start_cpu_ms', 'ms', cpus)]),
    of('services_ms', ({ servicesMs }) => servicesMs),
    of('without_services_ms', ({ firstBatchMs, servicesMs }) => firstBatchMs - servicesMs),
  ];
}

/** None where the system does not tell how much memory a process had at most. */
function memoryResults(large: readonly FunctionRun[], long: FunctionRun): readonly Result[] {
  const known = (runs: readonly FunctionRun[]) => runs.flatMap(({ peakRssMb }) => peakRssMb ?? []);
  const [peaks, longPeaks] = [known(large), known([long])];
  if (peaks.length === 0) return [];
  return [
    resultOf('rss_mb_50k_batch', 'MB', peaks),
    resultOf('rss_mb_many_batches', 'MB', longPeaks),
  ];
}
