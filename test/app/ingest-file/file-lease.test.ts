import { describe, expect, it } from 'vitest';
import { withLease } from '#app/ingest-file/file-lease.ts';
import { FileWorld } from './file-world.ts';

describe('withLease', () => {
  it.each([true, undefined])(
    'says who writes metadata files as the catalog does: %s',
    async (own) => {
      const deps = (await FileWorld.create()).instance();
      const { load, swap, list } = deps.catalog;
      const catalog = { load, swap, list, ...(own === undefined ? {} : { writesMetadata: own }) };
      const lease = { key: { domain: 'd', entry: 'e', file: 'f' }, fence: 1 };
      const held = withLease({ ...deps, catalog }, lease);
      expect(held.catalog.writesMetadata).toBe(own);
    },
  );
});
