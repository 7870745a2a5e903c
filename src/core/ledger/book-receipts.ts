import type { ReceiptCursor } from './ledger-cursor.ts';
import { type LedgerEntry, NO_LEDGER_COUNTS } from './ledger-entry.ts';

export interface ProducerTotal {
  /** Names one producer run, for instance `demo-7`. */
  readonly producer: string;
  /** Events that the stream has acknowledged since the producer began; it only grows. */
  readonly events: number;
}

/** Producers that a stream's cursor remembers by name; the cursor stands in every commit of the ledger. */
export const MAX_PRODUCERS = 100;

/** Name of the source under which the growth of all forgotten producers is booked. */
const OTHER_PRODUCERS = 'producer:*';

/**
 * Books what producers had acknowledged since last time, each under its own name. The sum is exact for any
 * number of producers; beyond MAX_PRODUCERS those that have been silent longest are booked together.
 */
export function bookReceipts(
  receipts: readonly ProducerTotal[],
  before: ReceiptCursor | null,
  booking: { readonly stream: string; readonly hour: string },
): { readonly entries: readonly LedgerEntry[]; readonly next: ReceiptCursor } {
  const known = before?.producers ?? new Map<string, number>();
  const others = before?.others ?? 0;
  // While nobody is forgotten, an unknown producer is a new one.
  const named = receipts.filter(({ producer }) => known.has(producer) || others === 0);
  const rest = sumOf(receipts) - sumOf(named);
  const changed = named.filter(({ producer, events }) => events !== (known.get(producer) ?? 0));
  const entries = changed.map(({ producer, events }) =>
    receiptEntry(booking, {
      source: `producer:${producer}`,
      acknowledged: events - (known.get(producer) ?? 0),
      evidence: { kind: 'receipt', producer, total: events },
    }),
  );
  if (rest !== others) {
    const text = `${receipts.length - named.length} producers that are not remembered by name: ${rest} events acknowledged in all`;
    const evidence = { kind: 'words', text } as const;
    entries.push(
      receiptEntry(booking, { source: OTHER_PRODUCERS, acknowledged: rest - others, evidence }),
    );
  }
  const silent = named.filter((receipt) => !changed.includes(receipt));
  const kept = [...changed, ...inOrderOf(known, silent)].slice(0, MAX_PRODUCERS);
  return {
    entries,
    next: {
      producers: new Map(kept.map(({ producer, events }) => [producer, events])),
      others: sumOf(receipts) - sumOf(kept),
    },
  };
}

function receiptEntry(
  { stream, hour }: { readonly stream: string; readonly hour: string },
  receipt: Pick<LedgerEntry, 'source' | 'evidence'> & { readonly acknowledged: number },
): LedgerEntry {
  const { source, evidence, acknowledged } = receipt;
  const counts = { ...NO_LEDGER_COUNTS, acknowledged };
  return { stream, source, hour, kind: 'receipt', counts, evidence };
}

/** The cursor's order is that of the last change, so the ones silent longest go first. */
function inOrderOf(
  known: ReadonlyMap<string, number>,
  receipts: readonly ProducerTotal[],
): readonly ProducerTotal[] {
  const order = new Map([...known.keys()].map((producer, index) => [producer, index]));
  const rank = ({ producer }: ProducerTotal) => order.get(producer) ?? known.size;
  return receipts.toSorted((a, b) => rank(a) - rank(b));
}

function sumOf(receipts: readonly ProducerTotal[]): number {
  return receipts.reduce((sum, { events }) => sum + events, 0);
}
