import type { ReceiptStore } from '#ports/receipt-store.ts';

/** Events that all producers of a stream hold receipts for. */
export async function receiptTotal(
  store: ReceiptStore,
  domain: string,
  stream: string,
): Promise<number> {
  const totals = await store.list(domain, stream);
  return totals.reduce((sum, { events }) => sum + events, 0);
}
