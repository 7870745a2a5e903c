import { comparePositions, type Position, positionKey } from '#core/delivery/position.ts';
import { readSourceStates } from '#core/delivery/source-state.ts';
import type { TableMetadata } from '#core/iceberg/spec/table-metadata.ts';
import type { IngestDeps, IngestStream } from './ingest-stream.ts';
import { loadTable } from './load-table.ts';
import { readPositions } from './read-positions.ts';

/** How far a bronze table has taken in a source. */
export interface BronzeProgress {
  readonly metadata: TableMetadata;
  /** Every event of the stream up to here has its place; null before the first. */
  readonly position: Position | null;
}

/** By stream name. */
export type BronzeProgresses = ReadonlyMap<string, BronzeProgress>;

export async function readBronzeProgress(
  deps: IngestDeps,
  streams: readonly IngestStream[],
  source: string,
): Promise<BronzeProgresses> {
  const progresses = new Map<string, BronzeProgress>();
  for (const { plan, table } of streams) {
    const { metadata } = await loadTable(deps, table);
    const position = readSourceStates(metadata).get(source)?.position ?? null;
    progresses.set(plan.stream.name, { metadata, position });
  }
  return progresses;
}

/** Whether the event is at or before a table's position. */
export function isBehind(
  progress: BronzeProgress | undefined,
  event: { readonly position: Position },
): boolean {
  const position = progress?.position ?? null;
  return position !== null && comparePositions(event.position, position) <= 0;
}

/**
 * Positions (positionKey) of events that stand in one of the tables although this code knows no stream
 * for them: newer code took them in before it was rolled back. Reads only tables that are far enough.
 */
export async function findInBronze(
  deps: IngestDeps,
  progresses: BronzeProgresses,
  options: {
    readonly source: string;
    readonly events: readonly { readonly position: Position; readonly arrivalMicros: bigint }[];
  },
): Promise<ReadonlySet<string>> {
  const found = new Set<string>();
  for (const progress of progresses.values()) {
    const events = options.events.filter((event) => isBehind(progress, event));
    const wanted = new Set(events.map(({ position }) => positionKey(position)));
    const { source } = options;
    for (const key of await readPositions(deps, progress.metadata, { source, events })) {
      if (wanted.has(key)) found.add(key);
    }
  }
  return found;
}
