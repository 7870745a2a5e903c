import type { Benchmark, BenchmarkOptions } from '../benchmark.ts';
import { measureInChildren } from '../process/measure-in-children.ts';
import { type Result, resultOf } from '../report/result.ts';
import { withBenchFolder } from './bench-folder.ts';
import type { HandlerMeasured, HandlerRequest, Lap } from './measure-handler.ts';
import type { PayloadRequest } from './write-payloads.ts';

const MEASURE = new URL('measure-handler.ts', import.meta.url);
const WRITE_PAYLOADS = new URL('write-payloads.ts', import.meta.url);
const SHARDS = [0, 1];
/** As a committer finds them after `writer.commit_interval` on two busy shards, one after another. */
const COMMIT_EVERY = 4;

interface Rounds {
  readonly warmUp: number;
  readonly batches: number;
}

/** Two instances of the function on two cores, each with a shard of its own, as Lambda would run them. */
export const HANDLER_BENCHMARK: Benchmark = {
  name: 'handler',
  results: [
    'handler_events_per_s_2cores',
    'handler_cpu_ns_per_event',
    'committed_events_per_s_2cores',
    'commit_cpu_ns_per_event',
    'events_per_batch',
    'staged_bytes_per_event',
  ],
  run: async (options) => await withBenchFolder((folder) => runHandlers(folder, options)),
};

async function runHandlers(
  folder: string,
  { quick, say }: BenchmarkOptions,
): Promise<readonly Result[]> {
  const rounds: Rounds = quick
    ? { warmUp: COMMIT_EVERY, batches: COMMIT_EVERY }
    : { warmUp: 2 * COMMIT_EVERY, batches: 5 * COMMIT_EVERY };
  const payloads = SHARDS.map((shard): PayloadRequest => {
    return { folder, shard, batches: rounds.warmUp + rounds.batches };
  });
  say('  writing payloads');
  await measureInChildren(WRITE_PAYLOADS, payloads);
  say('  staging');
  const staging = await measurePair(folder, { ...rounds, commitEvery: 0 });
  say('  staging and committing');
  const committing = await measurePair(folder, { ...rounds, commitEvery: COMMIT_EVERY });
  requireCommitted(committing, rounds);
  const [one] = staging;
  return [
    resultOf('handler_events_per_s_2cores', 'events/s', stagedRates(staging)),
    resultOf(
      'handler_cpu_ns_per_event',
      'ns',
      cpuPerEvent(staging, ({ batches }) => batches, 1),
    ),
    resultOf('committed_events_per_s_2cores', 'events/s', committedRates(committing)),
    resultOf(
      'commit_cpu_ns_per_event',
      'ns',
      cpuPerEvent(committing, ({ commits }) => commits, COMMIT_EVERY),
    ),
    resultOf('events_per_batch', 'events', [one?.eventsPerBatch ?? 0]),
    resultOf(
      'staged_bytes_per_event',
      'bytes',
      staging.map((each) => each.stagedBytesPerEvent),
    ),
  ];
}

async function measurePair(
  folder: string,
  how: Rounds & { readonly commitEvery: number },
): Promise<readonly HandlerMeasured[]> {
  const requests = SHARDS.map((shard): HandlerRequest => {
    return { ...how, folder, shard, isRemote: false };
  });
  return await measureInChildren<HandlerMeasured>(MEASURE, requests);
}

function requireCommitted(measured: readonly HandlerMeasured[], { warmUp, batches }: Rounds): void {
  for (const { committedRows, eventsPerBatch } of measured) {
    const expected = (warmUp + batches) * eventsPerBatch;
    if (committedRows !== expected) {
      throw new Error(`expected ${expected} committed rows, got ${committedRows}`);
    }
  }
}

/** Of both processes together, round by round. */
function stagedRates(measured: readonly HandlerMeasured[]): readonly number[] {
  const rates = measured.map(({ batches, eventsPerBatch }) =>
    batches.map(({ wallMs }) => (eventsPerBatch * 1000) / wallMs),
  );
  return sumRounds(rates);
}

/** A round is COMMIT_EVERY batches and the commit that follows them. */
function committedRates(measured: readonly HandlerMeasured[]): readonly number[] {
  const rates = measured.map(({ batches, commits, eventsPerBatch }) =>
    commits.map((commit, index) => {
      const staged = batches.slice(index * COMMIT_EVERY, (index + 1) * COMMIT_EVERY);
      const wallMs = staged.reduce((sum, batch) => sum + batch.wallMs, commit.wallMs);
      return (COMMIT_EVERY * eventsPerBatch * 1000) / wallMs;
    }),
  );
  return sumRounds(rates);
}

function sumRounds(rates: readonly (readonly number[])[]): readonly number[] {
  const [first = [], ...others] = rates;
  return first.map((rate, round) => others.reduce((sum, other) => sum + (other[round] ?? 0), rate));
}

function cpuPerEvent(
  measured: readonly HandlerMeasured[],
  lapsOf: (each: HandlerMeasured) => readonly Lap[],
  batchesPerLap: number,
): readonly number[] {
  return measured.flatMap((each) =>
    lapsOf(each).map(({ cpuMs }) => (cpuMs * 1e6) / (batchesPerLap * each.eventsPerBatch)),
  );
}
