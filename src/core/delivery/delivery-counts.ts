/** Where every received row went. Counts are rows since the table was created. */
export interface DeliveryCounts {
  readonly received: number;
  readonly committed: number;
  readonly rejected: number;
  readonly deduplicated: number;
  readonly deadLettered: number;
  /** Part of `committed`: rows behind the watermark when they arrived. */
  readonly late: number;
}

export const NO_COUNTS: DeliveryCounts = {
  received: 0,
  committed: 0,
  rejected: 0,
  deduplicated: 0,
  deadLettered: 0,
  late: 0,
};

export function addCounts(a: DeliveryCounts, b: DeliveryCounts): DeliveryCounts {
  return {
    received: a.received + b.received,
    committed: a.committed + b.committed,
    rejected: a.rejected + b.rejected,
    deduplicated: a.deduplicated + b.deduplicated,
    deadLettered: a.deadLettered + b.deadLettered,
    late: a.late + b.late,
  };
}
