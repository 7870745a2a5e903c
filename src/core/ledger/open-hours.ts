import { accountedFor, type LedgerEntry } from './ledger-entry.ts';

/** An arrival hour whose counts do not balance yet, or do not balance at all. */
export interface OpenHour {
  readonly stream: string;
  readonly source: string;
  readonly hour: string;
  /** Received minus accounted for: positive while events are on their way, negative when something is wrong. */
  readonly difference: number;
}

/**
 * The running balance: every hour that does not balance, by stream, source and hour. A balance is a sum,
 * so an hour at zero needs no memory, and the ledger never has to add up its journal again.
 */
export type OpenHours = readonly OpenHour[];

export function applyEntries(open: OpenHours, entries: readonly LedgerEntry[]): OpenHours {
  const hours = new Map(open.map((hour) => [keyOf(hour), hour]));
  for (const { stream, source, hour, counts } of entries) {
    const change = counts.received - accountedFor(counts);
    if (change === 0) continue;
    const key = keyOf({ stream, source, hour });
    const difference = (hours.get(key)?.difference ?? 0) + change;
    hours.set(key, { stream, source, hour, difference });
  }
  return [...hours]
    .filter(([, { difference }]) => difference !== 0)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, hour]) => hour);
}

/** Stream names and hours contain no blank. */
function keyOf({ stream, source, hour }: Omit<OpenHour, 'difference'>): string {
  return `${stream} ${source} ${hour}`;
}
