import type { LedgerCounts } from './ledger-entry.ts';
import type { OpenHours } from './open-hours.ts';

/** How far one shard is read. */
export interface ShardCursor {
  /** Sequence number of the last record counted, as the stream writes it; null before the first. */
  readonly sequence: string | null;
  /** Everything that arrived before this time is counted; null when that is not known. */
  readonly readToMs: number | null;
  /** Closed and read to its end: nothing comes any more. */
  readonly ended: boolean;
}

/** A time in which records of a shard may have been trimmed before they were counted. */
export interface TrimGap {
  readonly source: string;
  /** Null: from the beginning. */
  readonly fromMs: number | null;
  readonly toMs: number;
  /** Events known to be lost to the count, since a table accounts for them. */
  readonly events: number;
}

/** What is booked of a table whose commits state where events went. */
export interface TableCursor {
  readonly tableUuid: string;
  /** The current snapshot when it was booked last; null before the first. */
  readonly snapshotId: bigint | null;
  readonly sequenceNumber: bigint;
  /** Sums of what is booked, per source. */
  readonly booked: ReadonlyMap<string, LedgerCounts>;
}

export interface ReceiptCursor {
  /** Total booked per producer. */
  readonly producers: ReadonlyMap<string, number>;
  /** Sum booked for all producers that are not remembered by name any more. */
  readonly others: number;
}

/** Uploaded files that the ledger is not done with, by their names as sources. */
export interface FileCursor {
  /** What was read of them is booked; their runs may not be marked so yet. */
  readonly booked: readonly string[];
  /** Under way: what is read of them is booked when they are finished. */
  readonly open: readonly string[];
}

/**
 * What the ledger has booked of one domain. It stands in the commit that adds the entries, so entries and
 * cursor cannot part: a run that is repeated, interrupted or met by another books nothing twice.
 */
export interface LedgerCursor {
  /** Per shard, by its name as a source. */
  readonly shards: ReadonlyMap<string, ShardCursor>;
  /** Every shard was counted to its very end, after everything else had been booked. */
  readonly toEnd: boolean;
  /** When the shards were listed last: a shard that is new since then held nothing before. */
  readonly listedMs: number | null;
  readonly gaps: readonly TrimGap[];
  /** Per table name. */
  readonly tables: ReadonlyMap<string, TableCursor>;
  /** Per stream. */
  readonly receipts: ReadonlyMap<string, ReceiptCursor>;
  readonly failures: {
    /** Objects of the failure destination are judged up to this one; null before the first run. */
    readonly through: { readonly timeMs: number; readonly uri: string } | null;
    /** Event source mappings whose objects are looked for: the present one and earlier ones. */
    readonly mappings: readonly string[];
  };
  readonly files: FileCursor;
  readonly open: OpenHours;
  /** Sums of all entries, per stream. */
  readonly totals: ReadonlyMap<string, LedgerCounts>;
  readonly writtenMs: number;
}

export const EMPTY_CURSOR: LedgerCursor = {
  shards: new Map(),
  toEnd: false,
  listedMs: null,
  gaps: [],
  tables: new Map(),
  receipts: new Map(),
  failures: { through: null, mappings: [] },
  files: { booked: [], open: [] },
  open: [],
  totals: new Map(),
  writtenMs: 0,
};
