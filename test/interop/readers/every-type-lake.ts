import { createHash, randomUUID } from 'node:crypto';
import { CreateDatabaseCommand, CreateTableCommand } from '@aws-sdk/client-glue';
import { systemClock } from '#adapters/system/system-clock.ts';
import { commitTable } from '#app/commit-table.ts';
import { stageRows } from '#app/stage-rows.ts';
import { glueColumns } from '#core/glue/table-columns.ts';
import type { Schema } from '#core/iceberg/spec/schema.ts';
import { serializeTableMetadata } from '#core/iceberg/spec/table-metadata.ts';
import { createTableMetadata } from '#core/iceberg/transaction/create-table.ts';
import type { Row } from '#core/schema/field.ts';
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

/** Texts and bytes of which hardly two are equal: those are stored as DELTA_LENGTH_BYTE_ARRAY. */
const SCHEMA: Schema = {
  ...EVERY_TYPE_SCHEMA,
  fields: [
    ...EVERY_TYPE_SCHEMA.fields,
    { id: 70, name: 'note', required: false, type: 'string' },
    { id: 71, name: 'digest', required: true, type: 'binary' },
  ],
};

function rowsFrom(from: number): readonly Row[] {
  return everyTypeRows(ROWS_PER_COMMIT, from).map((row, index) => ({
    ...row,
    note: index % 7 === 0 ? null : `note ${from + index} ${'é'.repeat(index % 3)}`,
    digest: createHash('sha256')
      .update(String(from + index))
      .digest(),
  }));
}

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
    schema: SCHEMA,
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
        StorageDescriptor: { Location: location, Columns: [...glueColumns(SCHEMA)] },
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
          rows: rowsFrom(commit * ROWS_PER_COMMIT),
          range: { source: 'interop', first: position, last: position },
        }),
        summary: {},
      }),
    });
  }
  return ident;
}
