import type { DataFile } from '#core/iceberg/spec/data-file.ts';
import type { TableMetadata } from '#core/iceberg/spec/table-metadata.ts';
import { type BalanceLine, judgeBalance } from '#core/ledger/balance.ts';
import { allCountedTo } from '#core/ledger/counted-to.ts';
import type { LedgerCursor } from '#core/ledger/ledger-cursor.ts';
import {
  encodeCursor,
  encodeLedgerCursor,
  LEDGER_KEY,
  ledgerCursorText,
  readLedgerCursor,
} from '#core/ledger/ledger-cursor-codec.ts';
import { ledgerRow } from '#core/ledger/ledger-table.ts';
import { commitTable } from './commit-table.ts';
import { type Gathered, gatherEntries } from './ledger/gather-entries.ts';
import type { LedgerConfig, LedgerDeps, LedgerLimits } from './ledger/ledger-config.ts';
import { stageRows } from './stage-rows.ts';

/** What a run of the ledger did, and how the books stand after it. */
export interface LedgerRun {
  readonly domain: string;
  /** Entries booked; 0 when there was nothing new. */
  readonly entries: number;
  /** Everything there was is booked; otherwise the next run goes on. */
  readonly complete: boolean;
  /** Sums of all entries per stream, with what is open. */
  readonly streams: readonly BalanceLine[];
  /** Absolute sum over closed hours. */
  readonly unbalancedEvents: number;
  /** Holes found by this run. */
  readonly holeEvents: number;
  /** Age of the oldest time up to which a shard is counted. */
  readonly lagSeconds: number;
  /** Everything that does not add up, in words; empty when all is well. */
  readonly problems: readonly string[];
  /** Worth knowing, without being wrong. */
  readonly notes: readonly string[];
}

/** An idle domain's cursor is written this often: it says up to when the shards are counted. */
const IDLE_COMMIT_MS = 6 * 3_600_000;

/**
 * Rolls up the books of a domain: books what happened since the last run and judges the balance. Entries and
 * cursor go into one commit, whose guard is the cursor itself: inside every attempt it is read again, and
 * when another run has moved it, everything is gathered anew from where that run ended. So a run may be
 * repeated, cut off anywhere, or meet another, and every event is booked once.
 */
export async function rollUpLedger(
  deps: LedgerDeps,
  config: LedgerConfig,
  options: { readonly limits: LedgerLimits; readonly standstill: boolean },
): Promise<LedgerRun> {
  const held: { plan: Plan | null } = { plan: null };
  const outcome = await commitTable(deps, config.ledgerTable, {
    build: async (base) => {
      const cursorText = ledgerCursorText(base, config.domain);
      if (held.plan?.cursorText !== cursorText) {
        const before = readLedgerCursor(base, config.domain);
        const gathered = await gatherEntries(deps, config, { before, ledger: base, ...options });
        held.plan = { cursorText, before, gathered, staged: null };
      }
      const { plan } = held;
      if (!isWorthCommitting(plan)) return null;
      const staged = await stageEntries(deps, config, { plan, base });
      held.plan = { ...plan, staged };
      const text = encodeLedgerCursor(base, config.domain, plan.gathered.next);
      return {
        addFiles: staged.files,
        summary: { [LEDGER_KEY]: text },
        properties: { [LEDGER_KEY]: text },
      };
    },
  });
  const { plan } = held;
  if (plan === null) throw new TypeError('expected a plan after a commit, got none');
  return describeRun(config, plan.gathered, { isBooked: outcome.kind === 'committed' });
}

/** What a run is about to commit, valid while the domain's cursor is the one it was made from. */
interface Plan {
  readonly cursorText: string;
  readonly before: LedgerCursor;
  readonly gathered: Gathered;
  readonly staged: StagedEntries | null;
}

interface StagedEntries {
  readonly schemaId: number;
  readonly specId: number;
  readonly files: readonly DataFile[];
}

/** The entries as files; those of an earlier attempt hold while schema and partition spec stay. */
async function stageEntries(
  deps: LedgerDeps,
  config: LedgerConfig,
  { plan, base }: { readonly plan: Plan; readonly base: TableMetadata },
): Promise<StagedEntries> {
  const schemaId = base['current-schema-id'];
  const specId = base['default-spec-id'];
  if (plan.staged?.schemaId === schemaId && plan.staged.specId === specId) return plan.staged;
  const { entries, next } = plan.gathered;
  if (entries.length === 0) return { schemaId, specId, files: [] };
  const { domain } = config;
  const rows = entries.map((entry) => ledgerRow(entry, { domain, recordedMs: next.writtenMs }));
  // The name says whose entries these are and when they were booked.
  const booked = { sequence: String(next.writtenMs), subSequence: 0 };
  const range = { source: domain, first: booked, last: booked };
  return { schemaId, specId, files: await stageRows(deps.store, base, { rows, range }) };
}

/** A run that finds nothing new leaves no snapshot behind, except now and then. */
function isWorthCommitting({ before, gathered: { entries, next } }: Plan): boolean {
  if (entries.length > 0 || next.writtenMs - before.writtenMs >= IDLE_COMMIT_MS) return true;
  return cursorContent(before) !== cursorContent(next);
}

/** A cursor without the times that move in every run. */
function cursorContent(cursor: LedgerCursor): string {
  const shards = new Map(
    [...cursor.shards].map(([shardId, shard]) => [shardId, { ...shard, readToMs: 0 }]),
  );
  const failures = { ...cursor.failures, through: null };
  return encodeCursor({ ...cursor, shards, failures, listedMs: 0, writtenMs: 0 });
}

function describeRun(
  config: LedgerConfig,
  gathered: Gathered,
  { isBooked }: { readonly isBooked: boolean },
): LedgerRun {
  const { entries, next, request, trimmedEvents } = gathered;
  const balance = judgeBalance(request);
  const holes = entries.filter(({ kind }) => kind === 'hole');
  const countedToMs = allCountedTo(next.shards) ?? request.nowMs;
  const lagMs = Math.max(0, request.nowMs - countedToMs);
  return {
    domain: config.domain,
    entries: isBooked ? entries.length : 0,
    complete: gathered.complete,
    streams: balance.lines,
    unbalancedEvents: balance.unbalanced + trimmedEvents,
    holeEvents: Math.max(0, sumOf(holes.map(({ counts }) => counts.deadLettered))),
    lagSeconds: lagMs / 1000,
    problems: [...gathered.problems, ...lagProblem(config, lagMs), ...balance.problems],
    notes: gathered.notes,
  };
}

/** Hours that are not counted are not judged, so a ledger that stays behind must not stay silent. */
const MAX_LAG_MS = 3_600_000;

function lagProblem({ domain, graceMs }: LedgerConfig, lagMs: number): readonly string[] {
  if (lagMs <= graceMs + MAX_LAG_MS) return [];
  return [
    `${domain}: the ledger has counted the shards only up to ${Math.round(lagMs / 60_000)} minutes ago; ` +
      'later hours are not judged, run it again or more often (docs/ledger.md, "behind")',
  ];
}

function sumOf(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0);
}
