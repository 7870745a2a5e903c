import type { SourceChain } from '#core/delivery/source-chain.ts';

/** Where writers note what they have staged, per source; strongly consistent, changed by compare-and-swap only. */
export interface StagingLog {
  /** Null for a source of which nothing has been staged. */
  read(domain: string, source: string): Promise<SourceChain | null>;
  /** Chains of all sources of a domain, by source. */
  list(domain: string): Promise<readonly SourceChain[]>;
  /**
   * Writes a chain whose version is one more than that of the chain it is based on; version 1 creates it. False when
   * the stored version is another: nothing was changed. Throws SOURCE_UNAVAILABLE when the outcome cannot be told:
   * read again and look. Throws CHAIN_TOO_LONG when the document does not fit: commits are too far behind.
   */
  put(domain: string, chain: SourceChain): Promise<boolean>;
  /** Forgets a source, if it is still at this version. False when it is not. */
  remove(domain: string, chain: SourceChain): Promise<boolean>;
}
