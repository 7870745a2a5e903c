/**
 * What producers had acknowledged, per stream and producer: one half of the ledger's `received`.
 * A crash between an acknowledgement and its receipt leaves the count low, never high.
 */
export interface ReceiptStore {
  /** Sets the producer's total so far; a total lower than the stored one changes nothing, so a repeated call is harmless. */
  record(receipt: Receipt): Promise<void>;
  /** Sum over all producers of a stream. */
  total(domain: string, stream: string): Promise<number>;
}

export interface Receipt {
  readonly domain: string;
  readonly stream: string;
  /** Names one producer run, for instance `demo-7`; its totals only grow. */
  readonly producer: string;
  /** Events acknowledged by the stream since the producer began. */
  readonly events: number;
}
