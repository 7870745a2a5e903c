import { HistoryWriter } from './history-writer.ts';
import { LedgerWorld, MINUTE_MS } from './ledger-world.ts';

export const SHARD_ID = 'shardId-000000000000';
export const HOUR_MS = 60 * MINUTE_MS;
const TRADE = { stream: 'trade', fate: 'committed' } as const;

/** A domain with one writer, and short ways to produce and take in trades. */
export async function history(options: { readonly shards?: number } = {}) {
  const world = await LedgerWorld.create(options);
  const writer = new HistoryWriter(world);
  /** Records of so many trades each. */
  const produce = async (...records: readonly number[]) => {
    for (const events of records) {
      await writer.produce(
        Array.from({ length: events }, () => TRADE),
        'k',
      );
    }
  };
  const takeIn = () => writer.deliver(SHARD_ID, { records: 1000 });
  const line = (run: Awaited<ReturnType<typeof world.rollUp>>, stream = 'trade') =>
    run.streams.find((each) => each.stream === stream);
  return { world, writer, produce, takeIn, line };
}
