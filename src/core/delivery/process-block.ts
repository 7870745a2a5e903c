import type { BytesVector } from '../columns/vector.ts';
import { createBatchIds } from './batch-ids.ts';
import type { HourlyCounts } from './batch-summary.ts';
import { bronzeVectors, type NamedVectors } from './bronze-vectors.ts';
import { addCounts, type DeliveryCounts, NO_COUNTS } from './delivery-counts.ts';
import { eventIdVector } from './event-id-vector.ts';
import { createHourlyTally, sumHours } from './hourly-tally.ts';
import { HASH_WORDS, type Hashes, hashItems } from './id-hash.ts';
import { type BlockRecord, type JudgedBlock, positionOfRow } from './judged-block.ts';
import { createWatermark } from './late-rows.ts';
import { isFileSource, type Position } from './position.ts';
import type { SourceState } from './source-state.ts';
import type { StagedDuplicate } from './staged-batch.ts';

/** Whether the table holds an event whose identity has the hash of item `item` that arrived within the horizon of this one. */
export type IsHashCommitted = (hashes: Hashes, item: number, arrivalMs: number) => boolean;

export interface ProcessedBlock {
  /** Columns by the name they have in the table, of all rows of the block; see tableColumns. */
  readonly columns: NamedVectors;
  /** Rows of the block that become rows of the table, in position order. */
  readonly rows: Int32Array;
  /** Identities of the block's rows and their hashes. */
  readonly ids: BytesVector;
  readonly hashes: Hashes;
  /** The source's state once these events are committed. */
  readonly state: SourceState;
  /** Of these events alone. */
  readonly counts: DeliveryCounts;
  readonly hours: HourlyCounts;
  /** Events that were left out for an equal one. */
  readonly duplicates: readonly StagedDuplicate[];
}

/**
 * Takes a block's accepted events, all after `before.position`, through de-duplication and the watermark: processRows
 * on columns, with equal results. Pure.
 */
export function processBlock(
  block: JudgedBlock,
  options: {
    readonly source: string;
    readonly before: SourceState | null;
    /** Position of the last event these stand for, accepted or not. */
    readonly last: Position;
    readonly isCommitted: IsHashCommitted;
    /** 1 for accepted rows that are left out because they are filed elsewhere. @default none */
    readonly leftOut?: Uint8Array;
    /** Of the identities' hashes. @default 0 */
    readonly seed?: number;
  },
): ProcessedBlock {
  const { plan, fields, vectors, length } = block;
  const selected = selectRows(block.accepted, options.leftOut);
  const ids = eventIdVector(plan.stream.identity, { fields, vectors, length, selected });
  const hashes = hashItems(ids, { selected, seed: options.seed ?? 0 });
  const folded = foldRows(block, { ...options, selected, ids, hashes });
  const counts = sumHours(folded.hours);
  return {
    columns: bronzeVectors(block, { source: options.source, ids, late: folded.late }),
    rows: folded.rows,
    ids,
    hashes,
    state: {
      position: options.last,
      maxEventTimeMicros: folded.maxEventTimeMicros,
      counts: addCounts(options.before?.counts ?? NO_COUNTS, counts),
    },
    counts,
    hours: folded.hours,
    duplicates: folded.duplicates,
  };
}

/** Hashes and arrivals of rows of a block: what an index of committed identities takes once they are committed. */
export function arrivedHashes(
  block: Pick<JudgedBlock, 'records' | 'recordOf'>,
  hashes: Hashes,
  rows: Int32Array,
): { readonly hashes: Hashes; readonly arrivalsMs: Float64Array } {
  const out = new Int32Array(HASH_WORDS * rows.length);
  const arrivalsMs = new Float64Array(rows.length);
  const byRecord = arrivalsOf(block.records);
  for (let item = 0; item < rows.length; item++) {
    const row = rows[item]!;
    for (let word = 0; word < HASH_WORDS; word++) {
      out[HASH_WORDS * item + word] = hashes[HASH_WORDS * row + word]!;
    }
    arrivalsMs[item] = byRecord[block.recordOf[row]!]!;
  }
  return { hashes: out, arrivalsMs };
}

/** Milliseconds, by record. */
function arrivalsOf(records: readonly BlockRecord[]): readonly number[] {
  return records.map(({ arrivalMicros }) => Number(arrivalMicros / 1000n));
}

function selectRows(accepted: Uint8Array, leftOut: Uint8Array | undefined): Uint8Array {
  if (leftOut === undefined) return accepted;
  return accepted.map((isAccepted, row) => (leftOut[row] === 1 ? 0 : isAccepted));
}

/** Rows that stay, what is late among them, and the counts: one pass in position order. */
function foldRows(
  block: JudgedBlock,
  options: {
    readonly source: string;
    readonly before: SourceState | null;
    readonly isCommitted: IsHashCommitted;
    readonly selected: Uint8Array;
    readonly ids: BytesVector;
    readonly hashes: Hashes;
  },
) {
  const { length, recordOf, records } = block;
  const { selected } = options;
  const rows = new Int32Array(length);
  let kept = 0;
  const duplicates: StagedDuplicate[] = [];
  const late = new Uint8Array(length);
  const tally = createHourlyTally();
  const arrivals = arrivalsOf(records);
  const isDuplicate = duplicateFinder(block, { ...options, arrivals });
  const watermark = createWatermark(block.eventTimes, {
    before: options.before?.maxEventTimeMicros ?? null,
    delayMicros: block.plan.delayMicros,
    moves: !isFileSource(options.source),
  });
  let record = -1;
  let counters = { ...NO_COUNTS };
  for (let row = 0; row < length; row++) {
    if (selected[row] === 0) continue;
    if (recordOf[row] !== record) {
      record = recordOf[row]!;
      counters = tally.at(records[record]!.arrivalMicros);
    }
    counters.received++;
    // A duplicate moves the watermark as well, see processRows.
    const isLate = watermark.isLate(row);
    if (isDuplicate(row)) {
      counters.deduplicated++;
      const { arrivalMicros } = records[record]!;
      duplicates.push({ position: positionOfRow(block, row), arrivalMicros });
      continue;
    }
    counters.committed++;
    rows[kept++] = row;
    if (!isLate) continue;
    counters.late++;
    late[row] = 1;
  }
  return {
    rows: rows.subarray(0, kept),
    late,
    duplicates,
    hours: tally.counts(),
    maxEventTimeMicros: watermark.maxEventTimeMicros(),
  };
}

/** As in processRows: of events with equal identity that arrived within the horizon of each other the first stays. */
function duplicateFinder(
  { plan, recordOf }: JudgedBlock,
  options: {
    readonly ids: BytesVector;
    readonly hashes: Hashes;
    /** Milliseconds, by record. */
    readonly arrivals: readonly number[];
    readonly isCommitted: IsHashCommitted;
  },
): (row: number) => boolean {
  const { ids, hashes, arrivals, isCommitted } = options;
  const { horizonMs } = plan.stream.dedupe;
  const reachMs = horizonMs === 0 ? Number.POSITIVE_INFINITY : horizonMs;
  const batch = createBatchIds(ids, hashes);
  return (row) => {
    const arrivalMs = arrivals[recordOf[row]!]!;
    const before = batch.find(row);
    if (before >= 0 && Math.abs(arrivalMs - arrivals[recordOf[before]!]!) <= reachMs) return true;
    if (horizonMs > 0 && isCommitted(hashes, row, arrivalMs)) return true;
    batch.keep(row);
    return false;
  };
}
