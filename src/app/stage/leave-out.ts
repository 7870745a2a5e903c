import { positionOfRow } from '#core/delivery/judged-block.ts';
import {
  comparePositions,
  laterPosition,
  type Position,
  positionKey,
} from '#core/delivery/position.ts';
import type { SourceChain } from '#core/delivery/source-chain.ts';
import type { TableIdent } from '#ports/table-catalog.ts';
import type { IngestConfig, IngestDeps } from '../ingest-stream.ts';
import { loadTable } from '../load-table.ts';
import { readPositions } from '../read-positions.ts';
import type { JudgedSlice, Slice } from './slice.ts';
import { tableKey } from './writable-table.ts';

/** What of a batch the chain has not decided about. */
export interface OpenEvents {
  readonly judged: JudgedSlice;
  /** Positions (positionKey) of those that have their place all the same: they move positions, but are no rows. */
  readonly placed: ReadonlySet<string>;
}

/** A place where an event may stand. */
interface Place {
  readonly position: Position;
  readonly arrivalMicros: bigint;
}

/**
 * Leaves out what is decided: events up to the chain's position, and up to the position of their own table where the chain
 * has begun anew behind it. There the `rejected` table may be ahead of the others, as after one of them was rolled back: what
 * stands in it stays there, whatever this code thinks of it. So does what newer code, rolled back since, took into a table
 * although this code knows no stream for it.
 */
export async function leaveOut(
  deps: IngestDeps,
  config: IngestConfig,
  batch: { readonly chain: SourceChain; readonly slice: Slice },
): Promise<OpenEvents> {
  const { chain, slice } = batch;
  const judged = slice.judge(decidedUpTo(config, chain));
  const placed = new Set<string>();
  const look = async (table: TableIdent, places: () => readonly Place[]): Promise<void> => {
    const end = chain.tables.get(tableKey(table))?.position;
    // As a rule: what is open lies behind the chain, and the chain behind its tables.
    if (end === undefined || isUpTo(end, chain.position)) return;
    const behind = places().filter(({ position }) => comparePositions(position, end) <= 0);
    if (behind.length === 0) return;
    const { metadata } = await loadTable(deps, table);
    const known = await readPositions(deps, metadata, { source: slice.source, events: behind });
    for (const { position } of behind) {
      const key = positionKey(position);
      if (known.has(key)) placed.add(key);
    }
  };
  await look(config.rejectedTable, () => placesOf(judged));
  for (const { table } of config.streams) await look(table, () => judged.unknown);
  if (placed.size === 0) return { judged, placed };
  const unknown = judged.unknown.filter(({ position }) => !placed.has(positionKey(position)));
  return { judged: { ...judged, unknown }, placed };
}

/** By stream: the position up to which the chain has decided about its events. */
function decidedUpTo(
  { streams }: Pick<IngestConfig, 'streams'>,
  chain: SourceChain,
): (stream: string) => Position | null {
  const tables = new Map(streams.map(({ plan, table }) => [plan.stream.name, tableKey(table)]));
  return (stream) => {
    const table = tables.get(stream);
    const own = table === undefined ? undefined : chain.tables.get(table)?.position;
    return own === undefined ? chain.position : laterPosition(chain.position, own);
  };
}

function isUpTo(end: Position, position: Position | null): boolean {
  return position !== null && comparePositions(end, position) <= 0;
}

function placesOf({ blocks, unknown }: JudgedSlice): readonly Place[] {
  const places: Place[] = [...unknown];
  for (const { block } of blocks) {
    for (let row = 0; row < block.length; row++) {
      const { arrivalMicros } = block.records[block.recordOf[row]!]!;
      places.push({ position: positionOfRow(block, row), arrivalMicros });
    }
  }
  return places;
}
