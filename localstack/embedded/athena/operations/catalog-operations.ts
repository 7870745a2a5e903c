import { glueColumns } from '#core/glue/table-columns.ts';
import { currentSchema } from '#core/iceberg/spec/table-metadata.ts';
import { AwsError, type JsonOperation } from '../../gateway/json-protocol.ts';
import { compileTableExpression } from '../../glue/table-expression.ts';
import { CATALOG_NAME, type LakeServices, loadTableMetadata } from '../catalog/lake-catalog.ts';
import { type Input, optionalString, pageOf, requiredString } from './invalid-request.ts';

const MAX_PAGE = 50;

/** What BI tools browse the catalog with. Source: Amazon Athena API, data catalog operations. */
export function catalogOperations(services: LakeServices): Readonly<Record<string, JsonOperation>> {
  const { glue } = services;
  return {
    ListDataCatalogs: () => ({
      DataCatalogsSummary: [{ CatalogName: 'AwsDataCatalog', Type: 'GLUE' }],
    }),
    GetDataCatalog(input) {
      requireCatalog(requiredString(input, 'Name'));
      return { DataCatalog: { Name: 'AwsDataCatalog', Type: 'GLUE', Parameters: {} } };
    },
    ListDatabases(input) {
      requireCatalog(requiredString(input, 'CatalogName'));
      const { page, nextToken } = pageOf(glue.listDatabases(), input, MAX_PAGE);
      return { DatabaseList: page.map((Name) => ({ Name })), NextToken: nextToken };
    },
    GetDatabase(input) {
      requireCatalog(requiredString(input, 'CatalogName'));
      return { Database: { Name: requireDatabase(services, input) } };
    },
    async ListTableMetadata(input) {
      requireCatalog(requiredString(input, 'CatalogName'));
      const database = requireDatabase(services, input);
      const expression = optionalString(input, 'Expression');
      const matches = expression === null ? () => true : compileTableExpression(expression);
      const names = glue
        .listTables(database)
        .map((table) => table.name)
        .filter(matches);
      const { page, nextToken } = pageOf(names, input, MAX_PAGE);
      const tables = await Promise.all(page.map((name) => describeTable(services, database, name)));
      return { TableMetadataList: tables, NextToken: nextToken };
    },
    async GetTableMetadata(input) {
      requireCatalog(requiredString(input, 'CatalogName'));
      const database = requireDatabase(services, input);
      const name = requiredString(input, 'TableName').toLowerCase();
      return { TableMetadata: await describeTable(services, database, name) };
    },
  };
}

function requireCatalog(name: string): void {
  if (name.toLowerCase() !== CATALOG_NAME) {
    throw new AwsError('MetadataException', `Catalog ${name} not found`);
  }
}

function requireDatabase(services: LakeServices, input: Input): string {
  const name = requiredString(input, 'DatabaseName').toLowerCase();
  if (services.glue.listDatabases().includes(name)) return name;
  throw new AwsError('MetadataException', `Database ${name} not found.`);
}

async function describeTable(
  services: LakeServices,
  database: string,
  name: string,
): Promise<Record<string, unknown>> {
  const metadata = await loadTableMetadata(services, { database, table: name });
  if (metadata === null) throw new AwsError('MetadataException', `Table ${name} not found.`);
  return {
    Name: name,
    TableType: 'EXTERNAL_TABLE',
    Columns: glueColumns(currentSchema(metadata)).map(({ Name, Type, Comment }) => ({
      Name,
      Type,
      ...(Comment === undefined ? {} : { Comment }),
    })),
    PartitionKeys: [],
    Parameters: { table_type: 'ICEBERG', location: metadata.location },
  };
}
