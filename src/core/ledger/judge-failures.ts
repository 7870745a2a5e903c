import { comparePositions, type Position } from '../delivery/position.ts';
import type { PositionRange, RangeEvidence } from './evidence.ts';
import type { FailedBatch } from './failure-object.ts';
import { type EntryKind, type LedgerEntry, NO_LEDGER_COUNTS } from './ledger-entry.ts';

/** An event of a failed batch. */
export interface FailedEvent {
  readonly stream: string;
  readonly hour: string;
  readonly position: Position;
}

/** A failed batch taken apart: every event of the shard from the first to the last. */
export interface OpenedBatch extends Omit<FailedBatch, 'records'>, PositionRange {
  readonly events: readonly FailedEvent[];
}

/** A line of the journal that says which events of a source it speaks of. */
export interface JournalRange {
  readonly stream: string;
  readonly source: string;
  readonly hour: string;
  readonly kind: EntryKind;
  readonly deadLettered: number;
  readonly evidence: RangeEvidence;
}

/**
 * Books the events of failed batches that nothing else accounts for. An event is accounted for when a commit
 * of its stream covers its position, when it stands in `rejected`, when a staged batch that waits for its commit has decided
 * about it, or when an earlier failed batch holds it too (a zombie's). What was booked for a batch before is subtracted, so that judging it again books only
 * what has changed: nothing as a rule, a negative count when a commit came in after all.
 *
 * `batches` in the order of their times; the journal must hold every commit and hole of their hours.
 */
export function judgeFailures(
  batches: readonly OpenedBatch[],
  context: {
    readonly journal: readonly JournalRange[];
    readonly isRejected: (source: string, position: Position) => boolean;
    /** Staged batches whose commits the journal may not have yet, by source. */
    readonly staged: ReadonlyMap<string, readonly PositionRange[]>;
  },
): readonly LedgerEntry[] {
  const journal = indexJournal(context.journal);
  const inThisRun = new Set(batches.map(({ uri }) => uri));
  const entries: LedgerEntry[] = [];
  const earlier: OpenedBatch[] = [];
  for (const batch of batches) {
    const overlapping = earlier.filter((other) => overlap(other, batch));
    const missing = batch.events.filter(
      ({ stream, hour, position }) =>
        !covers(journal.commits.get(keyOf(stream, batch.source, hour)), position) &&
        !covers(journal.holesOutside(inThisRun, keyOf(stream, batch.source, hour)), position) &&
        !covers(overlapping, position) &&
        !covers(context.staged.get(batch.source), position) &&
        !context.isRejected(batch.source, position),
    );
    entries.push(...differences(batch, missing, journal.bookedFor(batch.uri)));
    earlier.push(batch);
  }
  return entries;
}

function differences(
  batch: OpenedBatch,
  missing: readonly FailedEvent[],
  booked: readonly JournalRange[],
): readonly LedgerEntry[] {
  const amounts = new Map<string, { stream: string; hour: string; amount: number }>();
  const add = (stream: string, hour: string, amount: number) => {
    const key = `${stream} ${hour}`;
    const before = amounts.get(key)?.amount ?? 0;
    amounts.set(key, { stream, hour, amount: before + amount });
  };
  for (const { stream, hour } of missing) add(stream, hour, 1);
  for (const { stream, hour, deadLettered } of booked) add(stream, hour, -deadLettered);
  const { uri, source, first, last } = batch;
  return [...amounts.values()]
    .filter(({ amount }) => amount !== 0)
    .map(({ stream, hour, amount }) => ({
      stream,
      source,
      hour,
      kind: 'hole' as const,
      counts: { ...NO_LEDGER_COUNTS, deadLettered: amount },
      evidence: { kind: 'failure' as const, uri, first, last },
    }));
}

interface JournalIndex {
  /** Ranges of commits that still stand, by stream, source and hour. */
  readonly commits: ReadonlyMap<string, readonly PositionRange[]>;
  /** Ranges of holes booked for other batches than these. */
  readonly holesOutside: (uris: ReadonlySet<string>, key: string) => readonly PositionRange[];
  readonly bookedFor: (uri: string) => readonly JournalRange[];
}

function indexJournal(journal: readonly JournalRange[]): JournalIndex {
  const keyed = (line: JournalRange) => keyOf(line.stream, line.source, line.hour);
  const commits = Map.groupBy(
    journal.filter(({ kind }) => kind === 'commit'),
    keyed,
  );
  const holes = journal.filter(({ kind }) => kind === 'hole');
  const byKey = Map.groupBy(holes, keyed);
  const byUri = Map.groupBy(holes, ({ evidence }) => subjectOf(evidence));
  return {
    commits: new Map([...commits].map(([key, lines]) => [key, standing(lines, commitWeight)])),
    holesOutside: (uris, key) =>
      standing(
        (byKey.get(key) ?? []).filter(({ evidence }) => !uris.has(subjectOf(evidence))),
        ({ deadLettered }) => deadLettered,
      ),
    bookedFor: (uri) => byUri.get(uri) ?? [],
  };
}

/** A snapshot that was rolled back and came back stands once: its lines are added up. */
function commitWeight({ evidence }: JournalRange): number {
  return evidence.kind === 'snapshot' && evidence.rolledBack ? -1 : 1;
}

function standing(
  lines: readonly JournalRange[],
  weight: (line: JournalRange) => number,
): readonly PositionRange[] {
  const bySubject = Map.groupBy(lines, ({ evidence }) => subjectOf(evidence));
  return [...bySubject.values()]
    .filter((group) => group.reduce((sum, line) => sum + weight(line), 0) > 0)
    .flatMap(([line]) => (line === undefined ? [] : [line.evidence]));
}

function subjectOf(evidence: RangeEvidence): string {
  return evidence.kind === 'failure' ? evidence.uri : String(evidence.snapshotId);
}

function covers(ranges: readonly PositionRange[] | undefined, position: Position): boolean {
  return (ranges ?? []).some(
    ({ first, last }) =>
      comparePositions(first, position) <= 0 && comparePositions(position, last) <= 0,
  );
}

function overlap(a: OpenedBatch, b: OpenedBatch): boolean {
  return (
    a.source === b.source &&
    comparePositions(a.first, b.last) <= 0 &&
    comparePositions(b.first, a.last) <= 0
  );
}

function keyOf(stream: string, source: string, hour: string): string {
  return `${stream} ${source} ${hour}`;
}
