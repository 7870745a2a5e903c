import type { JudgedEvent } from '#core/delivery/judged-event.ts';
import { canStartAgain } from '#core/delivery/position.ts';
import { requireSameSource } from '#core/delivery/replaced-source.ts';
import { readSourceStates } from '#core/delivery/source-state.ts';
import type { TableIdent } from '#ports/table-catalog.ts';
import type { IngestConfig, IngestDeps } from './ingest-stream.ts';
import { loadTable } from './load-table.ts';

/**
 * The state of the `rejected` table moves with batches that have something for it, and says nothing of those between.
 * Clocks of two brokers are not this far apart.
 */
const CLOCK_SKEW_MICROS = 60_000_000n;

/**
 * Throws SOURCE_REPLACED before anything is filed or committed when events come from a source that took over the name,
 * and with it the positions, of an earlier one. Only sources that can do so are looked at.
 */
export async function checkSource(
  deps: IngestDeps,
  config: IngestConfig,
  slice: { readonly source: string; readonly events: readonly JudgedEvent[] },
): Promise<void> {
  const { source, events } = slice;
  if (!canStartAgain(source)) return;
  const check = async (
    table: TableIdent,
    own: readonly JudgedEvent[],
    toleranceMicros: bigint,
  ): Promise<void> => {
    const { metadata } = await loadTable(deps, table);
    const state = readSourceStates(metadata).get(source) ?? null;
    requireSameSource(state, own, { source, toleranceMicros });
  };
  const byStream = Map.groupBy(events, ({ stream }) => stream);
  const bronze = config.streams.map(async ({ plan, table }) => {
    const own = byStream.get(plan.stream.name);
    if (own !== undefined) await check(table, own, 0n);
  });
  await Promise.all([...bronze, check(config.rejectedTable, events, CLOCK_SKEW_MICROS)]);
}
