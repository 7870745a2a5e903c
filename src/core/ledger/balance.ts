import { isFileSource } from '../delivery/position.ts';
import { HOUR_MS, hourStartMs } from './arrival-hours.ts';
import { type LedgerCounts, NO_LEDGER_COUNTS } from './ledger-entry.ts';
import type { OpenHour, OpenHours } from './open-hours.ts';

/** Where a stream's events are. */
export interface BalanceLine extends LedgerCounts {
  readonly stream: string;
  /** Read, but not accounted for yet, in hours that are still open. */
  readonly inFlight: number;
  /** What does not add up in closed hours, without sign: a surplus does not hide a loss. */
  readonly unbalanced: number;
}

export interface Balance {
  readonly lines: readonly BalanceLine[];
  /** Over all streams. */
  readonly unbalanced: number;
  /** Everything that does not add up, in words; empty when all is well. */
  readonly problems: readonly string[];
}

export interface BalanceRequest {
  readonly domain: string;
  readonly totals: ReadonlyMap<string, LedgerCounts>;
  readonly open: OpenHours;
  readonly nowMs: number;
  /** Time after its end in which an hour may still have events on their way. */
  readonly graceMs: number;
  /** Nothing is produced any more and all is taken in: every hour counts as closed, the present one too. */
  readonly standstill: boolean;
  /** Every shard was counted to its very end, after everything else had been booked. */
  readonly readToEnd: boolean;
  /** @default true; the totals must hold every hour */
  readonly compareReceipts?: boolean;
  /** Time up to which a source is counted; null when that is not known, Infinity for one that nothing is read from. */
  readonly readToMs: (source: string) => number | null;
}

/**
 * Judges the books. A closed hour must be exactly equal; in an open one events may be on their way, but once
 * the shards are counted more can never be accounted for than was received.
 */
export function judgeBalance(request: BalanceRequest): Balance {
  const streams = new Set([...request.totals.keys(), ...request.open.map(({ stream }) => stream)]);
  const lines = [...streams].sort().map((stream) => lineOf(stream, request));
  return {
    lines,
    unbalanced: lines.reduce((sum, line) => sum + line.unbalanced, 0),
    problems: [
      ...request.open
        .filter((hour) => isWrong(hour, request))
        .map((hour) => describe(hour, request)),
      ...lines.flatMap((line) => receiptProblem(line, request)),
    ],
  };
}

/** True when nothing more may change in an hour: it must balance. */
export function isClosed(
  hour: Pick<OpenHour, 'source' | 'hour'>,
  request: Pick<BalanceRequest, 'nowMs' | 'graceMs' | 'standstill' | 'readToMs'>,
): boolean {
  if (request.standstill) return true;
  const endMs = hourStartMs(hour.hour) + HOUR_MS;
  return endMs + request.graceMs <= request.nowMs && isCounted(hour, request);
}

function lineOf(stream: string, request: BalanceRequest): BalanceLine {
  const counts = request.totals.get(stream) ?? NO_LEDGER_COUNTS;
  let inFlight = 0;
  let unbalanced = 0;
  for (const hour of request.open) {
    if (hour.stream !== stream) continue;
    if (isWrong(hour, request)) unbalanced += Math.abs(hour.difference);
    // Negative: its commit is booked, its shard is not read that far.
    else inFlight += Math.max(0, hour.difference);
  }
  return { ...counts, stream, inFlight, unbalanced };
}

function isWrong(hour: OpenHour, request: BalanceRequest): boolean {
  if (isClosed(hour, request)) return true;
  if (hour.difference >= 0) return false;
  // What is read of a file is booked when it is finished, and that of shards says nothing of it.
  return (request.readToEnd && !isFileSource(hour.source)) || isCounted(hour, request);
}

/** True when every event of the hour is read off its shard. */
function isCounted(
  { source, hour }: Pick<OpenHour, 'source' | 'hour'>,
  { readToMs }: Pick<BalanceRequest, 'readToMs'>,
): boolean {
  const toMs = readToMs(source);
  return toMs !== null && hourStartMs(hour) + HOUR_MS <= toMs;
}

function describe(hour: OpenHour, { domain }: BalanceRequest): string {
  const place = `${domain}.${hour.stream}, arrival hour ${hour.hour}, ${hour.source}`;
  const events = Math.abs(hour.difference);
  return hour.difference > 0
    ? `${place}: ${count(events)} read off the shard, but neither committed, rejected, deduplicated nor dead-lettered; ` +
        'when the writer is behind they are on their way, otherwise look for its errors of that hour (docs/ledger.md, "missing")'
    : `${place}: ${count(events)} more than were read off the shard are accounted for; ` +
        'look for positions that stand in the table twice (docs/ledger.md, "too many")';
}

function receiptProblem(line: BalanceLine, request: BalanceRequest): string[] {
  const { domain, readToEnd, compareReceipts = true } = request;
  if (!readToEnd || !compareReceipts || line.acknowledged <= line.received) return [];
  return [
    `${domain}.${line.stream}: producers hold receipts for ${count(line.acknowledged)}, but only ${line.received} stand on the shards; ` +
      'look whether the stream was trimmed or replaced (docs/ledger.md, "receipts")',
  ];
}

function count(events: number): string {
  return events === 1 ? '1 event' : `${events} events`;
}
