import { addCounts, NO_COUNTS } from '#core/delivery/delivery-counts.ts';
import type { JudgedEvent } from '#core/delivery/judged-event.ts';
import { isFileSource } from '#core/delivery/position.ts';
import type { StagedTable } from '#core/delivery/staged-batch.ts';
import { hasCode, SluiceError } from '#core/errors.ts';
import {
  type CommitReport,
  commitConfigOf,
  commitStaged,
  type TableCommit,
} from './commit-staged.ts';
import type { IngestConfig, IngestDeps, IngestedTable } from './ingest-stream.ts';
import { nothingIngested, sumIngested } from './ingested-tables.ts';
import type { SourceRecord } from './open-record.ts';
import { type Slice, sliceOfEvents } from './stage/slice.ts';
import { openSlices, type StagedSlice, stageSlice } from './stage/stage-batch.ts';
import { tableKey } from './stage/writable-table.ts';

export type { SourceRecord };

/**
 * Takes in one batch of one source: take records apart, decode, judge, stage (see stageSlice), and commit it or wake who does. Safe
 * to repeat with the same or other batch boundaries: what is decided already is left out. No event can make it
 * fail; services that do not answer can.
 */
export async function ingestBatch(
  deps: IngestDeps,
  config: IngestConfig,
  batch: { readonly source: string; readonly records: readonly SourceRecord[] },
): Promise<readonly IngestedTable[]> {
  const ingested: IngestedTable[] = [];
  for await (const slice of openSlices(deps, config, batch)) {
    ingested.push(...(await ingestSlice(deps, config, slice)));
  }
  return sumIngested(ingested);
}

/**
 * Takes in judged events of one source, in position order and as many as memory holds. Safe to repeat, as ingestBatch is. Files
 * are always committed at once, by who holds their lease.
 */
export async function ingestEvents(
  deps: IngestDeps,
  config: IngestConfig,
  judged: { readonly source: string; readonly events: readonly JudgedEvent[] },
): Promise<readonly IngestedTable[]> {
  const { source, events } = judged;
  if (events.length === 0) return [];
  return await ingestSlice(deps, config, sliceOfEvents(config, events, { source }));
}

async function ingestSlice(
  deps: IngestDeps,
  config: IngestConfig,
  slice: Slice,
): Promise<readonly IngestedTable[]> {
  const { source } = slice;
  if (config.commit === 'group' && !isFileSource(source)) {
    const staged = await stageSlice(deps, config, slice);
    if (staged.chain.links.length > 0) await ring(deps, config);
    return describeStaged(config, staged);
  }
  const staged = await stageOrMakeRoom(deps, config, slice);
  // What an earlier delivery has staged and not committed is committed now.
  if (staged.chain.links.length === 0) return describeCommitted(config, staged, []);
  return describeCommitted(config, staged, await commitOwn(deps, config, source));
}

/** Nobody else may be there to commit what fills the chain: the mode has changed, say. */
async function stageOrMakeRoom(
  deps: IngestDeps,
  config: IngestConfig,
  slice: Slice,
): Promise<StagedSlice> {
  try {
    return await stageSlice(deps, config, slice);
  } catch (error) {
    if (!hasCode(error, 'CHAIN_TOO_LONG')) throw error;
    await commitOwn(deps, config, slice.source);
    return await stageSlice(deps, config, slice);
  }
}

/** Throws what kept a table from being committed to, and TABLE_INVALID when a batch is missing before what is staged. */
async function commitOwn(
  deps: IngestDeps,
  config: IngestConfig,
  source: string,
): Promise<readonly TableCommit[]> {
  const request = { sources: [source], takesAlong: !isFileSource(source) };
  const report = await commitStaged(deps, commitConfigOf(config), request);
  const failure = report.failures.find(({ table }) => table !== source);
  if (failure !== undefined) throw failure.error;
  requireNoGap(report);
  return report.tables;
}

function requireNoGap({ tables }: CommitReport): void {
  for (const { table, sources } of tables) {
    for (const { source, missing } of sources) {
      if (missing === null) continue;
      const at = missing.after === null ? 'nothing' : `position ${missing.after.sequence}`;
      throw new SluiceError(
        'TABLE_INVALID',
        `${source}: ${table} has ${at}, but what is staged follows position ${missing.before.sequence}; ` +
          'was the table rolled back? reset the chain of the source and read it again from there',
        { context: { source, table } },
      );
    }
  }
}

/** A lost message only delays: a tick commits too. */
async function ring({ doorbell }: IngestDeps, { domain }: IngestConfig): Promise<void> {
  try {
    await doorbell?.send(JSON.stringify({ domain }));
  } catch (error) {
    if (!hasCode(error, 'SOURCE_UNAVAILABLE')) throw error;
  }
}

function describeStaged(config: IngestConfig, slice: StagedSlice): readonly IngestedTable[] {
  return inOrder(config, slice).flatMap(({ table, key, isExpected }): IngestedTable[] => {
    const staged = slice.tables.get(key);
    if (staged === undefined) return isExpected ? [nothingIngested(table)] : [];
    const { attempts } = slice;
    const counts = countsOf(staged);
    return [{ table, outcome: 'staged', snapshotId: null, attempts, counts, isHorizonCut: false }];
  });
}

function countsOf({ streams }: StagedTable) {
  const hours = [...streams.values()].flatMap((counts) => [...counts.values()]);
  return hours.reduce(addCounts, NO_COUNTS);
}

function describeCommitted(
  config: IngestConfig,
  slice: StagedSlice,
  commits: readonly TableCommit[],
): readonly IngestedTable[] {
  return inOrder(config, slice).flatMap(({ table, key, isExpected }): IngestedTable[] => {
    const commit = commits.find((each) => each.table === key);
    if (commit === undefined || commit.snapshotIds.length === 0) {
      return isExpected ? [{ ...nothingIngested(table), attempts: commit?.attempts ?? 1 }] : [];
    }
    const { attempts, isHorizonCut, snapshotIds, sources } = commit;
    const snapshotId = snapshotIds.at(-1) ?? null;
    // Who takes others along tells of their rows, too: they find them in, and say nothing of them.
    const counts = sources.map((each) => each.counts).reduce(addCounts, NO_COUNTS);
    return [{ table, outcome: 'committed', snapshotId, attempts, counts, isHorizonCut }];
  });
}

/** The tables of a slice: those of its streams, which are always reported, and `rejected` at the end. */
function inOrder({ streams, rejectedTable }: IngestConfig, slice: StagedSlice) {
  const bronze = streams.map(({ plan, table }) => ({
    table: table.table,
    key: tableKey(table),
    isExpected: slice.streams.has(plan.stream.name),
  }));
  const rejected = { table: rejectedTable.table, key: tableKey(rejectedTable), isExpected: false };
  return [...bronze, rejected];
}
