import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MemoryObjectStore } from '#adapters/memory/memory-object-store.ts';
import type { TableUpdate } from '#core/iceberg/rest/table-update.ts';
import {
  decodeTableMetadata,
  serializeTableMetadata,
  type TableMetadata,
} from '#core/iceberg/spec/table-metadata.ts';
import type { TableCatalog, TableIdent, TablePointer } from '#ports/table-catalog.ts';
import { fixedClock } from '#test/core/iceberg/fixed-world.ts';
import { tradesMetadata } from '#test/core/iceberg/trades-table.ts';
import {
  appended,
  changed,
  essence,
  metadataFile,
  type NextState,
  snapshotAfter,
  type TableState,
} from './table-states.ts';

/** An empty catalog under test that has the databases `market` and `city`. */
export interface TableCatalogUnderTest {
  readonly catalog: TableCatalog;
  /** Registers a table whose first metadata file is written. */
  readonly createTable: (ident: TableIdent, first: NextState) => Promise<void>;
  readonly dropTable: (ident: TableIdent) => Promise<void>;
  readonly close?: () => Promise<void>;
}

const TRADES: TableIdent = { database: 'market', table: 'trades' };
const LARGEST_ID = 0x7fff_ffff_ffff_ffffn;
/** The first that a double does not hold. */
const UNEVEN_ID = 9_007_199_254_740_993n;

/** What every TableCatalog keeps to; each adapter runs it. `store` is where metadata files are. */
export function describeTableCatalog(
  name: string,
  setup: (store: MemoryObjectStore) => Promise<TableCatalogUnderTest>,
): void {
  describe(`table catalog contract: ${name}`, () => {
    let store: MemoryObjectStore;
    let tested: TableCatalogUnderTest;
    let catalog: TableCatalog;
    beforeEach(async () => {
      store = new MemoryObjectStore({ clock: fixedClock() });
      tested = await setup(store);
      ({ catalog } = tested);
    });
    afterEach(() => tested.close?.());

    const write = ({ metadataLocation, metadata }: NextState) =>
      store.put(metadataLocation, Buffer.from(serializeTableMetadata(metadata)));
    const create = async (
      ident = TRADES,
      first: NextState = { metadataLocation: metadataFile('00000-a'), metadata: tradesMetadata() },
    ): Promise<TableState> => {
      await write(first);
      await tested.createTable(ident, first);
      return load(ident);
    };
    const read = async (pointer: TablePointer): Promise<TableMetadata> =>
      pointer.metadata ?? decodeTableMetadata(await store.get(pointer.metadataLocation));
    const load = async (ident = TRADES): Promise<TableState> => {
      const pointer = await catalog.load(ident);
      return { pointer, metadata: await read(pointer) };
    };
    const swap = async (base: TableState, next: NextState): Promise<TableState> => {
      await write(next);
      await catalog.swap(TRADES, base.pointer, next);
      return load();
    };
    const conflict = { code: 'COMMIT_CONFLICT', retryable: true };

    it('says TABLE_NOT_FOUND for a table it does not have', async () => {
      await expect(catalog.load(TRADES)).rejects.toMatchObject({ code: 'TABLE_NOT_FOUND' });
    });

    it('points to the first metadata file of a new table', async () => {
      const { pointer, metadata } = await create();
      expect(pointer.metadataLocation).toBe(metadataFile('00000-a'));
      expect(pointer.token).not.toBe('');
      expect(metadata).toEqual(tradesMetadata());
    });

    it('loads the same pointer until something changes', async () => {
      await create();
      expect(await catalog.load(TRADES)).toEqual(await catalog.load(TRADES));
    });

    it('moves to the next state', async () => {
      const base = await create();
      const next = appended(base, '00001-b', 1n);
      const { pointer, metadata } = await swap(base, next);
      expect(pointer.metadataLocation === next.metadataLocation).toBe(
        catalog.writesMetadata !== true,
      );
      expect(pointer.token).not.toBe(base.pointer.token);
      expect(essence(metadata)).toEqual(essence(next.metadata));
    });

    it('remembers the file that a state came from', async () => {
      const base = await create();
      const { metadata } = await swap(base, appended(base, '00001-b', 1n));
      expect(metadata['metadata-log'].map((entry) => entry['metadata-file'])).toEqual([
        metadataFile('00000-a'),
      ]);
    });

    it('refuses a swap on a state that has passed, and changes nothing', async () => {
      const base = await create();
      await swap(base, appended(base, '00001-b', 1n));
      const current = await catalog.load(TRADES);
      await expect(
        catalog.swap(TRADES, base.pointer, appended(base, '00001-c', 2n)),
      ).rejects.toMatchObject(conflict);
      expect(await catalog.load(TRADES)).toEqual(current);
    });

    it('refuses a swap of properties on a state that has passed', async () => {
      const base = await create();
      await swap(base, changed(base, '00001-b', [setProperties({ a: '1' })]));
      const stale = changed(base, '00001-c', [setProperties({ a: '2' })]);
      await expect(catalog.swap(TRADES, base.pointer, stale)).rejects.toMatchObject(conflict);
      expect((await load()).metadata.properties['a']).toBe('1');
    });

    it('refuses a swap whose base names another file than the current one', async () => {
      const base = await create();
      const wrong = { ...base.pointer, metadataLocation: metadataFile('00000-z') };
      await expect(
        catalog.swap(TRADES, wrong, appended(base, '00001-b', 1n)),
      ).rejects.toMatchObject(conflict);
      expect(await catalog.load(TRADES)).toEqual(base.pointer);
    });

    it('never takes a token twice, even when the table returns to an earlier state', async () => {
      const first = await create();
      const base = await swap(first, appended(first, '00001-b', 1n));
      const ahead = await swap(base, appended(base, '00002-c', 2n));
      const back = await swap(ahead, {
        ...changed(ahead, '00003-d', [moveMain(1n)]),
        ...(catalog.writesMetadata === true
          ? {}
          : { metadataLocation: base.pointer.metadataLocation }),
      });
      expect(back.metadata['current-snapshot-id']).toBe(1n);
      await expect(
        catalog.swap(TRADES, base.pointer, appended(base, '00004-e', 3n)),
      ).rejects.toMatchObject(conflict);
      expect(await catalog.load(TRADES)).toEqual(back.pointer);
    });

    it('lets exactly one of many swaps on one state win, round after round', async () => {
      let base = await create();
      for (let round = 0; round < 3; round++) {
        const nexts = Array.from({ length: 10 }, (_, index) =>
          appended(base, `${round}-${index}`, BigInt(round * 100 + index + 1)),
        );
        await Promise.all(nexts.map(write));
        const results = await Promise.allSettled(
          nexts.map((next) => catalog.swap(TRADES, base.pointer, next)),
        );
        const won = nexts.filter((_, index) => results[index]?.status === 'fulfilled');
        expect(won).toHaveLength(1);
        for (const result of results) {
          if (result.status === 'rejected') expect(result.reason).toMatchObject(conflict);
        }
        base = await load();
        expect(essence(base.metadata)).toEqual(essence(won[0]?.metadata ?? base.metadata));
      }
    });

    it('loses no property of swaps that change properties alone at the same moment', async () => {
      const base = await create();
      const keys = ['a', 'b', 'c', 'd', 'e', 'f'];
      const nexts = keys.map((key) => changed(base, key, [setProperties({ [key]: 'set' })]));
      await Promise.all(nexts.map(write));
      const results = await Promise.allSettled(
        nexts.map((next) => catalog.swap(TRADES, base.pointer, next)),
      );
      const won = keys.filter((_, index) => results[index]?.status === 'fulfilled');
      expect(Object.keys((await load()).metadata.properties).toSorted()).toEqual(won);
      // A catalog that writes the metadata may carry out several: each on the state before it.
      expect(catalog.writesMetadata === true ? won.length >= 1 : won.length === 1).toBe(true);
    });

    it('loses no update of writers that race: each builds on the win before it', async () => {
      await create();
      const write4 = async (writer: number): Promise<void> => {
        for (let won = 0; won < 5; ) {
          const base = await load();
          const id = BigInt(writer * 100 + won + 1);
          const next = appended(base, `${writer}-${won}-${base.metadata.snapshots.length}`, id);
          await write(next);
          const outcome = await catalog.swap(TRADES, base.pointer, next).then(
            () => 'won',
            (error: { code?: string }) => error.code,
          );
          expect(['won', 'COMMIT_CONFLICT']).toContain(outcome);
          if (outcome === 'won') won++;
        }
      };
      await Promise.all([1, 2, 3, 4].map(write4));
      const { snapshots } = (await load()).metadata;
      expect(new Set(snapshots.map((each) => each['snapshot-id'])).size).toBe(20);
      expect(snapshots.map((each) => each['parent-snapshot-id'])).toEqual([
        undefined,
        ...snapshots.slice(0, -1).map((each) => each['snapshot-id']),
      ]);
    });

    it('carries changes of schema, spec, sort order, properties and location through', async () => {
      const base = await create(TRADES, {
        metadataLocation: metadataFile('00000-a'),
        metadata: tradesMetadata({ properties: { gone: 'soon', kept: 'yes' } }),
      });
      const next = changed(base, '00001-b', STRUCTURE_UPDATES(base.metadata));
      const { metadata } = await swap(base, next);
      expect(essence(metadata)).toEqual(essence(next.metadata));
      expect(metadata).toMatchObject({
        'current-schema-id': 1,
        'default-spec-id': 1,
        'default-sort-order-id': 1,
        'last-column-id': 7,
        'last-partition-id': 1002,
        properties: { kept: 'yes', new: 'value' },
      });
    });

    it('carries branches, tags and their end through', async () => {
      const first = await create();
      const base = await swap(first, appended(first, '00001-b', 1n));
      const tagged = await swap(
        base,
        changed(base, '00002-c', [
          setRef('audit', { type: 'tag', 'snapshot-id': 1n, 'max-ref-age-ms': 5 }),
          setRef('__proto__', { type: 'branch', 'snapshot-id': 1n, 'min-snapshots-to-keep': 2 }),
        ]),
      );
      expect(Object.keys(tagged.metadata.refs).sort()).toEqual(['__proto__', 'audit', 'main']);
      const ended = await swap(
        tagged,
        changed(tagged, '00003-d', [{ action: 'remove-snapshot-ref', 'ref-name': 'audit' }]),
      );
      expect(Object.keys(ended.metadata.refs).sort()).toEqual(['__proto__', 'main']);
    });

    it('carries the expiry of snapshots through, together with a new one', async () => {
      let base = await create();
      for (const id of [1n, 2n, 3n]) base = await swap(base, appended(base, `0000${id}`, id));
      const next = changed(base, '00004-e', [
        { action: 'add-snapshot', snapshot: snapshotAfter(base.metadata, 4n) },
        moveMain(4n),
        { action: 'remove-snapshots', 'snapshot-ids': [1n, 2n] },
      ]);
      const { metadata } = await swap(base, next);
      expect(metadata.snapshots.map((each) => each['snapshot-id'])).toEqual([3n, 4n]);
      expect(metadata['snapshot-log'].map((each) => each['snapshot-id'])).toEqual([3n, 4n]);
    });

    it('keeps ids of 64 bits exact', async () => {
      const first = await create();
      const base = await swap(first, appended(first, '00001-b', UNEVEN_ID));
      const { metadata } = await swap(base, appended(base, '00002-c', LARGEST_ID));
      expect(metadata.snapshots.map((each) => each['snapshot-id'])).toEqual([
        UNEVEN_ID,
        LARGEST_ID,
      ]);
      expect(metadata.snapshots[1]?.['parent-snapshot-id']).toBe(UNEVEN_ID);
      expect(metadata.refs['main']?.['snapshot-id']).toBe(LARGEST_ID);
    });

    it('takes no token of another table', async () => {
      const base = await create();
      const other: TableIdent = { database: 'market', table: 'quotes' };
      const quotes = await create(other, {
        metadataLocation: metadataFile('00000-q'),
        metadata: tradesMetadata(),
      });
      await expect(
        catalog.swap(TRADES, quotes.pointer, appended(base, '00001-b', 1n)),
      ).rejects.toMatchObject(conflict);
      expect((await catalog.load(TRADES)).metadataLocation).toBe(metadataFile('00000-a'));
    });

    it('lets no swap reach a table that took the place of its own', async () => {
      const base = await create();
      await tested.dropTable(TRADES);
      await expect(catalog.load(TRADES)).rejects.toMatchObject({ code: 'TABLE_NOT_FOUND' });
      await expect(
        catalog.swap(TRADES, base.pointer, appended(base, '00001-b', 1n)),
      ).rejects.toMatchObject({ code: 'TABLE_NOT_FOUND' });
      const successor = await create(TRADES, {
        metadataLocation: metadataFile('00000-successor'),
        metadata: { ...tradesMetadata(), 'table-uuid': '11111111-03fe-4693-9a96-a0705ddf69c1' },
      });
      await expect(
        catalog.swap(TRADES, base.pointer, appended(base, '00001-c', 1n)),
      ).rejects.toMatchObject(conflict);
      expect(await catalog.load(TRADES)).toEqual(successor.pointer);
      expect(successor.metadata['table-uuid']).not.toBe(base.metadata['table-uuid']);
    });

    it('says TABLE_NOT_FOUND for a swap of a table it does not have', async () => {
      const nowhere = { metadataLocation: metadataFile('00000-a'), token: '1' };
      const next = { metadataLocation: metadataFile('00001-b'), metadata: tradesMetadata() };
      await expect(catalog.swap(TRADES, nowhere, next)).rejects.toMatchObject({
        code: 'TABLE_NOT_FOUND',
      });
    });

    it('keeps tables apart and lists them by database', async () => {
      const base = await create();
      const first = (file: string): NextState => ({
        metadataLocation: metadataFile(file),
        metadata: tradesMetadata(),
      });
      await create({ database: 'market', table: 'quotes' }, first('00000-q'));
      await create({ database: 'city', table: 'trades' }, first('00000-t'));
      await swap(base, appended(base, '00001-b', 1n));
      const other = await catalog.load({ database: 'city', table: 'trades' });
      expect(other.metadataLocation).toBe(metadataFile('00000-t'));
      const listed = await catalog.list('market');
      expect(listed.map((ident) => ident.table).sort()).toEqual(['quotes', 'trades']);
      expect(listed.every((ident) => ident.database === 'market')).toBe(true);
    });

    it('lists nothing where there is no table or no database', async () => {
      expect(await catalog.list('city')).toEqual([]);
      expect(await catalog.list('nowhere')).toEqual([]);
    });

    it('lists more tables than an answer holds', async () => {
      const names = Array.from({ length: 105 }, (_, index) => `t${String(index).padStart(3, '0')}`);
      for (const table of names) {
        const metadataLocation = metadataFile(`00000-${table}`);
        await tested.createTable(
          { database: 'city', table },
          { metadataLocation, metadata: tradesMetadata() },
        );
      }
      expect((await catalog.list('city')).map(({ table }) => table).sort()).toEqual(names);
    });
  });
}

function setProperties(updates: Readonly<Record<string, string>>): TableUpdate {
  return { action: 'set-properties', updates };
}

function moveMain(snapshotId: bigint): TableUpdate {
  return setRef('main', { type: 'branch', 'snapshot-id': snapshotId });
}

function setRef(
  name: string,
  ref: Omit<Extract<TableUpdate, { readonly action: 'set-snapshot-ref' }>, 'action' | 'ref-name'>,
): TableUpdate {
  return { action: 'set-snapshot-ref', 'ref-name': name, ...ref };
}

const STRUCTURE_UPDATES = ({ schemas }: TableMetadata): readonly TableUpdate[] => [
  {
    action: 'add-schema',
    schema: {
      type: 'struct',
      'schema-id': 1,
      fields: [
        ...(schemas[0]?.fields ?? []),
        { id: 7, name: 'note', required: false, type: 'string', doc: 'new' },
      ],
    },
  },
  { action: 'set-current-schema', 'schema-id': -1 },
  {
    action: 'add-spec',
    spec: { fields: [{ 'source-id': 2, name: 'ts_day', transform: 'day' }] },
  },
  { action: 'set-default-spec', 'spec-id': -1 },
  {
    action: 'add-sort-order',
    'sort-order': {
      fields: [
        { 'source-id': 1, transform: 'identity', direction: 'desc', 'null-order': 'nulls-last' },
      ],
    },
  },
  { action: 'set-default-sort-order', 'sort-order-id': -1 },
  { action: 'set-properties', updates: { new: 'value' } },
  { action: 'remove-properties', removals: ['gone'] },
  { action: 'set-location', location: 's3://lake/market/moved' },
];
