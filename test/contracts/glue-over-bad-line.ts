import {
  CreateDatabaseCommand,
  CreateTableCommand,
  DeleteTableCommand,
} from '@aws-sdk/client-glue';
import type { MemoryObjectStore } from '#adapters/memory/memory-object-store.ts';
import type { TableCatalog } from '#ports/table-catalog.ts';
import { startGlue } from '#test/embedded/glue/start-glue.ts';
import { s3Of } from '#test/embedded/glue/store-s3.ts';
import { startLosingProxy } from './losing-proxy.ts';
import type { LosingCatalog } from './lost-commits.contract.ts';

/** The local Glue behind a line that loses commits. */
export async function overBadLine(
  store: MemoryObjectStore,
  open: (endpoint: string) => TableCatalog,
): Promise<LosingCatalog> {
  const glue = await startGlue({ s3: s3Of(store) });
  await glue.client.send(new CreateDatabaseCommand({ DatabaseInput: { Name: 'market' } }));
  const proxy = await startLosingProxy(
    glue.endpoint,
    ({ method, url = '', headers }) =>
      (method === 'POST' && /\/tables\/[^/]+$/.test(url)) ||
      String(headers['x-amz-target']).endsWith('.UpdateTable'),
  );
  return {
    catalog: open(proxy.endpoint),
    async createTable(ident, first) {
      const Parameters = { table_type: 'ICEBERG', metadata_location: first.metadataLocation };
      await glue.client.send(
        new CreateTableCommand({
          DatabaseName: ident.database,
          TableInput: { Name: ident.table, Parameters },
        }),
      );
    },
    async dropTable({ database, table }) {
      await glue.client.send(new DeleteTableCommand({ DatabaseName: database, Name: table }));
    },
    loseSwaps(lose) {
      proxy.lose = lose;
    },
  };
}
