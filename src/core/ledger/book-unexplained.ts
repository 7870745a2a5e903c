import { UNKNOWN_STREAM } from '../delivery/dead-letter.ts';
import type { UnexplainedCounts } from './book-table.ts';
import { type LedgerCounts, type LedgerEntry, NO_LEDGER_COUNTS } from './ledger-entry.ts';
import type { OpenHours } from './open-hours.ts';

/** Net counts of a stream, source and hour in the journal. */
export interface JournalHour {
  readonly stream: string;
  readonly source: string;
  readonly hour: string;
  readonly counts: LedgerCounts;
}

type CountName = 'committed' | 'deduplicated' | 'rejected' | 'deadLettered';
const PLACES = ['committed', 'deduplicated', 'rejected', 'deadLettered'] as const;

interface HourAmount {
  readonly stream: string;
  readonly hour: string;
  readonly amount: number;
}

/**
 * Finds hours for counts that are known in sum only. A source is read and committed in the order of arrival,
 * so what was added belongs to the oldest hours whose events are on their way, and what was taken back to the
 * newest hours that are booked. What no hour can take is left over: with `bookRest` it goes to the hour of
 * the snapshot, where it shows as a problem; without, it waits for the next run.
 */
export function bookUnexplained(
  unexplained: UnexplainedCounts,
  context: {
    readonly open: OpenHours;
    /** Net entries of the same table and source; needed for what is taken back. */
    readonly journal: readonly JournalHour[];
    readonly bookRest: boolean;
  },
): readonly LedgerEntry[] {
  const free = openAmounts(unexplained, context.open);
  const entries: LedgerEntry[] = [];
  for (const name of PLACES) {
    const wanted = unexplained.counts[name];
    if (wanted === 0) continue;
    const room = wanted > 0 ? free : bookedAmounts(unexplained, context.journal, name);
    const taken = take(room, Math.abs(wanted));
    const sign = Math.sign(wanted);
    for (const { stream, hour, amount } of taken) {
      entries.push(entryOf(unexplained, { stream, hour, counts: { [name]: sign * amount } }));
    }
    const rest = Math.abs(wanted) - taken.reduce((sum, { amount }) => sum + amount, 0);
    if (rest === 0 || !context.bookRest) continue;
    entries.push(
      entryOf(unexplained, { ...restPlace(unexplained), counts: { [name]: sign * rest } }),
    );
  }
  return withLate(unexplained, entries, context);
}

function openAmounts({ table, source }: UnexplainedCounts, open: OpenHours): HourAmount[] {
  return open
    .filter(
      (hour) =>
        hour.source === source &&
        hour.difference > 0 &&
        (table.kind === 'rejected' || hour.stream === table.stream),
    )
    .map(({ stream, hour, difference }) => ({ stream, hour, amount: difference }))
    .sort((a, b) => (a.hour < b.hour ? -1 : 1));
}

function bookedAmounts(
  { source }: UnexplainedCounts,
  journal: readonly JournalHour[],
  name: CountName,
): HourAmount[] {
  return journal
    .filter((hour) => hour.source === source && hour.counts[name] > 0)
    .map(({ stream, hour, counts }) => ({ stream, hour, amount: counts[name] }))
    .sort((a, b) => (a.hour > b.hour ? -1 : 1));
}

/** Takes an amount from the first hours on, and that much out of `room`. */
function take(room: HourAmount[], wanted: number): HourAmount[] {
  const taken: HourAmount[] = [];
  let left = wanted;
  while (left > 0) {
    const first = room.shift();
    if (first === undefined) break;
    const amount = Math.min(left, first.amount);
    taken.push({ ...first, amount });
    if (first.amount > amount) room.unshift({ ...first, amount: first.amount - amount });
    left -= amount;
  }
  return taken;
}

function entryOf(
  { table, source, evidence }: UnexplainedCounts,
  place: {
    readonly stream: string;
    readonly hour: string;
    readonly counts: Partial<LedgerCounts>;
  },
): LedgerEntry {
  const { stream, hour, counts } = place;
  return {
    stream,
    source,
    hour,
    kind: table.kind,
    counts: { ...NO_LEDGER_COUNTS, ...counts },
    evidence: { kind: 'words', text: evidence },
  };
}

function restPlace({ table, hour }: UnexplainedCounts) {
  return { stream: table.kind === 'rejected' ? UNKNOWN_STREAM : table.stream, hour };
}

/** Late rows are part of the committed ones; where exactly, nobody can tell. */
function withLate(
  unexplained: UnexplainedCounts,
  entries: readonly LedgerEntry[],
  { bookRest }: { readonly bookRest: boolean },
): readonly LedgerEntry[] {
  const { late } = unexplained.counts;
  if (late === 0) return entries;
  const last = entries.findLastIndex(({ counts }) => counts.committed !== 0);
  if (last < 0) {
    if (!bookRest) return entries;
    const counts = { late };
    return [...entries, entryOf(unexplained, { ...restPlace(unexplained), counts })];
  }
  return entries.map((entry, index) =>
    index === last ? { ...entry, counts: { ...entry.counts, late } } : entry,
  );
}
