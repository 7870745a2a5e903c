import type { Books } from '#app/ledger/read-books.ts';
import { parseRangeEvidence } from '#core/ledger/evidence.ts';
import type { Output } from '../output.ts';

/** The books of a domain for people: the counts, then what does not add up and where to look. */
export function showBooks(
  output: Output,
  books: Books,
  { nowMs }: { readonly nowMs: number },
): void {
  output.line();
  output.line(`Books of ${books.domain}: ${ageOf(books, nowMs)}`);
  if (books.rolledUpMs === null) return;
  output.line();
  output.line(
    'received = committed + rejected + deduplicated + dead-lettered + in flight + unbalanced',
  );
  output.line();
  output.table(
    [
      'stream',
      'received',
      'committed',
      'rejected',
      'deduplicated',
      'dead-lettered',
      'in flight',
      'unbalanced',
      'of these late',
      'acknowledged',
    ],
    books.lines.map((line) => [
      line.stream,
      ...[
        line.received,
        line.committed,
        line.rejected,
        line.deduplicated,
        line.deadLettered,
        line.inFlight,
        line.unbalanced,
        line.late,
        line.acknowledged,
      ].map((count) => count.toLocaleString('en-US')),
    ]),
    { rightAligned: [1, 2, 3, 4, 5, 6, 7, 8, 9] },
  );
  showHoles(output, books);
  output.line();
  for (const problem of books.problems) output.problem(problem);
  output.line(verdict(books));
}

/** Holes shown; a storm has thousands, and all are in the ledger's table. */
const SHOWN_HOLES = 20;

function showHoles(output: Output, { holes }: Books): void {
  if (holes.length === 0) return;
  output.line();
  output.line('Holes: events of batches that the writer gave up, kept whole in these objects:');
  for (const { stream, hour, events, evidence } of holes.slice(0, SHOWN_HOLES)) {
    output.line(`  ${countOf(events)} of ${stream}, arrival hour ${hour}`);
    output.line(`    ${objectOf(evidence)}`);
  }
  const more = holes.length - SHOWN_HOLES;
  if (more > 0) output.line(`  and ${more.toLocaleString('en-US')} more; --json lists them all`);
}

function objectOf(evidence: string): string {
  const parsed = parseRangeEvidence(evidence);
  return parsed?.kind === 'failure' ? parsed.uri : evidence;
}

function countOf(events: number): string {
  return events === 1 ? '1 event' : `${events.toLocaleString('en-US')} events`;
}

function ageOf({ rolledUpMs, countedToMs }: Books, nowMs: number): string {
  if (rolledUpMs === null) return 'not rolled up yet; --run does it now.';
  const counted =
    countedToMs === null
      ? 'not every shard is counted to its end yet'
      : `the shards are counted up to ${isoSeconds(countedToMs)}`;
  return `last booked ${ago(nowMs - rolledUpMs)}, ${counted}.`;
}

function verdict({ problems, lines, holes }: Books): string {
  if (problems.length > 0) return 'THE BOOKS DO NOT BALANCE.';
  const inFlight = lines.reduce((sum, line) => sum + line.inFlight, 0);
  if (inFlight > 0) {
    return 'Every closed hour balances; what is in flight belongs to hours that are still open.';
  }
  const inHoles = holes.reduce((sum, { events }) => sum + events, 0);
  const where = inHoles === 0 ? '' : `, ${countOf(inHoles)} in failed batches only`;
  return `Every event counted so far is accounted for${where}.`;
}

function ago(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 120) return `${seconds} s ago`;
  const minutes = Math.round(seconds / 60);
  return minutes < 120 ? `${minutes} minutes ago` : `${Math.round(minutes / 60)} hours ago`;
}

function isoSeconds(timeMs: number): string {
  return `${new Date(timeMs).toISOString().slice(0, 19)}Z`;
}

/** The same for machines. */
export function booksResult(books: Books): Readonly<Record<string, unknown>> {
  const iso = (timeMs: number | null) => (timeMs === null ? null : new Date(timeMs).toISOString());
  return {
    domain: books.domain,
    rolled_up: iso(books.rolledUpMs),
    counted_to: iso(books.countedToMs),
    streams: books.lines.map((line) => ({
      stream: line.stream,
      received: line.received,
      acknowledged: line.acknowledged,
      committed: line.committed,
      rejected: line.rejected,
      deduplicated: line.deduplicated,
      dead_lettered: line.deadLettered,
      late: line.late,
      in_flight: line.inFlight,
      unbalanced: line.unbalanced,
    })),
    holes: books.holes,
    problems: books.problems,
  };
}
