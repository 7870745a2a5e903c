import { createFsTableCatalog } from '#adapters/fs/fs-table-catalog.ts';
import { tradesMetadata } from '#test/core/iceberg/trades-table.ts';

// Swaps one table as often as it can and says which locations it has been told are current; the test kills it.
const [folder = '', writer = '', count = 'Infinity'] = process.argv.slice(2);
const catalog = createFsTableCatalog(folder, { statesPerEpoch: 4 });
const IDENT = { database: 'market', table: 'trades' };
const metadata = tradesMetadata();
for (let won = 0; won < Number(count); ) {
  const base = await catalog.load(IDENT);
  // The next location names the one before it, so that the test can follow the chain back.
  const metadataLocation = `${writer}-${won}<${base.metadataLocation.split('<')[0]}`;
  process.stdout.write(`try ${metadataLocation}\n`);
  try {
    await catalog.swap(IDENT, base, { metadataLocation, metadata });
    process.stdout.write(`won ${metadataLocation}\n`);
    won++;
  } catch (error) {
    if ((error as { code?: string }).code !== 'COMMIT_CONFLICT') throw error;
  }
}
