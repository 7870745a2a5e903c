import type { NewLink } from '#core/delivery/chain-changes.ts';
import { NO_COUNTS } from '#core/delivery/delivery-counts.ts';
import { type Position, padSequence } from '#core/delivery/position.ts';
import type { SourceState } from '#core/delivery/source-state.ts';

export function at(sequence: number): Position {
  return { sequence: padSequence(String(sequence)), subSequence: 0 };
}

/** A batch that ends at a position and touches tables. */
export function newLink(
  end: number,
  tables: readonly string[],
  maxArrivalMicros?: bigint,
): NewLink {
  const arrival = maxArrivalMicros === undefined ? {} : { maxArrivalMicros };
  return {
    last: at(end),
    tables: new Map(
      tables.map((table) => [table, { maxEventTimeMicros: BigInt(end) * 10n, ...arrival }]),
    ),
    descriptor: {
      uri: `s3://lake/staged/${end}.json`,
      sha256: end.toString(16).padStart(2, '0').repeat(32),
    },
    stagedAtMs: 1_000 + end,
  };
}

export function stateAt(sequence: number): SourceState {
  return { position: at(sequence), maxEventTimeMicros: 1n, counts: NO_COUNTS };
}
