import { currentSchema } from '#core/iceberg/spec/table-metadata.ts';
import { BIGINT, type TrinoType, typeName, VARCHAR } from '../trino-types/trino-type.ts';
import { trinoTypeOf } from './iceberg-types.ts';
import { CATALOG_NAME, type LakeServices, loadTableMetadata } from './lake-catalog.ts';
import type { VirtualTable } from './virtual-table.ts';

export const INFORMATION_SCHEMA = 'information_schema';

const COLUMNS_OF: Readonly<Record<string, readonly (readonly [string, TrinoType])[]>> = {
  schemata: [
    ['catalog_name', VARCHAR],
    ['schema_name', VARCHAR],
  ],
  tables: [
    ['table_catalog', VARCHAR],
    ['table_schema', VARCHAR],
    ['table_name', VARCHAR],
    ['table_type', VARCHAR],
  ],
  columns: [
    ['table_catalog', VARCHAR],
    ['table_schema', VARCHAR],
    ['table_name', VARCHAR],
    ['column_name', VARCHAR],
    ['ordinal_position', BIGINT],
    ['column_default', VARCHAR],
    ['is_nullable', VARCHAR],
    ['data_type', VARCHAR],
    ['comment', VARCHAR],
    ['extra_info', VARCHAR],
  ],
  views: [
    ['table_catalog', VARCHAR],
    ['table_schema', VARCHAR],
    ['table_name', VARCHAR],
    ['view_definition', VARCHAR],
  ],
};

/** A table of information_schema with its rows, null for a name it does not have. */
export async function loadInformationSchema(
  services: LakeServices,
  table: string,
): Promise<VirtualTable | null> {
  const columns = Object.hasOwn(COLUMNS_OF, table) ? COLUMNS_OF[table] : undefined;
  if (columns === undefined) return null;
  return {
    columns: columns.map(([name, type]) => ({ name, type })),
    rows: await rowsOf(services, table),
  };
}

async function rowsOf(services: LakeServices, table: string): Promise<VirtualTable['rows']> {
  const databases = services.glue.listDatabases();
  switch (table) {
    case 'schemata':
      return [...databases, INFORMATION_SCHEMA].map((name) => [CATALOG_NAME, name]);
    case 'tables':
      return databases.flatMap((database) =>
        services.glue
          .listTables(database)
          .map(({ name }) => [CATALOG_NAME, database, name, 'BASE TABLE']),
      );
    case 'columns': {
      const tables = databases.flatMap((database) => services.glue.listTables(database));
      const rows = await Promise.all(tables.map((entry) => columnRows(services, entry)));
      return rows.flat();
    }
    default:
      return [];
  }
}

async function columnRows(
  services: LakeServices,
  entry: { readonly databaseName: string; readonly name: string },
): Promise<VirtualTable['rows']> {
  const { databaseName, name } = entry;
  const metadata = await loadTableMetadata(services, { database: databaseName, table: name });
  if (metadata === null) return [];
  return currentSchema(metadata).fields.map((field, index) => [
    CATALOG_NAME,
    databaseName,
    name,
    field.name.toLowerCase(),
    index + 1,
    null,
    field.required ? 'NO' : 'YES',
    typeName(trinoTypeOf(field.type)),
    field.doc ?? null,
    null,
  ]);
}
