import { describe, expect, it } from 'vitest';
import { MemoryTableCatalog, type SwapFault } from '#adapters/memory/memory-table-catalog.ts';
import { describeLostCommits } from '#test/contracts/lost-commits.contract.ts';
import { describeTableCatalog } from '#test/contracts/table-catalog.contract.ts';
import { tradesMetadata } from '#test/core/iceberg/trades-table.ts';

describeTableCatalog('memory', async () => {
  const catalog = new MemoryTableCatalog();
  return {
    catalog,
    createTable: async (ident, first) => catalog.create(ident, first.metadataLocation),
    dropTable: async (ident) => catalog.drop(ident),
  };
});

describeLostCommits('memory', async () => {
  const catalog = new MemoryTableCatalog();
  return {
    catalog,
    createTable: async (ident, first) => catalog.create(ident, first.metadataLocation),
    dropTable: async (ident) => catalog.drop(ident),
    loseSwaps(lose) {
      catalog.swapFault = (swap) => {
        const loss = lose(swap);
        return loss === null ? null : `lost-${loss}`;
      };
    },
  };
});

const IDENT = { database: 'd', table: 't' };
const next = (metadataLocation: string) => ({ metadataLocation, metadata: tradesMetadata() });

describe('MemoryTableCatalog', () => {
  it('refuses to create a table twice', () => {
    const catalog = new MemoryTableCatalog();
    catalog.create(IDENT, 'first');
    expect(() => catalog.create(IDENT, 'second')).toThrow(
      expect.objectContaining({ code: 'TABLE_EXISTS' }),
    );
  });

  it.each<[SwapFault, string, string]>([
    ['conflict', 'COMMIT_CONFLICT', 'first'],
    ['lost-request', 'COMMIT_STATE_UNKNOWN', 'first'],
    ['lost-answer', 'COMMIT_STATE_UNKNOWN', 'second'],
    ['answered-as-conflict', 'COMMIT_CONFLICT', 'second'],
    ['late', 'COMMIT_STATE_UNKNOWN', 'first'],
  ])('fault %s answers %s and leaves the table at %s', async (fault, code, location) => {
    const catalog = new MemoryTableCatalog();
    catalog.create(IDENT, 'first');
    catalog.swapFault = () => fault;
    const base = await catalog.load(IDENT);
    await expect(catalog.swap(IDENT, base, next('second'))).rejects.toMatchObject({ code });
    expect((await catalog.load(IDENT)).metadataLocation).toBe(location);
  });

  it('carries out a late swap just before the next one', async () => {
    const catalog = new MemoryTableCatalog();
    catalog.create(IDENT, 'first');
    catalog.swapFault = (swap) => (swap === 1 ? 'late' : null);
    const base = await catalog.load(IDENT);
    await expect(catalog.swap(IDENT, base, next('late'))).rejects.toThrow();
    await expect(catalog.swap(IDENT, base, next('second'))).rejects.toMatchObject({
      code: 'COMMIT_CONFLICT',
    });
    expect((await catalog.load(IDENT)).metadataLocation).toBe('late');
  });
});
