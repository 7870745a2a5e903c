import type { ReceiptStore } from '#ports/receipt-store.ts';

/** Receipts of one execution environment. */
export interface ReceiptTotals {
  /**
   * Adds what the stream has acknowledged. A receipt that cannot be written leaves the count low until the next one,
   * which is no reason to fail: the error is returned, null when there is none.
   */
  add(stream: string, acknowledged: number): Promise<unknown>;
}

/** `producer` is a name that no other environment ever has: totals begin at 0. */
export function createReceiptTotals(
  receipts: ReceiptStore,
  { domain, producer }: { readonly domain: string; readonly producer: string },
): ReceiptTotals {
  const totals = new Map<string, number>();
  return {
    async add(stream, acknowledged) {
      if (acknowledged === 0) return null;
      const events = (totals.get(stream) ?? 0) + acknowledged;
      totals.set(stream, events);
      try {
        await receipts.record({ domain, stream, producer, events });
        return null;
      } catch (error) {
        return error;
      }
    },
  };
}
