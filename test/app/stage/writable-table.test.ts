import { describe, expect, it } from 'vitest';
import { commitConfigOf, commitStaged } from '#app/commit-staged.ts';
import { ingestBatch } from '#app/ingest-batch.ts';
import type { IngestConfig } from '#app/ingest-stream.ts';
import { writableTable } from '#app/stage/writable-table.ts';
import { currentSchema, type TableMetadata } from '#core/iceberg/spec/table-metadata.ts';
import { evolveSchema } from '#core/iceberg/transaction/evolve-schema.ts';
import { expectBooks } from '../ingest-books.ts';
import { IngestWorld, recordOf, SOURCE, TABLE, trade } from '../ingest-world.ts';

const withVenue = (metadata: TableMetadata): TableMetadata =>
  evolveSchema(metadata, [{ kind: 'add-column', path: ['venue'], type: 'string' }]);
/** Another partition spec becomes the default: what was staged before keeps its own. */
const unpartitioned = (metadata: TableMetadata): TableMetadata => ({
  ...metadata,
  'partition-specs': [...metadata['partition-specs'], { 'spec-id': 7, fields: [] }],
  'default-spec-id': 7,
});

function hasVenue(metadata: TableMetadata): boolean {
  return currentSchema(metadata).fields.some(({ name }) => name === 'venue');
}

function evolving(world: IngestWorld, evolve: IngestConfig['streams'][0]['evolveSchema']) {
  const streams = world.config.streams.map((stream) => ({
    ...stream,
    evolveSchema: (metadata: TableMetadata) => (hasVenue(metadata) ? metadata : evolve(metadata)),
  }));
  return { ...world.config, streams };
}

async function commitAll(world: IngestWorld) {
  const report = await commitStaged(world.instance(), commitConfigOf(world.config));
  expect(report.failures).toEqual([]);
  return report;
}

describe('a table to be written for', () => {
  it('has the migrations of the stream, committed once and without a snapshot', async () => {
    const world = await IngestWorld.create();
    const config = evolving(world, withVenue);
    const [stream] = config.streams;
    const tables = await Promise.all(
      [1, 2, 3].map(() => writableTable(world.instance(), TABLE, stream!.evolveSchema)),
    );
    expect(tables.every(hasVenue)).toBe(true);
    expect(world.catalog.commits).toBe(1);
    const metadata = await world.metadata();
    expect(metadata.snapshots).toEqual([]);
    expect(metadata['metadata-log']).toHaveLength(1);
    expect(currentSchema(metadata)).toEqual(currentSchema(tables[0]!));
  });

  it('is read once in a while, and at once when a migration is missing', async () => {
    const world = await IngestWorld.create();
    const deps = world.instance();
    let loads = 0;
    let nowMs = 0;
    const watched = {
      ...deps,
      clock: { ...deps.clock, nowMs: () => nowMs },
      catalog: {
        load: async (ident: typeof TABLE) => {
          loads++;
          return await world.catalog.load(ident);
        },
        swap: (...request: Parameters<typeof world.catalog.swap>) => world.catalog.swap(...request),
        list: (database: string) => world.catalog.list(database),
      },
    };
    for (let call = 0; call < 3; call++) await writableTable(watched, TABLE);
    expect(loads).toBe(1);
    nowMs += 60_000;
    await writableTable(watched, TABLE);
    expect(loads).toBe(2);
    const [stream] = evolving(world, withVenue).streams;
    expect(hasVenue(await writableTable(watched, TABLE, stream!.evolveSchema))).toBe(true);
    expect(hasVenue(await writableTable(watched, TABLE))).toBe(true);
  });
});

describe('a batch that was staged before the table changed', () => {
  it.each([
    ['another schema', withVenue],
    ['another partition spec', unpartitioned],
  ])('is committed beside one with %s, duplicates left out', async (_, change) => {
    const world = await IngestWorld.create();
    const stage = async (sequence: number, ids: readonly string[], config = world.config) =>
      await ingestBatch(
        world.instance(),
        { ...config, commit: 'group' },
        {
          source: SOURCE,
          records: [
            recordOf(
              world,
              sequence,
              ids.map((id) => trade(id)),
            ),
          ],
        },
      );
    await stage(0, ['1', '2']);
    await stage(1, ['2', '3']);
    await world.replaceMetadata(change(await world.metadata()));
    await stage(2, ['3', '4']);
    await commitAll(world);
    expect(await expectBooks(world, 6)).toMatchObject({ deduplicated: 2 });
    const ids = (await world.rows()).map((row) => row['trade_id']);
    expect(ids.toSorted()).toEqual(['1', '2', '3', '4']);
  });

  it('is refused when the table was replaced by another one', async () => {
    const world = await IngestWorld.create();
    const records = [recordOf(world, 0, [trade('1')])];
    await ingestBatch(
      world.instance(),
      { ...world.config, commit: 'group' },
      { source: SOURCE, records },
    );
    await world.replaceMetadata({
      ...(await world.metadata()),
      'table-uuid': '00000000-0000-4000-8000-00000000000f',
    });
    const { failures } = await commitStaged(world.instance(), commitConfigOf(world.config));
    expect(failures).toMatchObject([
      { error: { code: 'TABLE_INVALID', message: expect.stringMatching(/was replaced/) } },
    ]);
  });
});
