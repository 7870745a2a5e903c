import type { Evidence } from './evidence.ts';

/**
 * What an entry was booked from:
 * - `read`: events counted on the shards
 * - `commit`: commits of a bronze table
 * - `rejected`: commits of the domain's `rejected` table
 * - `hole`: batches in the failure destination, as far as nothing else accounts for their events
 * - `receipt`: what producers had acknowledged
 */
export type EntryKind = 'read' | 'commit' | 'rejected' | 'hole' | 'receipt';

export interface LedgerCounts {
  readonly received: number;
  readonly acknowledged: number;
  readonly committed: number;
  readonly rejected: number;
  readonly deduplicated: number;
  readonly deadLettered: number;
  /** Part of `committed`. */
  readonly late: number;
}

export const NO_LEDGER_COUNTS: LedgerCounts = {
  received: 0,
  acknowledged: 0,
  committed: 0,
  rejected: 0,
  deduplicated: 0,
  deadLettered: 0,
  late: 0,
};

export const LEDGER_COUNT_NAMES = [
  'received',
  'acknowledged',
  'committed',
  'rejected',
  'deduplicated',
  'deadLettered',
  'late',
] as const satisfies readonly (keyof LedgerCounts)[];

/** One line of the journal. Corrections are lines with negative counts; nothing is ever changed. */
export interface LedgerEntry {
  /** Stream of the domain, or `_unknown`. */
  readonly stream: string;
  /** A shard, `kinesis:<stream>/<shard>`, or for receipts `producer:<name>`. */
  readonly source: string;
  /** Arrival hour as `2026-11-20T21` (UTC); of a receipt the hour of its booking. */
  readonly hour: string;
  readonly kind: EntryKind;
  readonly counts: LedgerCounts;
  readonly evidence: Evidence;
}

export function addLedgerCounts(a: LedgerCounts, b: LedgerCounts): LedgerCounts {
  return mapCounts((name) => a[name] + b[name]);
}

export function negateLedgerCounts(counts: LedgerCounts): LedgerCounts {
  // `0 - x`: a plain minus makes -0 of 0, which equals no other zero in a comparison by structure.
  return mapCounts((name) => 0 - counts[name]);
}

export function isZero(counts: LedgerCounts): boolean {
  return LEDGER_COUNT_NAMES.every((name) => counts[name] === 0);
}

/** Events whose place is known. */
export function accountedFor(counts: LedgerCounts): number {
  return counts.committed + counts.rejected + counts.deduplicated + counts.deadLettered;
}

function mapCounts(value: (name: keyof LedgerCounts) => number): LedgerCounts {
  return {
    received: value('received'),
    acknowledged: value('acknowledged'),
    committed: value('committed'),
    rejected: value('rejected'),
    deduplicated: value('deduplicated'),
    deadLettered: value('deadLettered'),
    late: value('late'),
  };
}
