import type { DynaliteStore, DynaliteTable } from './dynalite-engine.ts';

/**
 * Finishes what a killed process left between two states. dynalite switches tables to ACTIVE, and removes
 * deleted ones, by a timer; without it they would stay in between for ever. A table in creation holds no
 * items, so it can simply be activated.
 */
export async function finishTableChanges(store: DynaliteStore): Promise<void> {
  const tables: DynaliteTable[] = [];
  for await (const value of store.tableDb.createValueStream({})) {
    tables.push(value as DynaliteTable);
  }
  for (const table of tables) {
    const { TableName: name } = table;
    if (table.TableStatus === 'DELETING') {
      await settle((done) => store.deleteItemDb(name, done));
      await settle((done) => store.tableDb.del(name, done));
    } else if (table.TableStatus !== 'ACTIVE') {
      const active = activated(table);
      await settle((done) => store.tableDb.put(name, active, done));
    }
  }
}

function activated(table: DynaliteTable): DynaliteTable {
  const indexes = table.GlobalSecondaryIndexes?.map((index) => ({
    ...index,
    IndexStatus: 'ACTIVE',
  }));
  const withIndexes = indexes === undefined ? {} : { GlobalSecondaryIndexes: indexes };
  return { ...table, ...withIndexes, TableStatus: 'ACTIVE' };
}

function settle(start: (done: (error?: Error | null) => void) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    start((error) => (error ? reject(error) : resolve()));
  });
}
