import { hasCode } from '#core/errors.ts';
import { loadDeletes } from '#core/iceberg/maintenance/live-inventory.ts';
import { obsoleteDeletes } from '#core/iceberg/maintenance/obsolete-deletes.ts';
import type { CompactionGroup } from '#core/iceberg/maintenance/plan-compaction.ts';
import { loadManifestList } from '#core/iceberg/scan/load-manifests.ts';
import type { DataFile } from '#core/iceberg/spec/data-file.ts';
import {
  currentSchema,
  currentSnapshot,
  type TableMetadata,
} from '#core/iceberg/spec/table-metadata.ts';
import type { RemovedFile } from '#core/iceberg/transaction/remove-files.ts';
import type { ColumnReader } from '#ports/column-reader.ts';
import type { TableIdent } from '#ports/table-catalog.ts';
import { type CommitDeps, commitTable } from '../commit-table.ts';
import { loadTable } from '../load-table.ts';
import { carryStates } from './carried-states.ts';
import { type CompactionOptions, planOn, type TablePlan } from './plan-table-compaction.ts';
import { rewriteFiles } from './rewrite-files.ts';

export interface CompactionDeps extends CommitDeps {
  readonly columns: ColumnReader;
}

export interface CompactionRun {
  readonly commits: number;
  readonly filesBefore: number;
  readonly filesAfter: number;
  readonly rows: number;
  readonly bytesBefore: number;
  readonly bytesAfter: number;
  /** Rows that position deletes had taken out, and that are gone from the files now. */
  readonly deletedRows: number;
  /** Small files in partitions that still take rows, or too few. */
  readonly waitingFiles: number;
  /** Files left to a later run: the limits of this one were reached. */
  readonly postponedFiles: number;
  /** Plans that were given up because somebody else changed the same files. */
  readonly conflicts: number;
}

/** Output of one commit: so much work is lost at most when somebody else changes one of the files. */
const BYTES_PER_COMMIT = 256 * 1024 * 1024;
/** A table that others keep rewriting is left to them. */
const MAX_CONFLICTS = 3;
/** A writer commits in a moment, so losing this often means that something else is wrong; the next run tries again. */
const MAX_ATTEMPTS = 20;

/**
 * Rewrites small files, and files with deleted rows, of closed partitions into fewer: the same rows, committed as `replace` with the
 * sources' states carried along. Writers go on meanwhile: their appends make our swap lose and are waited for, ours makes
 * theirs lose once. Every attempt checks on its own base that each input is still live and that no new deletes
 * reach it; else the plan is made anew, and after three times the table is left for another run. Ends with what was committed,
 * whatever is left; what a crash leaves behind are files nobody names.
 *
 * Throws FEATURE_UNSUPPORTED for a table with equality deletes or foreign files, COMMIT_STATE_UNKNOWN when the outcome of
 * a commit could not be learned.
 */
export async function compactTable(
  deps: CompactionDeps,
  ident: TableIdent,
  options: CompactionOptions,
): Promise<CompactionRun> {
  let run = NOTHING_DONE;
  let bytesLeft = options.maxRewriteBytes;
  for (;;) {
    const { metadata } = await loadTable(deps, ident);
    const work = await planOn(deps, metadata, { ...options, maxRewriteBytes: bytesLeft });
    const { plan } = work;
    run = { ...run, waitingFiles: plan.waitingFiles, postponedFiles: plan.postponedFiles };
    const result = await runPlan(deps, ident, { ...work, metadata, options, run });
    run = result.run;
    bytesLeft -= result.bytes;
    const isOver = !result.isStale || run.conflicts >= MAX_CONFLICTS || bytesLeft <= 0;
    if (isOver || deps.clock.nowMs() >= options.deadlineMs) {
      return { ...run, postponedFiles: plan.postponedFiles + result.filesLeft };
    }
  }
}

const NOTHING_DONE: CompactionRun = {
  commits: 0,
  filesBefore: 0,
  filesAfter: 0,
  rows: 0,
  bytesBefore: 0,
  bytesAfter: 0,
  deletedRows: 0,
  waitingFiles: 0,
  postponedFiles: 0,
  conflicts: 0,
};

interface PlanWork extends TablePlan {
  readonly metadata: TableMetadata;
  readonly options: CompactionOptions;
  readonly run: CompactionRun;
}

interface PlanResult {
  readonly run: CompactionRun;
  /** Of the files that were read. */
  readonly bytes: number;
  readonly filesLeft: number;
  /** Somebody else has changed one of the files. */
  readonly isStale: boolean;
}

/** Carries a plan out, commit by commit, until it is done, stale, or time is up. */
async function runPlan(
  deps: CompactionDeps,
  ident: TableIdent,
  work: PlanWork,
): Promise<PlanResult> {
  const { groups } = work.plan;
  const total = groups.reduce((sum, group) => sum + group.files.length, 0);
  let run = work.run;
  let bytes = 0;
  let done = 0;
  for (const batch of batchGroups(groups)) {
    if (deps.clock.nowMs() >= work.options.deadlineMs) break;
    const rewritten = await rewriteBatch(deps, work, batch);
    bytes += sum(batch, ({ sizeBytes }) => sizeBytes);
    const isCommitted = await commitBatch(deps, ident, { ...work, batch, rewritten });
    if (!isCommitted) {
      run = { ...run, conflicts: run.conflicts + 1 };
      return { run, bytes, filesLeft: total - done, isStale: true };
    }
    run = withBatch(run, batch, rewritten);
    done += sum(batch, ({ files }) => files.length);
    work.options.onProgress?.(done, total);
  }
  return { run, bytes, filesLeft: total - done, isStale: false };
}

/** Groups of one commit: of one partition spec, which a commit has only one of. */
function batchGroups(groups: readonly CompactionGroup[]): readonly (readonly CompactionGroup[])[] {
  const batches: CompactionGroup[][] = [];
  for (const group of groups) {
    const batch = batches.find(
      (each) =>
        each[0]?.specId === group.specId &&
        sum(each, ({ sizeBytes }) => sizeBytes) + group.sizeBytes <= BYTES_PER_COMMIT,
    );
    if (batch === undefined) batches.push([group]);
    else batch.push(group);
  }
  return batches;
}

interface RewrittenBatch {
  readonly files: readonly DataFile[];
  readonly rows: number;
  readonly deletedRows: number;
}

async function rewriteBatch(
  deps: CompactionDeps,
  { metadata, options, order }: PlanWork,
  batch: readonly CompactionGroup[],
): Promise<RewrittenBatch> {
  const rewriting = {
    schema: currentSchema(metadata),
    maxFileRows: options.maxFileRows,
    targetFileBytes: options.targetFileBytes,
    sort: order?.keys ?? null,
  };
  const files: DataFile[] = [];
  let rows = 0;
  let deletedRows = 0;
  for (const group of batch) {
    const rewritten = await rewriteFiles(deps, metadata, { group, options: rewriting });
    files.push(...rewritten.files);
    rows += rewritten.rows;
    deletedRows += rewritten.deletedRows;
  }
  return { files, rows, deletedRows };
}

/** False when the files are not what they were when the plan was made. */
async function commitBatch(
  deps: CompactionDeps,
  ident: TableIdent,
  work: PlanWork & {
    readonly batch: readonly CompactionGroup[];
    readonly rewritten: RewrittenBatch;
  },
): Promise<boolean> {
  const { metadata, inventory, batch, rewritten, order } = work;
  const inputs = batch.flatMap(({ files }) => files);
  const gone = new Set(inputs.map(({ filePath }) => filePath));
  const removeFiles: readonly RemovedFile[] = [...inputs, ...obsoleteDeletes(inventory, gone)];
  const dataSequenceNumber = currentSnapshot(metadata)?.['sequence-number'] ?? 0n;
  try {
    const outcome = await commitTable(deps, ident, {
      maxAttempts: MAX_ATTEMPTS,
      build: async (base) => {
        if (!(await stillHolds(deps, base, work))) return null;
        return {
          operation: 'replace',
          addFiles: rewritten.files,
          removeFiles,
          dataSequenceNumber,
          ...(order === null ? {} : { sortOrderId: order.orderId }),
          partitionSpecId: batch[0]?.specId ?? metadata['default-spec-id'],
          ...carryStates(base, 'compaction'),
        };
      },
    });
    return outcome.kind === 'committed';
  } catch (error) {
    if (hasCode(error, 'COMMIT_CONFLICT')) return false;
    throw error;
  }
}

/** Whether the rewritten rows are those of the inputs on this base too: same schema, same deletes. That they are live, the commit finds out. */
async function stillHolds(
  deps: CompactionDeps,
  base: TableMetadata,
  work: PlanWork & { readonly batch: readonly CompactionGroup[] },
): Promise<boolean> {
  if (base['current-schema-id'] !== work.metadata['current-schema-id']) return false;
  const read = (uri: string) => deps.store.get(uri);
  const listed = await loadManifestList(read, currentSnapshot(base));
  const { deleteFiles } = await loadDeletes(read, listed);
  const known = new Set(work.inventory.deleteFiles.map(({ filePath }) => filePath));
  const touched = new Set(work.batch.flatMap(({ files }) => files).map(scopeOf));
  return deleteFiles.every((file) => known.has(file.filePath) || !touched.has(scopeOf(file)));
}

/** Deletes reach files of their own spec and partition. */
function scopeOf({ specId, partition }: RemovedFile): string {
  return `${specId} ${partition.map(String).join('\u0000')}`;
}

function withBatch(
  run: CompactionRun,
  batch: readonly CompactionGroup[],
  rewritten: RewrittenBatch,
): CompactionRun {
  return {
    ...run,
    commits: run.commits + 1,
    filesBefore: run.filesBefore + sum(batch, ({ files }) => files.length),
    filesAfter: run.filesAfter + rewritten.files.length,
    rows: run.rows + rewritten.rows,
    bytesBefore: run.bytesBefore + sum(batch, ({ sizeBytes }) => sizeBytes),
    bytesAfter: run.bytesAfter + sum(rewritten.files, (file) => Number(file.fileSizeBytes)),
    deletedRows: run.deletedRows + rewritten.deletedRows,
  };
}

function sum<T>(items: readonly T[], value: (item: T) => number): number {
  return items.reduce((total, item) => total + value(item), 0);
}
