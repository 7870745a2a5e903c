import { gunzipSync } from 'node:zlib';
import { nextMetadataLocation } from '#app/commit-locations.ts';
import { glueColumns } from '#core/glue/table-columns.ts';
import { applyUpdates } from '#core/iceberg/rest/apply-updates.ts';
import { findUnmetRequirement } from '#core/iceberg/rest/find-unmet-requirement.ts';
import { newTableMetadata, parseNewTable } from '#core/iceberg/rest/new-table.ts';
import { parseCommit } from '#core/iceberg/rest/parse-commit.ts';
import type { TableCommit } from '#core/iceberg/rest/table-update.ts';
import {
  currentSchema,
  parseTableMetadata,
  serializeTableMetadata,
  type TableMetadata,
} from '#core/iceberg/spec/table-metadata.ts';
import type { S3Service } from '../services.ts';
import type { CatalogStore, StoredTable } from './catalog-store.ts';
import { IcebergRestError } from './iceberg-rest-error.ts';

export interface IcebergRestDeps {
  readonly store: CatalogStore;
  readonly s3: Pick<S3Service, 'getObject' | 'putObject'>;
  /** Milliseconds since the epoch. */
  readonly nowMs: () => number;
  readonly newUuid: () => string;
}

/** A table as the answers of the protocol carry it; the metadata as text, since ids of 64 bits are not for JSON.parse. */
export interface ServedTable {
  /** Null for one that is only staged. */
  readonly location: string | null;
  readonly metadata: string;
}

interface TableName {
  readonly database: string;
  readonly table: string;
}

/** Writers that meet on one table: each round one of them wins. */
const MAX_ATTEMPTS = 10;
const MAX_METADATA_BYTES = 256 * 1024 * 1024;
const GZIP_MAGIC = Buffer.of(0x1f, 0x8b);
/** Longest table name, as in Glue's own API. Source: AWS Glue API, `NameString`. */
const MAX_NAME_LENGTH = 255;

/** The table's state. Throws 404 for an entry whose metadata file is missing. */
export async function serveTable(
  table: StoredTable,
  { s3 }: Pick<IcebergRestDeps, 's3'>,
): Promise<{ readonly location: string; readonly metadata: string }> {
  const location = locationOf(table);
  const [, bucket = '', key = ''] = /^s3[an]?:\/\/([^/]+)\/(.+)$/s.exec(location) ?? [];
  const bytes = await s3.getObject(bucket, key);
  if (bytes === null) throw noSuchTable(`metadata file ${location} is missing`);
  const isZipped = bytes.subarray(0, GZIP_MAGIC.length).equals(GZIP_MAGIC);
  const text = isZipped ? gunzipSync(bytes, { maxOutputLength: MAX_METADATA_BYTES }) : bytes;
  return { location, metadata: text.toString('utf8').trim() };
}

/**
 * Carries out a commit: requirements are checked on the state it is based on, the updates applied, the metadata file
 * written, and the entry swapped if it is still at the version that was read; otherwise all of it again. A file of a
 * lost round stays behind. Source: Iceberg REST catalog API, updateTable.
 */
export async function commitUpdates(
  name: TableName,
  body: unknown,
  deps: IcebergRestDeps,
): Promise<ServedTable> {
  const commit = parseCommit(body);
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
    const stored = deps.store.table(name.database, name.table);
    const done =
      stored === null
        ? await createByCommit(name, commit, deps)
        : await swapOnce(stored, commit, deps);
    if (done !== null) return done;
  }
  throw conflict(`${name.table} changed ${MAX_ATTEMPTS} times while the commit was made`);
}

/** Null when another writer was quicker. */
async function swapOnce(
  stored: StoredTable,
  commit: TableCommit,
  deps: IcebergRestDeps,
): Promise<ServedTable | null> {
  const served = await serveTable(stored, deps);
  const base = parseTableMetadata(served.metadata);
  const unmet = findUnmetRequirement(commit.requirements, base);
  if (unmet !== null) throw conflict(unmet);
  const next = applyUpdates({ metadata: base, location: served.location }, commit.updates, {
    nowMs: deps.nowMs(),
  });
  if (next === base) return served;
  const written = await writeMetadata(next, served.location, deps);
  // From here on nothing else runs: comparing and swapping are one step.
  const { databaseName, name } = stored;
  const current = deps.store.table(databaseName, name);
  if (current === null) throw noSuchTable(`Table ${name} not found.`);
  if (current.version !== stored.version || locationOf(current) !== served.location) return null;
  deps.store.putTable({
    ...current,
    input: nextInput(current, next, written.location),
    updatedMs: deps.nowMs(),
    version: current.version + 1,
  });
  return written;
}

/** The commit that ends a staged creation. Null when another client created the table meanwhile. */
async function createByCommit(
  name: TableName,
  commit: TableCommit,
  deps: IcebergRestDeps,
): Promise<ServedTable | null> {
  const isCreation = commit.requirements.some(({ type }) => type === 'assert-create');
  if (!isCreation) throw noSuchTable(`Table ${name.table} not found.`);
  const unmet = findUnmetRequirement(commit.requirements, null);
  if (unmet !== null) throw conflict(unmet);
  const metadata = applyUpdates(null, commit.updates, { nowMs: deps.nowMs() });
  return await storeNewTable(name, metadata, deps);
}

/** Creates a table, or says what it would be. Source: Iceberg REST catalog API, createTable. */
export async function createTable(
  database: string,
  body: unknown,
  deps: IcebergRestDeps,
): Promise<ServedTable> {
  const request = parseNewTable(body);
  const table = requireName(request.name);
  if (deps.store.table(database, table) !== null) throw alreadyExists(table);
  const metadata = newTableMetadata(request, {
    location: request.location ?? defaultLocation(deps.store, { database, table }),
    tableUuid: deps.newUuid(),
    nowMs: deps.nowMs(),
  });
  if (request.isStaged) return { location: null, metadata: serializeTableMetadata(metadata) };
  const created = await storeNewTable({ database, table }, metadata, deps);
  if (created === null) throw alreadyExists(table);
  return created;
}

async function storeNewTable(
  { database, table }: TableName,
  metadata: TableMetadata,
  deps: IcebergRestDeps,
): Promise<ServedTable | null> {
  const written = await writeMetadata(metadata, null, deps);
  if (deps.store.table(database, table) !== null) return null;
  const createdMs = deps.nowMs();
  deps.store.putTable({
    databaseName: database,
    name: table,
    input: {
      Name: table,
      TableType: 'EXTERNAL_TABLE',
      Parameters: { table_type: 'ICEBERG', metadata_location: written.location },
      StorageDescriptor: storageOf(metadata),
    },
    createdMs,
    updatedMs: createdMs,
    version: 0,
    templateInput: null,
  });
  return written;
}

/** The file has a name of its own, so that a round that is lost harms nobody. */
async function writeMetadata(
  metadata: TableMetadata,
  baseLocation: string | null,
  { s3, newUuid }: IcebergRestDeps,
): Promise<{ readonly location: string; readonly metadata: string }> {
  const location =
    baseLocation === null
      ? `${metadata.location}/metadata/00000-${newUuid()}.metadata.json`
      : nextMetadataLocation(metadata, baseLocation, newUuid());
  const [, bucket, key] = /^s3[an]?:\/\/([^/]+)\/(.+)$/s.exec(location) ?? [];
  if (bucket === undefined || key === undefined) {
    throw badRequest(`location: expected an s3:// URI, got ${metadata.location}`);
  }
  const text = serializeTableMetadata(metadata);
  const options = {
    body: Buffer.from(text, 'utf8'),
    ifNoneMatch: '*' as const,
    contentType: 'application/json',
  };
  const isWritten = await s3.putObject(bucket, key, options).catch((error: unknown) => {
    if ((error as { readonly code?: unknown }).code !== 'NoSuchBucket') throw error;
    throw badRequest(`location: there is no bucket ${bucket}`);
  });
  if (!isWritten) throw new Error(`${location} exists already`);
  return { location, metadata: text };
}

/** The entry as Iceberg libraries write it; what others put there is kept. */
function nextInput(
  current: StoredTable,
  metadata: TableMetadata,
  location: string,
): StoredTable['input'] {
  return {
    ...current.input,
    Parameters: {
      ...(current.input['Parameters'] as Readonly<Record<string, string>>),
      metadata_location: location,
      previous_metadata_location: locationOf(current),
    },
    StorageDescriptor: {
      ...(current.input['StorageDescriptor'] as Readonly<Record<string, unknown>> | undefined),
      ...storageOf(metadata),
    },
  };
}

function storageOf(metadata: TableMetadata): Readonly<Record<string, unknown>> {
  return { Columns: [...glueColumns(currentSchema(metadata))], Location: metadata.location };
}

function locationOf(table: StoredTable): string {
  const parameters = table.input['Parameters'] as Readonly<Record<string, string>>;
  return parameters['metadata_location'] ?? '';
}

function requireName(name: string): string {
  const hasControl = [...name].some((character) => character < ' ');
  if (name.length > 0 && name.length <= MAX_NAME_LENGTH && !hasControl) return name.toLowerCase();
  throw badRequest(
    `name: expected 1 to ${MAX_NAME_LENGTH} characters without control characters, got ${name.length} characters`,
  );
}

function defaultLocation(store: CatalogStore, { database, table }: TableName): string {
  const base = store.database(database)?.input['LocationUri'];
  if (typeof base === 'string' && base !== '') return `${base.replace(/\/+$/, '')}/${table}`;
  throw badRequest(`location: expected one, since database ${database} has no location of its own`);
}

function badRequest(message: string): IcebergRestError {
  return new IcebergRestError(400, 'BadRequestException', message);
}

function conflict(message: string): IcebergRestError {
  return new IcebergRestError(409, 'CommitFailedException', message);
}

function alreadyExists(table: string): IcebergRestError {
  return new IcebergRestError(409, 'AlreadyExistsException', `Table ${table} already exists.`);
}

function noSuchTable(message: string): IcebergRestError {
  return new IcebergRestError(404, 'NoSuchTableException', message);
}
