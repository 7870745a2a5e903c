import type { ProducerTotal } from '#core/ledger/book-receipts.ts';

/**
 * What producers had acknowledged, per stream and producer: one half of the ledger's `received`.
 * A crash between an acknowledgement and its receipt leaves the count low, never high.
 */
export interface ReceiptStore {
  /** Sets the producer's total so far; a total lower than the stored one changes nothing, so a repeated call is harmless. */
  record(receipt: Receipt): Promise<void>;
  /** Total of every producer of a stream. */
  list(domain: string, stream: string): Promise<readonly ProducerTotal[]>;
}

export interface Receipt extends ProducerTotal {
  readonly domain: string;
  readonly stream: string;
}
