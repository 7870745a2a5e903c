/** Whose state it is. */
export interface ConnectorKey {
  readonly domain: string;
  readonly connector: string;
}

/** The right to change a connector's state, until somebody else has it. */
export interface ConnectorLease {
  readonly key: ConnectorKey;
  /** Goes up with every lease that is given: a holder of an earlier one changes nothing any more. */
  readonly fence: number;
}

export type LeaseOutcome =
  /** `state` is the text that was saved last; null before the first one. */
  | { readonly kind: 'held'; readonly lease: ConnectorLease; readonly state: string | null }
  /** Somebody else holds the lease. */
  | { readonly kind: 'busy' };

/** Where connectors remember how far they are. One holder at a time may write. */
export interface ConnectorStateStore {
  /**
   * Takes the lease when nobody has it, it has run out, or `owner` has it already (a call whose answer was lost).
   * Clocks of holders differ: the term is longer than a holder can live, and the fence decides in any case.
   */
  acquire(
    key: ConnectorKey,
    request: { readonly owner: string; readonly nowMs: number; readonly untilMs: number },
  ): Promise<LeaseOutcome>;
  /** Replaces the state; safe to repeat. Throws COMMIT_CONFLICT when the lease is somebody else's by now. */
  save(lease: ConnectorLease, state: string): Promise<void>;
  /** Gives the lease back, if it is still held; the state stays. */
  release(lease: ConnectorLease): Promise<void>;
}
