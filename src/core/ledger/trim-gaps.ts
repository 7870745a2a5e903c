import { HOUR_MS, hourStartMs } from './arrival-hours.ts';
import type { TrimGap } from './ledger-cursor.ts';
import { type LedgerEntry, NO_LEDGER_COUNTS } from './ledger-entry.ts';
import type { OpenHour, OpenHours } from './open-hours.ts';

/**
 * Books events that are accounted for but were trimmed from the shard before the ledger counted them: how
 * many were received is not known, only how many arrived somewhere. Hours that no gap touches are left
 * alone: more accounted for than received is wrong there.
 */
export function bookTrimmed(
  open: OpenHours,
  gaps: readonly TrimGap[],
  isClosed: (hour: OpenHour) => boolean,
): { readonly entries: readonly LedgerEntry[]; readonly gaps: readonly TrimGap[] } {
  const entries: LedgerEntry[] = [];
  const found = gaps.map(({ events }) => events);
  for (const hour of open) {
    const index = gaps.findIndex((gap) => overlaps(gap, hour));
    const gap = gaps[index];
    if (gap === undefined || hour.difference >= 0 || !isClosed(hour)) continue;
    const received = -hour.difference;
    found[index] = (found[index] ?? 0) + received;
    const text = `trimmed before it was counted, taken from where it went; ${describeGap(gap)}`;
    entries.push({
      stream: hour.stream,
      source: hour.source,
      hour: hour.hour,
      kind: 'read',
      counts: { ...NO_LEDGER_COUNTS, received },
      evidence: { kind: 'words', text },
    });
  }
  return {
    entries,
    gaps: gaps.map((gap, index) => ({ ...gap, events: found[index] ?? gap.events })),
  };
}

/** Gaps that can still matter: what arrived in them may be committed until its retention is over. */
export function currentGaps(
  gaps: readonly TrimGap[],
  open: OpenHours,
  options: { readonly nowMs: number; readonly retentionMs: number },
): readonly TrimGap[] {
  const { nowMs, retentionMs } = options;
  return gaps.filter(
    (gap) => gap.toMs + retentionMs > nowMs || open.some((hour) => overlaps(gap, hour)),
  );
}

/** What is known to be missing from the count, in words. */
export function describeTrimmed(domain: string, gaps: readonly TrimGap[]): readonly string[] {
  return gaps
    .filter(({ events }) => events > 0)
    .map(
      (gap) =>
        `${domain}, ${gap.source}: ${gap.events} events that ${describeGap(gap)} were trimmed before the ledger counted them; ` +
        'they are booked as received because a table accounts for them, what else was lost is unknown (docs/ledger.md, "trimmed")',
    );
}

/** `arrived from 2026-11-20T21:00:00Z to 2026-11-21T03:12:44Z` */
export function describeGap({ fromMs, toMs }: TrimGap): string {
  const from = fromMs === null ? 'the beginning' : isoSeconds(fromMs);
  return `arrived from ${from} to ${isoSeconds(toMs)}`;
}

function isoSeconds(timeMs: number): string {
  return `${new Date(timeMs).toISOString().slice(0, 19)}Z`;
}

function overlaps({ source, fromMs, toMs }: TrimGap, hour: OpenHour): boolean {
  const startMs = hourStartMs(hour.hour);
  return (
    source === hour.source && startMs <= toMs && (fromMs === null || startMs + HOUR_MS > fromMs)
  );
}
