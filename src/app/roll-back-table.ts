import { comparePositions, type Position } from '#core/delivery/position.ts';
import { rollBackWithStates, sourceStatesAt } from '#core/delivery/rollback-states.ts';
import { readSourceStates } from '#core/delivery/source-state.ts';
import { SluiceError } from '#core/errors.ts';
import type { Snapshot } from '#core/iceberg/spec/snapshot.ts';
import {
  currentSnapshot,
  snapshotById,
  type TableMetadata,
} from '#core/iceberg/spec/table-metadata.ts';
import { snapshotAtTime } from '#core/iceberg/transaction/set-current-snapshot.ts';
import { isAncestor, lineOf } from '#core/iceberg/transaction/snapshot-line.ts';
import { REJECTED_TABLE } from '#core/schema/rejected-table.ts';
import type { StagingLog } from '#ports/staging-log.ts';
import type { TableIdent } from '#ports/table-catalog.ts';
import { loadTable } from './load-table.ts';
import { type ResetSource, resetChains } from './stage/reset-chains.ts';
import { type UpdateDeps, updateTable } from './update-table.ts';

export interface RollbackDeps extends UpdateDeps {
  readonly stagingLog: StagingLog;
}

/** What going to another snapshot would change. */
export interface RollbackPlan {
  /** The state the plan was made on; carried out on no other. */
  readonly from: Snapshot;
  readonly to: Snapshot;
  /** Commits that leave the table's line; null when the target is on another line. */
  readonly commits: number | null;
  /** Rows of the two states; null where a writer did not say. */
  readonly rowsBefore: number | null;
  readonly rowsAfter: number | null;
  readonly sources: readonly SourceRollback[];
  /** Batches of the domain that wait for their commit: to begin a chain anew drops those of all its tables. */
  readonly staged: readonly { readonly source: string; readonly links: number }[];
}

/** How far a source goes back. */
export interface SourceRollback {
  readonly source: string;
  readonly from: Position | null;
  /** Null: to its beginning. */
  readonly to: Position | null;
  /** Events read off the source between the two. */
  readonly events: number;
}

/** Where to go back to, in words: a snapshot id, the name of a branch or tag, or a time. */
export function findRollbackTarget(metadata: TableMetadata, wanted: string): Snapshot {
  const byId = /^\d{1,19}$/.test(wanted) ? snapshotById(metadata, BigInt(wanted)) : null;
  if (byId !== null) return byId;
  const ref = Object.hasOwn(metadata.refs, wanted) ? metadata.refs[wanted] : undefined;
  const byRef = ref === undefined ? null : snapshotById(metadata, ref['snapshot-id']);
  if (byRef !== null) return byRef;
  const timeMs = /^\d{4}-\d{2}-\d{2}/.test(wanted) ? Date.parse(zoned(wanted)) : Number.NaN;
  if (!Number.isNaN(timeMs)) return snapshotAtTime(metadata, timeMs);
  const names = Object.keys(metadata.refs).slice(0, 20).join(', ');
  throw new SluiceError(
    'USAGE',
    `"${wanted}": expected a snapshot of the table, a time such as 2026-11-20T18:05:00Z, or one of ${names || 'no branch or tag'}`,
  );
}

/** Times without a zone are UTC, as everywhere in the lake. */
function zoned(time: string): string {
  if (!time.includes('T') && !time.includes(' ')) return time;
  return /(Z|[+-]\d{2}:?\d{2})$/i.test(time) ? time : `${time.replace(' ', 'T')}Z`;
}

/** Events that were filed in `rejected` are decided about for good: when their stream is read again, its own table's position leaves them out. */
function requireReturn({ database, table }: TableIdent): void {
  if (table !== REJECTED_TABLE) return;
  throw new SluiceError(
    'USAGE',
    `${database}.${table}: cannot be rolled back, because its events would not come in again; roll back the tables of the streams, or tag a state of it to read`,
  );
}

/** Reads and changes nothing. Throws USAGE for a target that is not known and for a table without a snapshot, TABLE_INVALID as sourceStatesAt. */
export async function planRollback(
  deps: Pick<RollbackDeps, 'store' | 'catalog' | 'stagingLog'>,
  ident: TableIdent,
  options: { readonly to: string; readonly domain: string | null },
): Promise<RollbackPlan> {
  requireReturn(ident);
  const { metadata } = await loadTable(deps, ident);
  const from = currentSnapshot(metadata);
  if (from === null) {
    throw new SluiceError('USAGE', `${ident.database}.${ident.table}: has no snapshot to leave`);
  }
  const to = findRollbackTarget(metadata, options.to);
  const [fromId, toId] = [from['snapshot-id'], to['snapshot-id']];
  const line = lineOf(metadata, fromId).findIndex((each) => each['snapshot-id'] === toId);
  const chains = options.domain === null ? [] : await deps.stagingLog.list(options.domain);
  return {
    from,
    to,
    commits: isAncestor(metadata, toId, fromId) && line >= 0 ? line : null,
    rowsBefore: rowsOf(from),
    rowsAfter: rowsOf(to),
    sources: sourceRollbacks(metadata, toId),
    staged: chains
      .map(({ source, links }) => ({ source, links: links.length }))
      .filter(({ links }) => links > 0),
  };
}

/**
 * Carries a plan out: one commit of metadata makes the snapshot current and takes the source states back with it, then the
 * chains of staged batches are begun anew where the tables are. Nothing is deleted: until they expire, the commits left
 * behind can be gone to in the same way. A crash between the two steps is mended by doing it again.
 * Throws USAGE while staged batches wait, COMMIT_CONFLICT when the table has moved on since the plan was made, and as
 * updateTable.
 */
export async function rollBackTable(
  deps: RollbackDeps,
  ident: TableIdent,
  options: {
    readonly plan: RollbackPlan;
    readonly domain: string | null;
    /** Batches that wait for their commit may be dropped; their events have to be read again. */
    readonly dropStaged?: boolean;
  },
): Promise<{ readonly metadata: TableMetadata; readonly reset: readonly ResetSource[] }> {
  if (options.plan.staged.length > 0 && options.dropStaged !== true) {
    throw new SluiceError(
      'USAGE',
      `${ident.database}.${ident.table}: staged batches of ${options.plan.staged.map(({ source }) => source).join(', ')} wait for their commit; let the committer run first, or have them dropped and read again`,
    );
  }
  const fromId = options.plan.from['snapshot-id'];
  const toId = options.plan.to['snapshot-id'];
  const { metadata } = await updateTable(deps, ident, (base) => {
    const currentId = base['current-snapshot-id'];
    if (currentId === toId) return null;
    if (currentId === fromId) return rollBackWithStates(base, toId, { nowMs: deps.clock.nowMs() });
    throw new SluiceError(
      'COMMIT_CONFLICT',
      `${ident.database}.${ident.table}: snapshot ${currentId} was committed since the plan was made on ${fromId}; stop what writes to the table, or look at a new plan`,
    );
  });
  const { domain } = options;
  const reset = domain === null ? [] : await resetChains(deps, { domain });
  return { metadata, reset };
}

function sourceRollbacks(metadata: TableMetadata, toId: bigint): readonly SourceRollback[] {
  const before = readSourceStates(metadata);
  const after = sourceStatesAt(metadata, toId);
  const names = [...new Set([...before.keys(), ...after.keys()])].sort();
  return names.flatMap((source) => {
    const from = before.get(source) ?? null;
    const to = after.get(source) ?? null;
    const isSame =
      from !== null && to !== null && comparePositions(from.position, to.position) === 0;
    if (isSame) return [];
    const events = (from?.counts.received ?? 0) - (to?.counts.received ?? 0);
    return [{ source, from: from?.position ?? null, to: to?.position ?? null, events }];
  });
}

function rowsOf(snapshot: Snapshot): number | null {
  const text = snapshot.summary['total-records'];
  return text === undefined ? null : Number(text);
}
