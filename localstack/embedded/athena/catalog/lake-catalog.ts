import { SluiceError } from '#core/errors.ts';
import { decodeTableMetadata, type TableMetadata } from '#core/iceberg/spec/table-metadata.ts';
import type { GlueService, ObjectFile, S3Service } from '../../services.ts';
import { SqlFailure } from '../sql-failure.ts';

/** What the query engine needs of the other services. */
export interface LakeServices {
  readonly glue: Pick<GlueService, 'listDatabases' | 'listTables' | 'getTable'>;
  readonly s3: Pick<S3Service, 'getObject' | 'hasBucket' | 'objectFile' | 'putObject'>;
}

/** The one catalog there is; names compare without regard to case. */
export const CATALOG_NAME = 'awsdatacatalog';

export interface TableName {
  readonly database: string;
  readonly table: string;
}

/** The table's current metadata, null when the catalog has no such table. Throws SqlFailure when it cannot be read. */
export async function loadTableMetadata(
  services: LakeServices,
  name: TableName,
): Promise<TableMetadata | null> {
  const entry = services.glue.getTable(name.database, name.table);
  if (entry === null) return null;
  try {
    return decodeTableMetadata(await readObject(services, entry.metadataLocation));
  } catch (cause) {
    if (!(cause instanceof SluiceError)) throw cause;
    throw new SqlFailure(
      'ICEBERG_INVALID_METADATA',
      `${name.database}.${name.table}: ${cause.message}`,
      { cause },
    );
  }
}

/** An object's bytes, by URI. Throws OBJECT_NOT_FOUND. */
export async function readObject(services: LakeServices, uri: string): Promise<Uint8Array> {
  const { bucket, key } = parseUri(uri);
  const body = await services.s3.getObject(bucket, key);
  if (body === null) throw new SluiceError('OBJECT_NOT_FOUND', `${uri}: there is no such object`);
  return body;
}

/** Objects brought to this machine at once, where they are not here already. */
const LOCATED_AT_ONCE = 8;

/** Local files of objects, by URI. Throws OBJECT_NOT_FOUND. */
export async function locateObjects(
  services: LakeServices,
  uris: Iterable<string>,
): Promise<ReadonlyMap<string, ObjectFile>> {
  const files = new Map<string, ObjectFile>();
  const waiting = [...new Set(uris)].values();
  const locateNext = async (): Promise<void> => {
    for (const uri of waiting) files.set(uri, await locateObject(services, uri));
  };
  await Promise.all(Array.from({ length: LOCATED_AT_ONCE }, locateNext));
  return files;
}

async function locateObject(services: LakeServices, uri: string): Promise<ObjectFile> {
  const { bucket, key } = parseUri(uri);
  const file = await services.s3.objectFile(bucket, key);
  if (file === null) throw new SluiceError('OBJECT_NOT_FOUND', `${uri}: there is no such object`);
  return file;
}

/** Bucket and key of `s3://bucket/key`; `s3a` and `s3n` are other engines' names for it. */
export function parseUri(uri: string): { readonly bucket: string; readonly key: string } {
  const match = /^s3[an]?:\/\/([^/]+)\/(.*)$/s.exec(uri);
  if (match === null) {
    throw new SluiceError('FEATURE_UNSUPPORTED', `object URI "${uri}": expected s3://bucket/key`);
  }
  return { bucket: match[1] ?? '', key: match[2] ?? '' };
}
