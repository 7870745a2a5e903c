import { createHyparquetColumnReader } from '#adapters/parquet/hyparquet-column-reader.ts';
import type { IngestDeps } from '#app/ingest-stream.ts';
import { compactTable } from '#app/maintain/compact-table.ts';
import { expireTable } from '#app/maintain/expire-table.ts';
import { removeOrphans } from '#app/maintain/remove-orphans.ts';
import { retainTable } from '#app/maintain/retain-table.ts';
import { updateTable } from '#app/update-table.ts';
import { currentSnapshot } from '#core/iceberg/spec/table-metadata.ts';
import { setSnapshotRef } from '#core/iceberg/transaction/snapshot-refs.ts';
import type { TableIdent } from '#ports/table-catalog.ts';
import { REJECTED, START_MS, TABLE } from '#test/app/ingest-world.ts';
import { appendNothing, deleteByPosition, expireHistory, rewriteOne } from './foreign-engine.ts';
import type { InstancePool } from './instance.ts';
import type { RandomSource } from './random-source.ts';
import { DOMAIN, type SimulatedWorld, TABLES } from './world.ts';

/** More than any process of this world lives, zombies included, and than what it waits for a service. */
export const ORPHAN_AGE_MS = 40 * 60_000;
const LONGEST_PAUSE_MS = 12 * 60_000;
const NO_DEADLINE = Number.POSITIVE_INFINITY;
const HOUR_MS = 3_600_000;

/** A job on one table, as the maintenance function, a person or another engine does it. */
type Job = (deps: IngestDeps, table: TableIdent) => Promise<unknown>;
type Jobs = Readonly<Record<string, Job>>;

const OWN: Jobs = {
  compaction: (deps, table) =>
    compactTable({ ...deps, columns: createHyparquetColumnReader(deps.store) }, table, {
      targetFileBytes: 64 * 1024,
      minInputFiles: 2,
      maxRewriteBytes: 1024 * 1024,
      maxFileRows: 1_000,
      sortBy: null,
      eventTime: null,
      deadlineMs: NO_DEADLINE,
    }),
  expiry: (deps, table) => expireTable(deps, table, { dryRun: false, deadlineMs: NO_DEADLINE }),
  'orphan removal': (deps, table) =>
    removeOrphans(deps, table, {
      domain: DOMAIN,
      minAgeMs: ORPHAN_AGE_MS,
      dryRun: false,
      deadlineMs: NO_DEADLINE,
    }),
  tagging: (deps, table) =>
    updateTable(deps, table, (metadata) => {
      const snapshot = currentSnapshot(metadata);
      if (snapshot === null) return null;
      const name = `run-${metadata['last-sequence-number']}`;
      return setSnapshotRef(metadata, name, { type: 'tag', snapshotId: snapshot['snapshot-id'] });
    }),
};

/** What others do to the tables of a world. */
function jobsOfOthers(world: SimulatedWorld, random: RandomSource): Jobs {
  const { plan } = world;
  const foreign: Jobs = {
    'foreign append': appendNothing,
    'foreign rewrite': (deps, table) => rewriteOne(deps, table, { random, onRemoved: null }),
    'foreign expiry': expireHistory,
  };
  const deletions: Jobs = {
    'foreign copy-on-write': (deps, table) =>
      takeOut(world, (onRemoved) => rewriteOne(deps, bronze(table), { random, onRemoved })),
    'foreign deletes': (deps, table) =>
      takeOut(world, (onRemoved) => deleteByPosition(deps, bronze(table), { random, onRemoved })),
  };
  return {
    ...(plan.hasForeignEngine ? foreign : {}),
    ...(plan.removal === 'rows' ? deletions : {}),
    ...(plan.removal === 'retention' ? { retention: retention(world, random) } : {}),
  };
}

/** Notes rows that may be gone before they are, and those that are. */
async function takeOut(
  { removed, gone }: SimulatedWorld,
  work: (onRemoved: (place: string) => void) => Promise<boolean>,
): Promise<void> {
  const places: string[] = [];
  const isDone = await work((place) => {
    removed.add(place);
    places.push(place);
  });
  if (isDone) for (const place of places) gone.add(place);
}

function bronze(table: TableIdent): TableIdent {
  return table.table === REJECTED.table ? TABLE : table;
}

function retention(world: SimulatedWorld, random: RandomSource): Job {
  return (deps, table) => {
    const horizonMs = START_MS + random.below(HOUR_MS);
    const known = world.retainedFromMs.get(table.table) ?? 0;
    world.retainedFromMs.set(table.table, Math.max(known, horizonMs));
    return retainTable(deps, table, { horizonMs, deadlineMs: NO_DEADLINE });
  };
}

/** Compaction, expiry, orphan removal and tags at any moment, one at a time; other engines meanwhile. */
export async function runMaintenance(
  world: SimulatedWorld,
  instances: InstancePool,
): Promise<void> {
  const random = world.random.derive('maintenance');
  const others = world.random.derive('others');
  await Promise.all([
    runJobs(world, instances, { random, jobs: OWN }),
    runJobs(world, instances, { random: others, jobs: jobsOfOthers(world, others) }),
  ]);
}

async function runJobs(
  world: SimulatedWorld,
  instances: InstancePool,
  { random, jobs }: { readonly random: RandomSource; readonly jobs: Jobs },
): Promise<void> {
  const names = Object.keys(jobs);
  const deletes = jobsOfOthers(world, random)['foreign deletes'];
  while (!world.isOver && names.length > 0) {
    await world.scheduler.sleep(random.below(LONGEST_PAUSE_MS));
    const name = random.pick(names);
    const table = random.pick(TABLES);
    if (world.isOver) return;
    const process = instances.run(`${name} of ${table.table}`, async (deps) => {
      await jobs[name]?.(deps, table);
    });
    const rival = name === 'compaction' ? deletes : undefined;
    // At the worst moment: after the compaction's plan, before its commit.
    if (rival !== undefined) {
      await world.scheduler.sleep(random.below(500));
      instances.run(`foreign deletes of ${table.table}`, async (deps) => {
        await rival(deps, table);
      });
    }
    const ending = await process.ended;
    if (ending.kind === 'failed')
      world.jobFailures.push({ job: `${name} of ${table.table}`, error: ending.error });
  }
}
