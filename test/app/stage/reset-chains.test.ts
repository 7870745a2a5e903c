import { describe, expect, it } from 'vitest';
import { commitConfigOf, commitStaged } from '#app/commit-staged.ts';
import { ingestBatch, type SourceRecord } from '#app/ingest-batch.ts';
import { resetChains } from '#app/stage/reset-chains.ts';
import { padSequence } from '#core/delivery/position.ts';
import { IngestWorld, QUOTES, recordOf, SOURCE, trade } from '../ingest-world.ts';

const at = (sequence: number) => ({ sequence: padSequence(String(sequence + 1)), subSequence: 0 });

async function stage(world: IngestWorld, records: readonly SourceRecord[]): Promise<void> {
  await ingestBatch(
    world.instance(),
    { ...world.config, commit: 'group' },
    { source: SOURCE, records },
  );
}

async function commit(world: IngestWorld): Promise<void> {
  const { failures } = await commitStaged(world.instance(), commitConfigOf(world.config));
  expect(failures).toEqual([]);
}

const reset = (world: IngestWorld) => resetChains(world.instance(), { domain: 'market' });

describe('resetChains', () => {
  it('leaves chains alone that continue where the tables are', async () => {
    const world = await IngestWorld.create();
    await stage(world, [recordOf(world, 0, [trade('0')])]);
    expect(await reset(world)).toEqual([]);
    await commit(world);
    expect(await reset(world)).toEqual([]);
  });

  it('has the source read again from where the table is that lacks rows, not from a quiet one', async () => {
    const world = await IngestWorld.create({ withQuotes: true });
    const quote = world.encodeQuote(trade('0'));
    const records = [0, 1, 2].map((sequence) =>
      recordOf(world, sequence, sequence === 0 ? [quote] : [trade(`${sequence}`)]),
    );
    await stage(world, records.slice(0, 2));
    await commit(world);
    const before = await world.metadata();
    await stage(world, records.slice(2));
    await commit(world);
    await world.rollBack(before);
    expect(await reset(world)).toEqual([{ source: SOURCE, readAfter: at(1), droppedLinks: 0 }]);
    await stage(world, records.slice(2));
    await commit(world);
    expect((await world.rows()).map((row) => row['trade_id']).toSorted()).toEqual(['1', '2']);
    expect(await world.rows(QUOTES)).toHaveLength(1);
  });
});
