import { MemoryStagingLog } from '#adapters/memory/memory-staging-log.ts';
import type { CommitLimits } from '#app/commit-staged/open-parts.ts';
import type { CommitMode, IngestConfig } from '#app/ingest-stream.ts';
import { updateTable } from '#app/update-table.ts';
import { setProperties } from '#core/iceberg/transaction/set-properties.ts';
import type { TableIdent } from '#ports/table-catalog.ts';
import { IngestWorld, QUOTES, REJECTED, START_MS, TABLE } from '#test/app/ingest-world.ts';
import { newerConfig } from './deployment.ts';
import type { Services } from './instance.ts';
import { SimulatedQueue } from './message-source.ts';
import { createRandomSource, type RandomSource } from './random-source.ts';
import { Scheduler } from './scheduler.ts';
import { ShardReader } from './shard-reader.ts';
import { withTimes } from './simulated-services.ts';
import { SnapshotJournal } from './snapshot-journal.ts';
import { createWorkload, type Workload } from './workload.ts';
import { createWorldPlan, type WorldPlan } from './world-plan.ts';

export const DOMAIN = 'market';
export const TABLES: readonly TableIdent[] = [TABLE, QUOTES, REJECTED];
const HOUR_MS = 3_600_000;
/** Snapshots expire within a run. */
const EXPIRY = {
  'history.expire.min-snapshots-to-keep': '3',
  'history.expire.max-snapshot-age-ms': String(HOUR_MS / 2),
};

/** A world in memory: shards, writers, queue, committers, maintenance and another engine on one lake. */
export interface SimulatedWorld {
  readonly plan: WorldPlan;
  readonly lake: IngestWorld;
  readonly scheduler: Scheduler;
  readonly random: RandomSource;
  readonly services: Services;
  readonly log: MemoryStagingLog;
  readonly journal: SnapshotJournal;
  readonly workload: Workload;
  readonly readers: readonly ShardReader[];
  readonly queue: SimulatedQueue;
  /** What one commit may take in: little, so that batches have to wait. */
  readonly limits: CommitLimits;
  readonly jobFailures: { readonly job: string; readonly error: unknown }[];
  /** Batches and commits that failed although nothing was planted in them. */
  readonly unexplained: string[];
  /** Places (placeOf) of rows that another engine took out on purpose, or meant to. */
  readonly removed: Set<string>;
  /** Places of rows that are taken out for certain. */
  readonly gone: Set<string>;
  /** Settled when the next committer sets to work. */
  committing: PromiseWithResolvers<void>;
  /** By table: rows that arrived before this time may have been taken out. */
  readonly retainedFromMs: Map<string, number>;
  /** While it lasts nobody commits what is staged. */
  readonly outage: { readonly fromMs: number; readonly toMs: number };
  readonly newer: IngestConfig;
  /** Share of invocations that the newer version gets. */
  newerShare: number;
  mode: CommitMode;
  /** Somebody repairs something: the shards are not read. */
  isPaused: boolean;
  /** What the operator has begun and not ended. */
  openIncidents: number;
  isOver: boolean;
}

export async function createWorld(options: {
  readonly seed: string;
  readonly faults: number;
  readonly trace?: ((line: string) => void) | undefined;
}): Promise<SimulatedWorld> {
  const random = createRandomSource(options.seed);
  const plan = createWorldPlan(random.derive('plan'));
  const lake = await IngestWorld.create({ withQuotes: true });
  const scheduler = new Scheduler(random.derive('scheduler'), START_MS);
  scheduler.faultsLeft = options.faults;
  scheduler.faultChance = 0.004 + random.next() * 0.02;
  if (options.trace !== undefined) scheduler.follow(options.trace);
  const queue = new SimulatedQueue(scheduler, random.derive('queue'));
  const journal = new SnapshotJournal();
  const log = new MemoryStagingLog();
  const workload = createWorkload(lake, random.derive('workload'), plan);
  for (const table of TABLES)
    await updateTable(lake.deps, table, (base) =>
      base.properties['history.expire.min-snapshots-to-keep'] === undefined
        ? setProperties(base, EXPIRY)
        : null,
    );
  return {
    plan,
    lake,
    scheduler,
    random,
    queue,
    log,
    journal,
    services: {
      store: withTimes(lake.store, scheduler),
      catalog: journal.watch(lake.catalog),
      stagingLog: log,
      queue,
    },
    workload,
    readers: workload.shards.map((shard) => new ShardReader(shard)),
    jobFailures: [],
    unexplained: [],
    removed: new Set(),
    gone: new Set(),
    committing: Promise.withResolvers<void>(),
    retainedFromMs: new Map(),
    outage: createOutage(random.derive('outage')),
    limits: {
      maxLinks: random.between(2, 12),
      maxFiles: random.between(1, 8),
      maxRows: random.between(5, 200),
    },
    newer: newerConfig(lake, plan.deployment),
    newerShare: 0,
    mode: random.chance(0.7) ? 'group' : 'direct',
    isPaused: false,
    openIncidents: 0,
    isOver: false,
  };
}

/** Some worlds have an hour or more in which the committer does not run. */
function createOutage(random: RandomSource): SimulatedWorld['outage'] {
  if (random.chance(0.6)) return { fromMs: 0, toMs: 0 };
  const fromMs = START_MS + random.below(2 * HOUR_MS);
  return { fromMs, toMs: fromMs + HOUR_MS + random.below(HOUR_MS) };
}

/** Whether every staged batch is in its tables. */
export function isCommitted({ log }: SimulatedWorld): boolean {
  return log.chains(DOMAIN).every(({ links }) => links.length === 0);
}
