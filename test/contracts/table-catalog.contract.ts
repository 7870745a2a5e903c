import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { TableMetadata } from '#core/iceberg/spec/table-metadata.ts';
import type { TableCatalog, TableIdent } from '#ports/table-catalog.ts';
import { LOCATION, tradesMetadata } from '#test/core/iceberg/trades-table.ts';

/** An empty catalog under test that has the databases `market` and `city`. */
export interface TableCatalogUnderTest {
  readonly catalog: TableCatalog;
  readonly createTable: (
    ident: TableIdent,
    first: { readonly metadataLocation: string; readonly metadata: TableMetadata },
  ) => Promise<void>;
  readonly close?: () => Promise<void>;
}

const TRADES: TableIdent = { database: 'market', table: 'trades' };

/** What every TableCatalog keeps to; each adapter runs it. */
export function describeTableCatalog(
  name: string,
  setup: () => Promise<TableCatalogUnderTest>,
): void {
  describe(`table catalog contract: ${name}`, () => {
    let tested: TableCatalogUnderTest;
    let catalog: TableCatalog;
    beforeEach(async () => {
      tested = await setup();
      ({ catalog } = tested);
    });
    afterEach(() => tested.close?.());

    const metadata = tradesMetadata();
    const version = (file: string) => ({
      metadataLocation: `${LOCATION}/metadata/${file}.metadata.json`,
      metadata,
    });
    const create = () => tested.createTable(TRADES, version('00000-a'));

    it('says TABLE_NOT_FOUND for a table it does not have', async () => {
      await expect(catalog.load(TRADES)).rejects.toMatchObject({ code: 'TABLE_NOT_FOUND' });
    });

    it('points to the first metadata file of a new table', async () => {
      await create();
      const pointer = await catalog.load(TRADES);
      expect(pointer.metadataLocation).toBe(version('00000-a').metadataLocation);
      expect(pointer.token).not.toBe('');
    });

    it('loads the same pointer until something changes', async () => {
      await create();
      expect(await catalog.load(TRADES)).toEqual(await catalog.load(TRADES));
    });

    it('moves to the next metadata file', async () => {
      await create();
      const base = await catalog.load(TRADES);
      await catalog.swap(TRADES, base, version('00001-b'));
      const pointer = await catalog.load(TRADES);
      expect(pointer.metadataLocation).toBe(version('00001-b').metadataLocation);
      expect(pointer.token).not.toBe(base.token);
    });

    it('refuses a swap on a state that has passed, and changes nothing', async () => {
      await create();
      const base = await catalog.load(TRADES);
      await catalog.swap(TRADES, base, version('00001-b'));
      const current = await catalog.load(TRADES);
      await expect(catalog.swap(TRADES, base, version('00001-c'))).rejects.toMatchObject({
        code: 'COMMIT_CONFLICT',
        retryable: true,
      });
      expect(await catalog.load(TRADES)).toEqual(current);
    });

    it('refuses a swap whose base names another file than the current one', async () => {
      await create();
      const base = await catalog.load(TRADES);
      const wrong = { ...base, metadataLocation: version('00000-z').metadataLocation };
      await expect(catalog.swap(TRADES, wrong, version('00001-b'))).rejects.toMatchObject({
        code: 'COMMIT_CONFLICT',
      });
      expect(await catalog.load(TRADES)).toEqual(base);
    });

    it('never takes a token twice, even when the table returns to an earlier file', async () => {
      await create();
      const base = await catalog.load(TRADES);
      await catalog.swap(TRADES, base, version('00001-b'));
      await catalog.swap(TRADES, await catalog.load(TRADES), version('00000-a'));
      const back = await catalog.load(TRADES);
      expect(back.metadataLocation).toBe(base.metadataLocation);
      await expect(catalog.swap(TRADES, base, version('00001-c'))).rejects.toMatchObject({
        code: 'COMMIT_CONFLICT',
      });
      expect(await catalog.load(TRADES)).toEqual(back);
    });

    it('lets exactly one of many swaps on one state win', async () => {
      await create();
      const base = await catalog.load(TRADES);
      const results = await Promise.allSettled(
        Array.from({ length: 10 }, (_, index) =>
          catalog.swap(TRADES, base, version(`00001-${index}`)),
        ),
      );
      const winners = results.flatMap((result, index) =>
        result.status === 'fulfilled' ? [index] : [],
      );
      expect(winners).toHaveLength(1);
      const pointer = await catalog.load(TRADES);
      expect(pointer.metadataLocation).toBe(version(`00001-${winners[0]}`).metadataLocation);
      for (const result of results) {
        if (result.status === 'rejected')
          expect(result.reason).toMatchObject({ code: 'COMMIT_CONFLICT' });
      }
    });

    it('chains the wins of writers that race: each builds on the win before it', async () => {
      await create();
      const chain = new Map<string, string>();
      const write = async (writer: number): Promise<void> => {
        for (let won = 0; won < 5; ) {
          const base = await catalog.load(TRADES);
          const next = version(`${writer}-${won}-${base.token}`);
          const outcome = await catalog.swap(TRADES, base, next).then(
            () => 'won',
            (error: { code?: string }) => error.code,
          );
          expect(['won', 'COMMIT_CONFLICT']).toContain(outcome);
          if (outcome !== 'won') continue;
          won++;
          // Nobody else may have won on the same base.
          expect(chain.has(base.metadataLocation)).toBe(false);
          chain.set(base.metadataLocation, next.metadataLocation);
        }
      };
      await Promise.all([0, 1, 2, 3].map(write));
      let location: string | undefined = version('00000-a').metadataLocation;
      for (let steps = 0; steps < 20; steps++) location = chain.get(location ?? '');
      expect(location).toBe((await catalog.load(TRADES)).metadataLocation);
      expect(chain.size).toBe(20);
    });

    it('takes no token of another table', async () => {
      await create();
      const other: TableIdent = { database: 'market', table: 'quotes' };
      await tested.createTable(other, version('00000-q'));
      const base = await catalog.load(other);
      await expect(catalog.swap(TRADES, base, version('00001-b'))).rejects.toMatchObject({
        code: 'COMMIT_CONFLICT',
      });
      expect((await catalog.load(TRADES)).metadataLocation).toBe(
        version('00000-a').metadataLocation,
      );
    });

    it('says TABLE_NOT_FOUND for a swap of a table it does not have', async () => {
      const nowhere = { metadataLocation: version('00000-a').metadataLocation, token: '1' };
      await expect(catalog.swap(TRADES, nowhere, version('00001-b'))).rejects.toMatchObject({
        code: 'TABLE_NOT_FOUND',
      });
    });

    it('keeps tables apart and lists them by database', async () => {
      await create();
      await tested.createTable({ database: 'market', table: 'quotes' }, version('00000-q'));
      await tested.createTable({ database: 'city', table: 'trades' }, version('00000-t'));
      await catalog.swap(TRADES, await catalog.load(TRADES), version('00001-b'));
      const other = await catalog.load({ database: 'city', table: 'trades' });
      expect(other.metadataLocation).toBe(version('00000-t').metadataLocation);
      const listed = await catalog.list('market');
      expect(listed.map((ident) => ident.table).sort()).toEqual(['quotes', 'trades']);
      expect(listed.every((ident) => ident.database === 'market')).toBe(true);
    });

    it('lists nothing where there is no table', async () => {
      expect(await catalog.list('city')).toEqual([]);
    });

    it('lists more tables than an answer holds', async () => {
      const names = Array.from({ length: 105 }, (_, index) => `t${String(index).padStart(3, '0')}`);
      for (const table of names) {
        await tested.createTable({ database: 'city', table }, version(`00000-${table}`));
      }
      expect((await catalog.list('city')).map(({ table }) => table).sort()).toEqual(names);
    });
  });
}
