import {
  BATCH_KEY,
  type BatchSummary,
  encodeBatchSummaries,
} from '#core/delivery/batch-summary.ts';
import { addCounts, type DeliveryCounts, NO_COUNTS } from '#core/delivery/delivery-counts.ts';
import { type ArrivedHashes, idCount } from '#core/delivery/hashed-id-buckets.ts';
import { sumHours } from '#core/delivery/hourly-tally.ts';
import { HASH_WORDS } from '#core/delivery/id-hash.ts';
import { comparePositions, laterPosition, type Position } from '#core/delivery/position.ts';
import {
  encodeSourceStates,
  SOURCES_KEY,
  type SourceState,
  type SourceStates,
} from '#core/delivery/source-state.ts';
import type { DataFile } from '#core/iceberg/spec/data-file.ts';
import type { TableMetadata } from '#core/iceberg/spec/table-metadata.ts';
import type { Row } from '#core/schema/field.ts';
import type { StagedChange } from '../commit-table.ts';
import { countPart, StreamTally } from './count-part.ts';
import type { Duplicates } from './find-duplicates.ts';
import { type OpenFile, rowPosition } from './open-files.ts';
import type { LinkPart } from './open-parts.ts';
import type { FileRewriter } from './rewrite-files.ts';

/** Parts with their files, and what is known of the rows. */
export interface OpenedGroup {
  readonly parts: readonly LinkPart[];
  readonly files: readonly OpenFile[];
  readonly duplicates: Duplicates;
}

/** One commit of several parts on one state of the table. */
export interface PlannedGroup {
  readonly change: StagedChange;
  /** Identities of its files, where they are looked for. */
  readonly ids: ReadonlyMap<string, ArrivedHashes>;
  /** What it accounts for, by source. */
  readonly counts: ReadonlyMap<string, DeliveryCounts>;
}

/** What a part turns into. */
interface PlannedPart {
  readonly part: LinkPart;
  readonly first: Position;
  readonly files: readonly DataFile[];
  readonly ids: ReadonlyMap<string, ArrivedHashes>;
  readonly tally: StreamTally;
}

/**
 * Makes one snapshot of a group: the files, written anew where rows are left out, and with them the states and the counts
 * of every source, which advance with the rows or not at all. Null when no part has anything new.
 */
export async function planGroup(
  opened: OpenedGroup,
  options: {
    readonly base: TableMetadata;
    readonly states: SourceStates;
    readonly isRejectedTable: boolean;
    readonly rewriter: FileRewriter;
  },
): Promise<PlannedGroup | null> {
  const planned: PlannedPart[] = [];
  const filesOf = Map.groupBy(opened.files, ({ part }) => part);
  for (const part of opened.parts) {
    const plan = await planPart(part, filesOf.get(part) ?? [], {
      ...options,
      duplicates: opened.duplicates,
    });
    if (plan !== null) planned.push(plan);
  }
  const [first] = planned;
  if (first === undefined) return null;
  const states = new Map(options.states);
  const tallies = new Map<string, StreamTally>();
  for (const { part, tally } of planned) {
    states.set(part.source, stateAfter(states.get(part.source) ?? null, part, tally));
    const sum = tallies.get(part.source) ?? new StreamTally();
    sum.add(tally.streams());
    tallies.set(part.source, sum);
  }
  const sources = encodeSourceStates(states);
  const change: StagedChange = {
    addFiles: planned.flatMap(({ files }) => files),
    summary: {
      [SOURCES_KEY]: sources,
      [BATCH_KEY]: encodeBatchSummaries(summaries(planned, tallies)),
    },
    properties: { [SOURCES_KEY]: sources },
    partitionSpecId: first.part.staged.specId,
  };
  return {
    change,
    ids: new Map(planned.flatMap(({ ids }) => [...ids])),
    counts: new Map([...tallies].map(([source, tally]) => [source, countsOf(tally)])),
  };
}

async function planPart(
  part: LinkPart,
  files: readonly OpenFile[],
  options: {
    readonly base: TableMetadata;
    readonly isRejectedTable: boolean;
    readonly rewriter: FileRewriter;
    readonly duplicates: Duplicates;
  },
): Promise<PlannedPart | null> {
  const { base, rewriter, duplicates } = options;
  const tally = new StreamTally();
  const counter = countPart(tally, part, options);
  if (part.part === 'whole') tally.add(part.staged.streams);
  const kept: DataFile[] = [];
  const ids = new Map<string, ArrivedHashes>();
  const fresh: Row[] = [];
  for (const open of files) {
    const repeats = duplicates.rows.get(open) ?? new Set<number>();
    const dropped = new Set([...open.present, ...repeats]);
    const newRows = (open.rows ?? []).filter((_, row) => !open.present.has(row));
    for (const row of newRows) counter.row(row);
    for (const row of newRows) fresh.push(row);
    if (dropped.size === 0) {
      kept.push(open.file);
      if (open.ids !== null) ids.set(open.file.filePath, open.ids);
      continue;
    }
    const rewritten = await rewriter.without(open, dropped, base);
    for (const number of repeats) {
      const row = rewritten.dropped.get(number);
      if (row !== undefined) counter.duplicate(row);
    }
    if (rewritten.file === null) continue;
    kept.push(rewritten.file);
    if (open.ids !== null) ids.set(rewritten.file.filePath, idsWithout(open.ids, dropped));
  }
  if (part.part === 'whole') return { part, first: part.staged.first, files: kept, ids, tally };
  const firstDuplicate = counter.stagedDuplicates(part.after);
  if (part.part === 'compared' && fresh.length === 0) return null;
  const positions = [
    ...fresh.map(rowPosition),
    ...(firstDuplicate === null ? [] : [firstDuplicate]),
  ];
  const first = positions.toSorted(comparePositions)[0] ?? part.link.last;
  return { part, first, files: kept, ids, tally };
}

function idsWithout(ids: ArrivedHashes, dropped: ReadonlySet<number>): ArrivedHashes {
  const kept = Array.from({ length: idCount(ids) }, (_, row) => row).filter(
    (row) => !dropped.has(row),
  );
  const hashes = new Int32Array(HASH_WORDS * kept.length);
  for (const [item, row] of kept.entries()) {
    hashes.set(ids.hashes.subarray(HASH_WORDS * row, HASH_WORDS * (row + 1)), HASH_WORDS * item);
  }
  return { hashes, arrivalsMs: kept.map((row) => ids.arrivalsMs[row] ?? 0) };
}

function stateAfter(before: SourceState | null, part: LinkPart, tally: StreamTally): SourceState {
  const { staged, link } = part;
  const arrival = laterTime(before?.maxArrivalMicros ?? null, staged.maxArrivalMicros ?? null);
  return {
    position: laterPosition(before?.position ?? null, link.last),
    maxEventTimeMicros: laterTime(before?.maxEventTimeMicros ?? null, staged.maxEventTimeMicros),
    counts: addCounts(before?.counts ?? NO_COUNTS, countsOf(tally)),
    ...(arrival === null ? {} : { maxArrivalMicros: arrival }),
  };
}

function laterTime(a: bigint | null, b: bigint | null): bigint | null {
  if (a === null || b === null) return a ?? b;
  return a > b ? a : b;
}

function countsOf(tally: StreamTally): DeliveryCounts {
  return [...tally.streams().values()].map(sumHours).reduce(addCounts, NO_COUNTS);
}

/** One per source: its parts follow each other. */
function summaries(
  planned: readonly PlannedPart[],
  tallies: ReadonlyMap<string, StreamTally>,
): readonly BatchSummary[] {
  const bySource = Map.groupBy(planned, ({ part }) => part.source);
  return [...bySource].map(([source, parts]) => ({
    source,
    first: parts.map(({ first }) => first).toSorted(comparePositions)[0] as Position,
    last: parts.map(({ part }) => part.link.last).reduce(laterPosition),
    streams: tallies.get(source)?.streams() ?? new Map(),
  }));
}
