import { describe, expect, it } from 'vitest';
import { createSigV4Headers } from '#adapters/aws/sigv4-headers.ts';
import { createRestTableCatalog } from '#adapters/http/rest-table-catalog.ts';
import type { TableCatalog } from '#ports/table-catalog.ts';
import { appended, type TableState } from '#test/contracts/table-states.ts';
import { tradesMetadata } from '#test/core/iceberg/trades-table.ts';
import { startGuardedCloud } from '#test/embedded/gateway/start-guarded-cloud.ts';

/** A catalog over Glue's REST endpoint, which checks signatures as AWS does. */
async function signedCatalog(change: { readonly secret?: string } = {}): Promise<TableCatalog> {
  const { endpoint, asRole } = await startGuardedCloud();
  const { credentials } = asRole([['glue:*', '*']]);
  return createRestTableCatalog({
    uri: `${endpoint}/iceberg`,
    warehouse: '000000000000',
    auth: createSigV4Headers({
      region: 'us-east-1',
      service: 'glue',
      credentials: async () => ({
        ...credentials,
        secretAccessKey: change.secret ?? credentials.secretAccessKey,
      }),
      nowMs: Date.now,
    }),
    requestTimeoutMs: 5_000,
  });
}

describe('signed requests to the Iceberg REST endpoint', () => {
  it('are taken with queries, characters to be encoded, and the body of a commit', async () => {
    const catalog = await signedCatalog();
    expect(await catalog.list('bronze')).toEqual([]);
    const missing = { code: 'TABLE_NOT_FOUND' };
    for (const table of ['t', 'a b', 'ä/+*~%']) {
      await expect(catalog.load({ database: 'bronze', table })).rejects.toMatchObject(missing);
    }
    const base: TableState = {
      pointer: { metadataLocation: 'x', token: 'x' },
      metadata: tradesMetadata(),
    };
    const ident = { database: 'bronze', table: 't' };
    await expect(
      catalog.swap(ident, base.pointer, appended(base, '00001-b', 1n)),
    ).rejects.toMatchObject(missing);
  });

  it('are refused with another secret', async () => {
    const catalog = await signedCatalog({ secret: 'another' });
    await expect(catalog.list('bronze')).rejects.toMatchObject({
      code: 'SOURCE_UNAVAILABLE',
      message: expect.stringContaining('403'),
    });
  });
});
