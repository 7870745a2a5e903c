import { randomUUID } from 'node:crypto';
import { CreateDatabaseCommand, CreateTableCommand } from '@aws-sdk/client-glue';
import { systemClock } from '#adapters/system/system-clock.ts';
import { commitTable } from '#app/commit-table.ts';
import { stageRows } from '#app/stage-rows.ts';
import { glueColumns } from '#core/glue/table-columns.ts';
import { serializeTableMetadata } from '#core/iceberg/spec/table-metadata.ts';
import { createTableMetadata } from '#core/iceberg/transaction/create-table.ts';
import type { TableIdent } from '#ports/table-catalog.ts';
import { createGlueClient, localTarget } from '#runtime/aws-clients.ts';
import type { LakeAccess } from '#runtime/lake-access.ts';
import {
  EVERY_TYPE_SCHEMA,
  EVERY_TYPE_SPEC,
  everyTypeRows,
} from '#test/core/iceberg/every-type-table.ts';
import { seededRandom } from '#test/core/iceberg/fixed-world.ts';

const COMMITS = 3;
const ROWS_PER_COMMIT = 200;

/** A table with a column of every type, made by our writer path and registered in the catalogue. */
export async function makeEveryTypeTable(
  lake: LakeAccess,
  options: { readonly endpoint: string; readonly bucketUri: string },
): Promise<TableIdent> {
  const ident = { database: 'interop', table: 'everything' };
  const location = `${options.bucketUri}/interop/${ident.table}`;
  const metadata = createTableMetadata({
    location,
    tableUuid: randomUUID(),
    schema: EVERY_TYPE_SCHEMA,
    partitionSpec: EVERY_TYPE_SPEC,
    properties: {},
    nowMs: Date.now(),
  });
  const metadataLocation = `${location}/metadata/00000-${randomUUID()}.metadata.json`;
  await lake.store.put(metadataLocation, Buffer.from(serializeTableMetadata(metadata)));
  const glue = createGlueClient(localTarget(options.endpoint));
  await glue.send(new CreateDatabaseCommand({ DatabaseInput: { Name: ident.database } }));
  await glue.send(
    new CreateTableCommand({
      DatabaseName: ident.database,
      TableInput: {
        Name: ident.table,
        TableType: 'EXTERNAL_TABLE',
        Parameters: { table_type: 'ICEBERG', metadata_location: metadataLocation },
        StorageDescriptor: { Location: location, Columns: [...glueColumns(EVERY_TYPE_SCHEMA)] },
      },
    }),
  );
  glue.destroy();
  const deps = { ...lake, clock: systemClock, random: seededRandom(Date.now()) };
  for (let commit = 1; commit <= COMMITS; commit++) {
    const position = { sequence: String(commit), subSequence: 0 };
    await commitTable(deps, ident, {
      build: async (base) => ({
        addFiles: await stageRows(lake.store, base, {
          rows: everyTypeRows(ROWS_PER_COMMIT, commit * ROWS_PER_COMMIT),
          range: { source: 'interop', first: position, last: position },
        }),
        summary: {},
      }),
    });
  }
  return ident;
}
