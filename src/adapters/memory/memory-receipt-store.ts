import type { ProducerTotal } from '#core/ledger/book-receipts.ts';
import type { Receipt, ReceiptStore } from '#ports/receipt-store.ts';

export class MemoryReceiptStore implements ReceiptStore {
  readonly #totals = new Map<string, Map<string, number>>();

  async record(receipt: Receipt): Promise<void> {
    const key = `${receipt.domain}.${receipt.stream}`;
    const producers = this.#totals.get(key) ?? new Map<string, number>();
    producers.set(receipt.producer, Math.max(receipt.events, producers.get(receipt.producer) ?? 0));
    this.#totals.set(key, producers);
  }

  async list(domain: string, stream: string): Promise<readonly ProducerTotal[]> {
    const producers = this.#totals.get(`${domain}.${stream}`) ?? new Map<string, number>();
    return [...producers].map(([producer, events]) => ({ producer, events }));
  }
}
