import { addCounts, NO_COUNTS } from '#core/delivery/delivery-counts.ts';
import type { IngestedTable } from './ingest-stream.ts';

/** The result for a table that had everything already. */
export function nothingIngested(table: string): IngestedTable {
  return {
    table,
    outcome: 'already-committed',
    snapshotId: null,
    attempts: 1,
    counts: NO_COUNTS,
    isHorizonCut: false,
  };
}

/** Results of several commits as one per table, in order of first appearance. */
export function sumIngested(results: readonly IngestedTable[]): readonly IngestedTable[] {
  const sums = new Map<string, IngestedTable>();
  for (const result of results) {
    const sum = sums.get(result.table);
    sums.set(result.table, sum === undefined ? result : sumOf(sum, result));
  }
  return [...sums.values()];
}

function sumOf(a: IngestedTable, b: IngestedTable): IngestedTable {
  const committed = [a, b].filter(({ outcome }) => outcome === 'committed');
  return {
    table: a.table,
    outcome: committed.length > 0 ? 'committed' : 'already-committed',
    snapshotId: committed.at(-1)?.snapshotId ?? null,
    attempts: a.attempts + b.attempts,
    counts: addCounts(a.counts, b.counts),
    isHorizonCut: a.isHorizonCut || b.isHorizonCut,
  };
}
