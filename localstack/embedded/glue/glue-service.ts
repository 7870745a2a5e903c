import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { glueColumns } from '#core/glue/table-columns.ts';
import { serializeTableMetadata } from '#core/iceberg/spec/table-metadata.ts';
import { createTableMetadata } from '#core/iceberg/transaction/create-table.ts';
import { serveJson } from '../gateway/json-protocol.ts';
import { createSchemaRegistry } from '../glue-schema-registry/schema-registry.ts';
import type { GlueIcebergTableInput, GlueService, GlueTableView, S3Service } from '../services.ts';
import { type CatalogStore, openCatalogStore, type StoredTable } from './catalog-store.ts';
import { databaseOperations } from './database-operations.ts';
import { serveIcebergRest } from './iceberg-rest.ts';
import { isIcebergRest } from './iceberg-rest-route.ts';
import { type IcebergTableShape, readIcebergTableInput } from './iceberg-table-input.ts';

import { tableOperations } from './table-operations.ts';

/** The only metadata.json a table starts with. Source: Iceberg v2 §Metastore Tables. */
const FIRST_METADATA_FILE = '00000';

export interface GlueServiceOptions {
  /** Folder of this service alone. */
  readonly stateDir: string;
  readonly s3: Pick<S3Service, 'getObject' | 'putObject'>;
  /** Milliseconds since the epoch. */
  readonly nowMs?: () => number;
  readonly newUuid?: () => string;
}

/**
 * AWS Glue: databases and Iceberg tables of the Data Catalog, and the Schema Registry beside it, as JSON 1.1 and
 * in process.
 * Throws when the state folder holds something this service did not write.
 */
export function createGlueService(options: GlueServiceOptions): GlueService {
  const nowMs = options.nowMs ?? Date.now;
  const newUuid = options.newUuid ?? randomUUID;
  const store = openCatalogStore(options.stateDir);
  const schemaRegistry = createSchemaRegistry({
    stateDir: `${options.stateDir}-schema-registry`,
    nowMs,
    newUuid,
  });
  const operations = {
    ...databaseOperations(store, nowMs),
    ...tableOperations(store, nowMs),
    ...schemaRegistry.operations,
  };
  return {
    handle: (request: IncomingMessage, response: ServerResponse) =>
      isIcebergRest(request.url ?? '')
        ? serveIcebergRest(request, response, { store, s3: options.s3, nowMs, newUuid })
        : serveJson(operations, request, { response, contentType: 'application/x-amz-json-1.1' }),
    // Every change is on disk when its call returns.
    close: async () => {},
    ensureDatabase: (database) => ensureDatabase(store, database, nowMs()),
    ensureIcebergTable: (table) =>
      ensureIcebergTable(store, table, { s3: options.s3, nowMs, newUuid }),
    schemaRegistry,
    listDatabases: () => store.databases().map((database) => database.name),
    listTables: (databaseName) => store.tables(databaseName.toLowerCase()).map(viewTable),
    getTable(databaseName, name) {
      const table = store.table(databaseName.toLowerCase(), name.toLowerCase());
      return table === null ? null : viewTable(table);
    },
  };
}

function viewTable(table: StoredTable): GlueTableView {
  const parameters = table.input['Parameters'] as Readonly<Record<string, string>>;
  return {
    databaseName: table.databaseName,
    name: table.name,
    metadataLocation: parameters['metadata_location'] ?? '',
    versionId: String(table.version),
  };
}

/** The description is what CloudFormation updates in place. */
function ensureDatabase(
  store: CatalogStore,
  database: { readonly name: string; readonly description?: string },
  nowMs: number,
): void {
  const name = database.name.toLowerCase();
  const existing = store.database(name);
  const input = {
    ...existing?.input,
    Name: name,
    ...(database.description === undefined ? {} : { Description: database.description }),
  };
  if (existing !== null && JSON.stringify(existing.input) === JSON.stringify(input)) return;
  store.putDatabase({ name, input, createdMs: existing?.createdMs ?? nowMs });
}

async function ensureIcebergTable(
  store: CatalogStore,
  table: GlueIcebergTableInput,
  deps: {
    readonly s3: Pick<S3Service, 'putObject'>;
    readonly nowMs: () => number;
    readonly newUuid: () => string;
  },
): Promise<void> {
  const databaseName = table.databaseName.toLowerCase();
  const name = table.name.toLowerCase();
  const shape = readIcebergTableInput(table.icebergTableInput);
  if (store.database(databaseName) === null) {
    throw new Error(`AWS::Glue::Table DatabaseName: database ${databaseName} not found`);
  }
  if (isUnchanged(store.table(databaseName, name), table)) return;
  const metadataLocation = await writeFirstMetadata(shape, deps);
  // Another call may have created the table while the file was written; its file is then left unused.
  if (isUnchanged(store.table(databaseName, name), table)) return;
  const createdMs = deps.nowMs();
  store.putTable({
    databaseName,
    name,
    input: firstTableInput(name, shape, metadataLocation),
    createdMs,
    updatedMs: createdMs,
    version: 0,
    templateInput: table.icebergTableInput,
  });
}

/** False when there is no such table. Throws when it was created from something else. */
function isUnchanged(existing: StoredTable | null, table: GlueIcebergTableInput): boolean {
  if (existing === null) return false;
  if (sortedJson(existing.templateInput) === sortedJson(table.icebergTableInput)) return true;
  const changed =
    existing.templateInput === null
      ? 'it was not created by a template'
      : `changed: ${changedProperties(existing.templateInput, table.icebergTableInput).join(', ')}`;
  throw new Error(
    `CloudFormation would have to update or replace table ${existing.databaseName}.${existing.name} (${changed}); ` +
      'tables are frozen: the writer evolves them through Iceberg metadata, so keep the template as it was',
  );
}

function changedProperties(
  before: Readonly<Record<string, unknown>>,
  after: Readonly<Record<string, unknown>>,
): string[] {
  const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...keys].filter((key) => sortedJson(before[key]) !== sortedJson(after[key]));
}

/** JSON with sorted keys: the order of a template's keys means nothing. */
function sortedJson(value: unknown): string {
  return JSON.stringify(value ?? null, (_key, item: unknown) =>
    item !== null && typeof item === 'object' && !Array.isArray(item)
      ? Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1)))
      : item,
  );
}

async function writeFirstMetadata(
  shape: IcebergTableShape,
  deps: {
    readonly s3: Pick<S3Service, 'putObject'>;
    readonly nowMs: () => number;
    readonly newUuid: () => string;
  },
): Promise<string> {
  const metadata = createTableMetadata({
    tableUuid: deps.newUuid(),
    nowMs: deps.nowMs(),
    ...shape,
  });
  const uri = `${shape.location}/metadata/${FIRST_METADATA_FILE}-${deps.newUuid()}.metadata.json`;
  const [, bucket = '', key = ''] = /^s3:\/\/([^/]+)\/(.+)$/.exec(uri) ?? [];
  const body = Buffer.from(serializeTableMetadata(metadata), 'utf8');
  const written = await deps.s3.putObject(bucket, key, {
    body,
    ifNoneMatch: '*',
    contentType: 'application/json',
  });
  if (!written) throw new Error(`${uri} exists already; two tables were given one uuid`);
  return uri;
}

/** The catalog entry as Iceberg libraries write it, so that a client's UpdateTable can send it back changed. */
function firstTableInput(
  name: string,
  shape: IcebergTableShape,
  metadataLocation: string,
): Record<string, unknown> {
  return {
    Name: name,
    TableType: 'EXTERNAL_TABLE',
    Parameters: { table_type: 'ICEBERG', metadata_location: metadataLocation },
    StorageDescriptor: { Columns: glueColumns(shape.schema), Location: shape.location },
  };
}
