import { commitConfigOf, commitStaged } from '#app/commit-staged.ts';
import { ingestBatch } from '#app/ingest-batch.ts';
import type { IngestConfig, IngestDeps } from '#app/ingest-stream.ts';
import { checkProperties } from './check-properties.ts';
import type { FaultKind } from './fault.ts';
import { InstancePool } from './instance.ts';
import { runMaintenance } from './maintenance.ts';
import { runIncident } from './operator.ts';
import type { Process } from './scheduler.ts';
import type { EventSource, ShardReader } from './shard-reader.ts';
import type { Shard } from './workload.ts';
import { createWorld, isCommitted, type SimulatedWorld } from './world.ts';

/** Faults of a run; it goes on until all are planted. */
export const FAULTS_PER_RUN = 20;
const LEAST_SHARDS = 3;
const LEAST_EVENTS = 200;
/** So many steps take a run to its end when nothing is wrong; more mean that it does not end. */
const MAX_TURNS = 8_000;
const LAST_FAULT_CHANCE = 0.1;
/** Seldom, so that what it finds is not always minutes old. */
const TICK_MS = 300_000;
/** What is staged when nothing goes wrong any more is committed so soon: frozen processes, messages that are visible late, ticks. */
const LONGEST_COMMIT_MS = 30 * 60_000;

export interface SimulationOptions {
  readonly seed: string;
  /** Told every step. */
  readonly trace?: ((line: string) => void) | undefined;
  /** @default FAULTS_PER_RUN */
  readonly faults?: number;
  /** A run with fewer proves nothing. @default faults */
  readonly leastFaults?: number;
}

export interface SimulationResult {
  readonly seed: string;
  /** What does not hold, with the place; empty when all is well. */
  readonly violations: readonly string[];
  readonly events: number;
  readonly shards: number;
  readonly steps: ReadonlyMap<string, number>;
  /** Step name to fault kind to how often it was planted. */
  readonly planted: ReadonlyMap<string, ReadonlyMap<FaultKind, number>>;
}

/** Runs one world to its end and judges it. The seed decides everything. */
export async function runSimulation(options: SimulationOptions): Promise<SimulationResult> {
  const { seed, trace, faults = FAULTS_PER_RUN } = options;
  const world = await createWorld({ seed, trace, faults });
  const { scheduler, workload } = world;
  trace?.(`plan: ${JSON.stringify({ ...world.plan, mode: world.mode })}`);
  const violations: string[] = [];
  // A world that does not end is looked at all the same.
  for (const part of [live, checkProperties]) {
    try {
      violations.push(...(await part(world)));
    } catch (error) {
      violations.push(`the run itself: ${error instanceof Error ? error.stack : String(error)}`);
    }
  }
  violations.push(...world.unexplained);
  return {
    seed,
    violations:
      violations.length > 0 ? violations : tooLittle(world, options.leastFaults ?? faults),
    events: workload.events.length,
    shards: workload.shards.length,
    steps: scheduler.steps,
    planted: scheduler.planted,
  };
}

/** A run that tries too little proves nothing. */
function tooLittle({ workload, scheduler }: SimulatedWorld, faults: number): readonly string[] {
  const planted = [...scheduler.planted.values()].flatMap((kinds) => [...kinds.values()]);
  const count = planted.reduce((sum, times) => sum + times, 0);
  return [
    ...atLeast('shards', workload.shards.length, LEAST_SHARDS),
    ...atLeast('events', workload.events.length, LEAST_EVENTS),
    ...atLeast('faults', count, faults),
  ];
}

function atLeast(what: string, found: number, expected: number): readonly string[] {
  return found >= expected ? [] : [`the simulation: ${found} ${what}, expected ${expected}`];
}

async function live(world: SimulatedWorld): Promise<readonly string[]> {
  const { scheduler, queue, readers } = world;
  const committers = poolOf(world, 'committers');
  const commit = (name: string) => {
    world.committing.resolve();
    world.committing = Promise.withResolvers<void>();
    const process = committers.run(name, (deps) => commitAll(world, deps));
    void process.ended.then((ending) => {
      if (ending.kind === 'failed' && !isExplained(world, process))
        world.unexplained.push(`stood: ${name} failed without a fault: ${describe(ending.error)}`);
    });
    return process;
  };
  const over = () => world.isOver;
  readShards(world);
  void queue.deliver(() => commit('committer'), over);
  void queue.deliver(() => commit('second committer'), over);
  void tick(world, () => commit('tick'));
  void deploy(world);
  void changeModes(world);
  void runIncident(world, poolOf(world, 'operators'));
  void runMaintenance(world, poolOf(world, 'maintainers'));
  const isRead = () => world.openIncidents === 0 && readers.every((reader) => reader.isAtEnd());
  // Once something is wrong there is no use in going on.
  const isWrong = () => world.unexplained.length > 0;
  await scheduler.run(() => isWrong() || isRead(), MAX_TURNS);
  // What is left of the faults meets commits and maintenance, or the readers once more.
  scheduler.faultChance = LAST_FAULT_CHANCE;
  const isDone = () => scheduler.faultsLeft === 0 && isRead();
  await scheduler.run(() => isWrong() || isDone(), MAX_TURNS);
  // What is staged by now is committed without further faults: by the queue, or by the tick when a message was lost.
  const quietMs = Math.max(scheduler.nowMs, world.outage.toMs);
  await scheduler.run(() => isWrong() || isCommitted(world), MAX_TURNS);
  world.isOver = true;
  if (isWrong()) return [];
  const waitedMs = scheduler.nowMs - quietMs;
  return waitedMs > LONGEST_COMMIT_MS
    ? [`stood: staged batches waited ${waitedMs} ms after the last fault`]
    : [];
}

function poolOf(world: SimulatedWorld, name: string): InstancePool {
  const { services, scheduler, random } = world;
  return new InstancePool(services, { scheduler, random: random.derive(name) });
}

function readShards(world: SimulatedWorld): void {
  const { scheduler, random, readers, plan } = world;
  const writers = poolOf(world, 'writers');
  const versions = random.derive('versions');
  const invoke = (shard: Shard, from: number, to: number) => {
    const config = configOf(world, versions.next());
    const records = shard.records.slice(from, to);
    return writers.run(`writer ${shard.source.slice(-2)} ${from}-${to}`, (deps) =>
      ingestBatch(deps, config, { source: shard.source, records }),
    );
  };
  for (const reader of readers) {
    const { source, parents } = reader.shard;
    const before = readers.filter(({ shard }) => parents.includes(shard.source));
    const shardSource: EventSource = {
      scheduler,
      invoke,
      random: random.derive(`shard ${source}`),
      givesUp: plan.givesUp,
      isPaused: () => world.isPaused,
      isOver: () => world.isOver,
      failed: (shard, { from, to }, ending, process) => {
        if (ending.kind !== 'failed' || isExplained(world, process)) return;
        const place = `${shard.source.slice(-2)} ${from}-${to}`;
        const why = describe(ending.error);
        world.unexplained.push(`stood: shard ${place} failed without a fault: ${why}`);
      },
    };
    void afterParents(world, before).then(() => reader.read(shardSource));
  }
}

/** A child is read once its parents have been read to their end. */
async function afterParents(
  { scheduler }: SimulatedWorld,
  parents: readonly ShardReader[],
): Promise<void> {
  while (!parents.every((reader) => reader.isAtEnd())) await scheduler.sleep(30_000);
}

/** Whether something was planted in it, or somebody is at work on the tables and the log. */
function isExplained(world: SimulatedWorld, process: Process): boolean {
  return process.faults() > 0 || world.openIncidents > 0;
}

function configOf(world: SimulatedWorld, chance: number): IngestConfig {
  const config = chance < world.newerShare ? world.newer : world.lake.config;
  return { ...config, commit: world.mode };
}

async function commitAll(world: SimulatedWorld, deps: IngestDeps): Promise<void> {
  const { nowMs } = world.scheduler;
  // Nothing fails: the messages of that time are lost with it.
  if (nowMs >= world.outage.fromMs && nowMs < world.outage.toMs) return;
  const { limits } = world;
  const report = await commitStaged(deps, { ...commitConfigOf(world.lake.config), limits });
  const [failure] = report.failures;
  if (failure !== undefined) throw failure.error;
}

async function tick(world: SimulatedWorld, invoke: () => unknown): Promise<void> {
  while (!world.isOver) {
    await world.scheduler.sleep(TICK_MS);
    invoke();
  }
}

/** Half-way a new version of the code is deployed; for some time instances of both are at work. */
async function deploy(world: SimulatedWorld): Promise<void> {
  if (world.plan.deployment === 'none') return;
  const random = world.random.derive('deployment');
  await world.scheduler.sleep(random.between(1, 90) * 60_000);
  world.newerShare = 0.5;
  await world.scheduler.sleep(random.between(1, 60) * 60_000);
  world.newerShare = 1;
}

async function changeModes(world: SimulatedWorld): Promise<void> {
  const random = world.random.derive('modes');
  for (let change = 0; change < world.plan.modeChanges; change++) {
    await world.scheduler.sleep(random.between(10, 60) * 60_000);
    world.mode = world.mode === 'group' ? 'direct' : 'group';
  }
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
