import { ARRIVAL_COLUMN } from '#core/delivery/closed-time.ts';
import { hasCode } from '#core/errors.ts';
import { type LiveInventory, listLiveFiles } from '#core/iceberg/maintenance/live-inventory.ts';
import { obsoleteDeletes } from '#core/iceberg/maintenance/obsolete-deletes.ts';
import { planRetention, type RetentionPlan } from '#core/iceberg/maintenance/plan-retention.ts';
import { currentSchema, type TableMetadata } from '#core/iceberg/spec/table-metadata.ts';
import type { ObjectStore } from '#ports/object-store.ts';
import type { TableCatalog, TableIdent } from '#ports/table-catalog.ts';
import { type CommitDeps, commitTable } from '../commit-table.ts';
import { loadTable } from '../load-table.ts';
import { carryStates } from './carried-states.ts';

export interface RetentionOptions {
  /** Rows that arrived before this time have had it. */
  readonly horizonMs: number;
  /** No commit is begun after this time. */
  readonly deadlineMs: number;
  readonly onProgress?: (done: number, total: number) => void;
}

export interface RetentionRun {
  readonly commits: number;
  readonly removedFiles: number;
  readonly removedRows: number;
  readonly removedBytes: number;
  /** Files with older and younger rows: they stay until all of them have had their time. */
  readonly straddlingFiles: number;
  /** Files left to a later run. */
  readonly postponedFiles: number;
  readonly conflicts: number;
}

/** In the summary of a retention commit: rows that arrived before this time were removed. */
export const HORIZON_KEY = 'sluice.retention.before';

const FILES_PER_COMMIT = 5_000;
const MAX_CONFLICTS = 3;
const MAX_ATTEMPTS = 20;

/** What retention would remove now. Throws as loadTable and listLiveFiles. */
export async function planTableRetention(
  deps: { readonly store: ObjectStore; readonly catalog: TableCatalog },
  ident: TableIdent,
  options: RetentionOptions,
): Promise<RetentionPlan> {
  const { metadata } = await loadTable(deps, ident);
  return (await planOn(deps, metadata, options)).plan;
}

/**
 * Removes the data files whose rows all arrived before the horizon, by commits that touch metadata only (operation `delete`). No row
 * is read, and none younger than the horizon goes: a file that straddles it stays whole. Positions and counts of the sources are
 * carried along unchanged, they count since the table was made. The files themselves go when the snapshots that name them expire.
 */
export async function retainTable(
  deps: CommitDeps,
  ident: TableIdent,
  options: RetentionOptions,
): Promise<RetentionRun> {
  let run: RetentionRun = NOTHING_DONE;
  for (;;) {
    const { metadata } = await loadTable(deps, ident);
    const { plan, inventory } = await planOn(deps, metadata, options);
    run = { ...run, straddlingFiles: plan.straddlingFiles, postponedFiles: plan.expired.length };
    const isOver = plan.expired.length === 0 || deps.clock.nowMs() >= options.deadlineMs;
    if (isOver || run.conflicts >= MAX_CONFLICTS) return run;
    const batch = plan.expired.slice(0, FILES_PER_COMMIT);
    const isCommitted = await commitRemoval(deps, ident, { batch, inventory, options });
    run = isCommitted ? withBatch(run, batch) : { ...run, conflicts: run.conflicts + 1 };
    options.onProgress?.(run.removedFiles, run.removedFiles + plan.expired.length - batch.length);
  }
}

const NOTHING_DONE: RetentionRun = {
  commits: 0,
  removedFiles: 0,
  removedRows: 0,
  removedBytes: 0,
  straddlingFiles: 0,
  postponedFiles: 0,
  conflicts: 0,
};

async function planOn(
  deps: { readonly store: ObjectStore },
  metadata: TableMetadata,
  { horizonMs }: RetentionOptions,
): Promise<{ readonly plan: RetentionPlan; readonly inventory: LiveInventory }> {
  const arrival = currentSchema(metadata).fields.find(({ name }) => name === ARRIVAL_COLUMN);
  const boundsOf = arrival?.type === 'timestamp' ? { id: arrival.id, type: arrival.type } : null;
  const inventory = await listLiveFiles((uri) => deps.store.get(uri), metadata, { boundsOf });
  return { plan: planRetention(inventory.files, BigInt(horizonMs) * 1000n), inventory };
}

/** False when somebody else has taken one of the files out. */
async function commitRemoval(
  deps: CommitDeps,
  ident: TableIdent,
  work: {
    readonly batch: RetentionPlan['expired'];
    readonly inventory: LiveInventory;
    readonly options: RetentionOptions;
  },
): Promise<boolean> {
  const { batch, inventory, options } = work;
  const gone = new Set(batch.map(({ filePath }) => filePath));
  const removeFiles = [...batch, ...obsoleteDeletes(inventory, gone)];
  try {
    await commitTable(deps, ident, {
      maxAttempts: MAX_ATTEMPTS,
      build: async (base) => {
        const { summary, properties } = carryStates(base, 'retention');
        const before = new Date(options.horizonMs).toISOString();
        return {
          operation: 'delete',
          addFiles: [],
          removeFiles,
          summary: { ...summary, [HORIZON_KEY]: before },
          properties,
        };
      },
    });
    return true;
  } catch (error) {
    if (hasCode(error, 'COMMIT_CONFLICT')) return false;
    throw error;
  }
}

function withBatch(run: RetentionRun, batch: RetentionPlan['expired']): RetentionRun {
  return {
    ...run,
    commits: run.commits + 1,
    removedFiles: run.removedFiles + batch.length,
    removedRows: batch.reduce((rows, file) => rows + file.rowCount, run.removedRows),
    removedBytes: batch.reduce((bytes, file) => bytes + file.sizeBytes, run.removedBytes),
  };
}
