import { commitConfigOf, commitStaged } from '#app/commit-staged.ts';
import type { IngestDeps } from '#app/ingest-stream.ts';
import { planRollback, rollBackTable } from '#app/roll-back-table.ts';
import { comparePositions, type Position } from '#core/delivery/position.ts';
import { readSourceStates } from '#core/delivery/source-state.ts';
import { SluiceError } from '#core/errors.ts';
import { lineOf } from '#core/iceberg/transaction/snapshot-line.ts';
import { QUOTES, TABLE } from '#test/app/ingest-world.ts';
import type { InstancePool } from './instance.ts';
import { LONGEST_FREEZE_MS } from './scheduler.ts';
import { FUNCTION_TIMEOUT_MS } from './shard-reader.ts';
import { DOMAIN, isCommitted, type SimulatedWorld, TABLES } from './world.ts';

/** Nobody who was at work when it began is alive afterwards. */
const SETTLED_MS = FUNCTION_TIMEOUT_MS + 2 * LONGEST_FREEZE_MS;
const LOOK_AGAIN_MS = 60_000;
const RETRIES = 40;
const LONGEST_WAIT_MS = 10 * LOOK_AGAIN_MS;

/** A person who follows the handbook, with the incident of the world's plan. */
export async function runIncident(world: SimulatedWorld, instances: InstancePool): Promise<void> {
  const { plan, scheduler } = world;
  if (plan.incident === 'none') return;
  const random = world.random.derive('operator');
  world.openIncidents++;
  await scheduler.sleep(random.between(20, 200) * 60_000);
  world.isPaused = true;
  const isHasty = plan.incident === 'hasty-rollback';
  if (!isHasty) await scheduler.sleep(SETTLED_MS);
  if (plan.incident === 'rollback' || plan.incident === 'lost-log') await untilCommitted(world);
  if (plan.incident === 'rollback' || isHasty) await rollBack(world, instances);
  else await loseLog(world);
  world.isPaused = false;
  world.openIncidents--;
}

async function untilCommitted(world: SimulatedWorld): Promise<void> {
  while (!isCommitted(world)) await world.scheduler.sleep(LOOK_AGAIN_MS);
}

async function rollBack(world: SimulatedWorld, instances: InstancePool): Promise<void> {
  const random = world.random.derive('rollback');
  const table = random.pick([TABLE, QUOTES]);
  const readAfter = new Map<string, Position | null>();
  const note = (source: string, position: Position | null): void => {
    const known = readAfter.get(source);
    const isLower =
      known === undefined ||
      (known !== null && (position === null || comparePositions(position, known) < 0));
    if (isLower) readAfter.set(source, position);
  };
  const pick = random.next();
  let target: string | null = null;
  for (let attempt = 1; attempt <= RETRIES; attempt++) {
    const ending = await instances.run('roll back', async (deps: IngestDeps) => {
      await commitStaged(deps, { ...commitConfigOf(world.newer), limits: world.limits });
      target ??= await chooseTarget(world, table, pick);
      if (target === null) return;
      const plan = await planRollback(deps, table, { to: target, domain: DOMAIN });
      for (const { source, to } of plan.sources) note(source, to);
      const { reset } = await rollBackTable(deps, table, {
        plan,
        domain: DOMAIN,
        dropStaged: true,
      });
      for (const each of reset) note(each.source, each.readAfter);
    }).ended;
    if (ending.kind === 'done') break;
    const code = ending.kind === 'failed' ? codeOf(ending.error) : 'died';
    if (code === REFUSED && world.plan.hasForeignEngine) break;
    if (ending.kind === 'failed' && !PASSING.includes(code)) {
      world.jobFailures.push({ job: 'rollback', error: ending.error });
      break;
    }
    await world.scheduler.sleep(LOOK_AGAIN_MS);
  }
  for (const reader of world.readers) {
    const position = readAfter.get(reader.shard.source);
    if (position !== undefined) reader.rewindTo(position);
  }
}

async function chooseTarget(
  world: SimulatedWorld,
  table: typeof TABLE,
  pick: number,
): Promise<string | null> {
  const metadata = await world.lake.metadata(table);
  const currentId = metadata['current-snapshot-id'];
  if (currentId === null) return null;
  const earlier = lineOf(metadata, currentId).slice(1);
  const target = earlier[Math.floor(pick * earlier.length)];
  return target === undefined ? null : String(target['snapshot-id']);
}

/** What is tried again: conflicts, services that do not answer, a target that has expired meanwhile. */
const PASSING: readonly string[] = [
  'COMMIT_CONFLICT',
  'COMMIT_STATE_UNKNOWN',
  'SOURCE_UNAVAILABLE',
  'USAGE',
];
/** Another engine has dropped the summaries that say how far the target had read its sources. */
const REFUSED = 'TABLE_INVALID';

function codeOf(error: unknown): string {
  return error instanceof SluiceError ? error.code : '';
}

/** The log is gone: the shards are read again from where the tables are. */
async function loseLog(world: SimulatedWorld): Promise<void> {
  const isPending = world.plan.incident === 'lost-pending-log';
  // At the worst moment, when a committer has read the chains.
  if (isPending) {
    await Promise.race([world.committing.promise, world.scheduler.sleep(LONGEST_WAIT_MS)]);
    await world.scheduler.sleep(world.random.derive('loss').below(2_000));
  }
  world.log.lose(DOMAIN);
  if (!isPending) return;
  const states = await Promise.all(
    TABLES.map(async (table) => readSourceStates(await world.lake.metadata(table))),
  );
  for (const reader of world.readers) {
    const positions = states.map((each) => each.get(reader.shard.source)?.position ?? null);
    const known = positions.filter((position) => position !== null);
    const lowest = known.toSorted(comparePositions)[0] ?? null;
    reader.rewindTo(known.length < positions.length ? null : lowest);
  }
}
