/**
 * What a commit costs by the age of its table, in a process of its own.
 *
 * A table is given a year: one tagged commit a day, in the last 30 days one an hour, and the rest of its commits in the last
 * hours. Old snapshots expire in the commits, tags stay. Then commits to it are compared with commits to tables that have seen
 * ten. CPU time is the process's own, over an in-memory store and catalog; waiting is counted on a virtual clock.
 */
import { loadTable } from '#app/load-table.ts';
import { checkMetadata } from '#core/iceberg/check/check-metadata.ts';
import { checkTable } from '#core/iceberg/check/check-table.ts';
import { newProblemReport } from '#core/iceberg/check/problem.ts';
import type { TableMetadata } from '#core/iceberg/spec/table-metadata.ts';
import { answerParent } from '../process/answer-parent.ts';
import { ageTable, INTERVAL_MS } from './age-table.ts';
import { commitFile } from './commit-file.ts';
import { IDENT, newWorld, type World } from './table-world.ts';

export interface CommitCostRequest {
  /** Commits that the old table has seen. */
  readonly commits: number;
  readonly rounds: number;
}

/** Mean of some commits. */
export interface CommitCost {
  readonly cpuMs: number;
  readonly waitMs: number;
}

export interface CommitCostMeasured {
  readonly rounds: readonly { readonly young: CommitCost; readonly old: CommitCost }[];
  /** Size of the old table's metadata file. */
  readonly metadataBytes: number;
}

/** Commits measured in a round: a whole cycle of manifest merging. */
const OLD_COMMITS = 100;
const YOUNG_COMMITS = 10;

if (import.meta.main) await answerParent(measureCommitCost);

async function measureCommitCost(request: CommitCostRequest): Promise<CommitCostMeasured> {
  const old = await newWorld();
  await ageTable(old, request.commits);
  const measured: CommitCostMeasured['rounds'][number][] = [];
  for (let round = 0; round <= request.rounds; round++) {
    const pair = { young: await measureYoung(), old: await measureCommits(old, OLD_COMMITS) };
    // The first round warms up.
    if (round > 0) measured.push(pair);
  }
  await requireValid(old);
  const { metadataLocation } = await old.catalog.load(IDENT);
  const { sizeBytes } = (await old.store.head(metadataLocation)) ?? { sizeBytes: 0 };
  return { rounds: measured, metadataBytes: sizeBytes };
}

/** As many commits as to the old table, to tables that have seen ten. */
async function measureYoung(): Promise<CommitCost> {
  const costs: CommitCost[] = [];
  for (let table = 0; table < OLD_COMMITS / YOUNG_COMMITS; table++) {
    const young = await newWorld();
    await ageTable(young, 10);
    costs.push(await measureCommits(young, YOUNG_COMMITS));
  }
  const mean = (pick: (cost: CommitCost) => number) =>
    costs.reduce((sum, cost) => sum + pick(cost), 0) / costs.length;
  return { cpuMs: mean(({ cpuMs }) => cpuMs), waitMs: mean(({ waitMs }) => waitMs) };
}

async function measureCommits(world: World, commits: number): Promise<CommitCost> {
  const cpu = process.cpuUsage();
  for (let index = 0; index < commits; index++) {
    world.clock.timeMs += INTERVAL_MS;
    await commitFile(world, world.deps, []);
  }
  const used = process.cpuUsage(cpu);
  let waitMs = 0;
  for (let index = 0; index < commits; index++) {
    world.clock.timeMs += INTERVAL_MS;
    const before = world.clock.timeMs;
    await commitFile(world, world.remote, []);
    waitMs += world.clock.timeMs - before;
  }
  return { cpuMs: (used.user + used.system) / 1000 / commits, waitMs: waitMs / commits };
}

/** Throws what the validator says of the metadata and of the newest snapshot's files; all snapshots would take minutes. */
async function requireValid(world: World): Promise<void> {
  const { metadata } = await loadTable(world, IDENT);
  const report = newProblemReport();
  checkMetadata(metadata, report);
  const main = metadata.refs['main'];
  const newest: TableMetadata = {
    ...metadata,
    snapshots: metadata.snapshots.slice(-1),
    'snapshot-log': metadata['snapshot-log'].slice(-1),
    refs: Object.fromEntries(main === undefined ? [] : [['main', main]]),
  };
  const found = await checkTable({ read: (uri) => world.store.get(uri) }, newest);
  const problems = [...report.problems, ...found];
  if (problems.length > 0)
    throw new Error(`the aged table is invalid: ${JSON.stringify(problems)}`);
}
