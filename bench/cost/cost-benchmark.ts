import type { Benchmark } from '../benchmark.ts';
import { withBenchFolder } from '../handler/bench-folder.ts';
import type { RequestCounts } from '../handler/count-requests.ts';
import type { HandlerMeasured, HandlerRequest, Lap } from '../handler/measure-handler.ts';
import type { PayloadRequest, PayloadsWritten } from '../handler/write-payloads.ts';
import { measureInChild } from '../process/measure-in-children.ts';
import { resultOf } from '../report/result.ts';
import { type Cost, usdPerBillionEvents } from './usd-per-billion-events.ts';

const MEASURE = new URL('../handler/measure-handler.ts', import.meta.url);
const WRITE_PAYLOADS = new URL('../handler/write-payloads.ts', import.meta.url);
const SHARD = 0;
/** What a writer at full load stages in a commit interval is a multiple of it: the share of a commit is overstated. */
const COMMIT_EVERY = 8;
const PARTS = ['lambda', 's3', 'dynamoDb', 'glue', 'sqs'] as const;

/** Duration as it would be billed, with services as far away as a region's, and the requests that were made. */
export const COST_BENCHMARK: Benchmark = {
  name: 'cost',
  results: ['usd_per_billion_events', ...PARTS.map(partName)],
  run: async ({ quick, say }) => {
    const rounds = quick ? 1 : 4;
    const batches = rounds * COMMIT_EVERY;
    return await withBenchFolder(async (folder) => {
      const payloads: PayloadRequest = { folder, shard: SHARD, batches: COMMIT_EVERY + batches };
      say('  writing payloads');
      await measureInChild<PayloadsWritten>(WRITE_PAYLOADS, payloads);
      say('  staging and committing');
      const measured = await measureInChild<HandlerMeasured>(MEASURE, {
        folder,
        shard: SHARD,
        batches,
        warmUp: COMMIT_EVERY,
        commitEvery: COMMIT_EVERY,
        isRemote: true,
      } satisfies HandlerRequest);
      const costs = costsOf(measured);
      const of = (name: string, pick: (cost: Cost) => number) =>
        resultOf(name, 'USD', costs.map(pick));
      return [
        of('usd_per_billion_events', ({ total }) => total),
        ...PARTS.map((part) => of(partName(part), (cost) => cost[part])),
      ];
    });
  },
};

function partName(part: string): string {
  return `usd_per_billion_events_${part.toLowerCase()}`;
}

/** Of each round of batches and their commit; the requests are the same in all of them. */
function costsOf(measured: HandlerMeasured): readonly Cost[] {
  const { batches, commits, eventsPerBatch, stageRequests, commitRequests } = measured;
  const rounds = commits.length;
  return commits.map((commit, round) => {
    const staged = batches.slice(round * COMMIT_EVERY, (round + 1) * COMMIT_EVERY);
    return usdPerBillionEvents({
      events: COMMIT_EVERY * eventsPerBatch,
      invocations: COMMIT_EVERY + 1,
      billedMs: [...staged, commit].reduce((sum, lap: Lap) => sum + lap.wallMs, 0),
      requests: meanRequests([stageRequests, commitRequests], rounds),
    });
  });
}

function meanRequests(counts: readonly RequestCounts[], rounds: number): RequestCounts {
  const mean = (pick: (each: RequestCounts) => number) =>
    counts.reduce((sum, each) => sum + pick(each), 0) / rounds;
  return {
    s3Puts: mean(({ s3Puts }) => s3Puts),
    s3Gets: mean(({ s3Gets }) => s3Gets),
    glueRequests: mean(({ glueRequests }) => glueRequests),
    dynamoWriteUnits: mean(({ dynamoWriteUnits }) => dynamoWriteUnits),
    dynamoReadUnits: mean(({ dynamoReadUnits }) => dynamoReadUnits),
    messages: mean(({ messages }) => messages),
  };
}
