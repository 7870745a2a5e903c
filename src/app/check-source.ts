import { canStartAgain } from '#core/delivery/position.ts';
import { type ArrivedEvent, requireSameSource } from '#core/delivery/replaced-source.ts';
import type { SourceChain } from '#core/delivery/source-chain.ts';
import type { TableIdent } from '#ports/table-catalog.ts';
import type { IngestConfig } from './ingest-stream.ts';
import type { Slice } from './stage/slice.ts';
import { tableKey } from './stage/writable-table.ts';

/**
 * The state of the `rejected` table moves with batches that have something for it, and says nothing of those between.
 * Clocks of two brokers are not this far apart.
 */
const CLOCK_SKEW_MICROS = 60_000_000n;

/**
 * Throws SOURCE_REPLACED before anything is written when events come from a source that took over the name, and with it the
 * positions, of an earlier one. Only sources that can do so are looked at.
 */
export function checkSource(
  config: Pick<IngestConfig, 'streams' | 'rejectedTable'>,
  batch: { readonly chain: SourceChain; readonly slice: Slice },
): void {
  const { chain, slice } = batch;
  const { source } = slice;
  if (!canStartAgain(source)) return;
  const check = (
    table: TableIdent,
    own: readonly ArrivedEvent[],
    toleranceMicros: bigint,
  ): void => {
    const state = chain.tables.get(tableKey(table)) ?? null;
    requireSameSource(state, own, { source, toleranceMicros });
  };
  const events = [...slice.arrivals()];
  const byStream = Map.groupBy(events, ({ stream }) => stream);
  for (const { plan, table } of config.streams) {
    check(table, byStream.get(plan.stream.name) ?? [], 0n);
  }
  check(config.rejectedTable, events, CLOCK_SKEW_MICROS);
}
