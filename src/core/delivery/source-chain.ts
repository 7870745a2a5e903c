import type { Position } from './position.ts';

/**
 * What has been staged from one source, batch after batch. Writers append links by compare-and-swap, so there is
 * one order of batches and one decision about every event, whatever crashes or is delivered twice; links leave
 * once every table they touch has committed them.
 */
export interface SourceChain {
  readonly source: string;
  /** Counts the changes of this document, from 1; a change presents the version it is based on. */
  readonly version: number;
  /** Position of the last event that is staged; null: none is. */
  readonly position: Position | null;
  /** By `database.table`: what is staged of the source for each table that it has touched. */
  readonly tables: ReadonlyMap<string, StagedState>;
  /** Staged batches that are not known to be committed, oldest first. */
  readonly links: readonly StagedLink[];
}

/** A fold over the source's events for one table, as far as they are staged. */
export interface StagedState {
  /** `last` of the newest link that touches the table. */
  readonly position: Position;
  /** Highest accepted event time, microseconds; see SourceState. */
  readonly maxEventTimeMicros: bigint | null;
  /** See SourceState. */
  readonly maxArrivalMicros?: bigint;
}

/** One staged batch: its decision about every event after `prev` up to `last`. */
export interface StagedLink {
  readonly prev: Position | null;
  readonly last: Position;
  /** By `database.table`, for every table with an event in the batch: the position its previous link ended at; null: it is the first. */
  readonly tables: ReadonlyMap<string, Position | null>;
  /** The batch descriptor (staged-batch.ts): files, statistics, counts. */
  readonly descriptor: { readonly uri: string; readonly sha256: string };
  readonly stagedAtMs: number;
}
