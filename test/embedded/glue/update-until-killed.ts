import { createGlueService } from '#embedded/glue/glue-service.ts';

// Commits to one table as fast as it can and says which version it has been answered; the test kills it.
const [stateDir = ''] = process.argv.slice(2);
const glue = createGlueService({
  stateDir,
  s3: { getObject: async () => null, putObject: async () => true },
});
const { openCatalogStore } = await import('#embedded/glue/catalog-store.ts');
const { tableOperations } = await import('#embedded/glue/table-operations.ts');
await glue.close();
const update = tableOperations(openCatalogStore(stateDir), Date.now)['UpdateTable'];
for (let version = 0; ; version++) {
  await update?.({
    DatabaseName: 'market',
    VersionId: String(version),
    TableInput: {
      Name: 'trades',
      // Long, so that a torn write would show.
      Description: `${version} `.repeat(20_000),
      Parameters: { table_type: 'ICEBERG', metadata_location: `s3://lake/t/${version + 1}.json` },
    },
  });
  process.stdout.write(`${version + 1}\n`);
}
