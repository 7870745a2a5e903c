import type { TableMigration } from './table-migration.ts';
import type { TableShape } from './table-shape.ts';

/** One version of a stream's schema. Never changes once it is committed. */
export interface SchemaVersion {
  /** From 1, without gaps. */
  readonly version: number;
  /** In the header of every record written with it. */
  readonly schemaVersionId: string;
  /** The Avro schema as it stands in its file. */
  readonly avro: string;
}

export interface MappingVersion {
  readonly version: number;
  /** SHA-256 of mapping and quality rules. */
  readonly hash: string;
}

/** What `schemas/` holds about one stream. */
export interface StreamSchemas {
  readonly domain: string;
  readonly stream: string;
  /** At least one, oldest first. */
  readonly schemaVersions: readonly SchemaVersion[];
  /** At least one, oldest first; the last one is in force. */
  readonly mappingVersions: readonly MappingVersion[];
  readonly table: TableShape;
  readonly migrations: readonly TableMigration[];
}

/**
 * Everything that machines have written about schemas. Streams no domain names any more stay: their
 * data does.
 */
export interface Registry {
  readonly streams: readonly StreamSchemas[];
}

export const EMPTY_REGISTRY: Registry = { streams: [] };

/** A stream's schemas, or null when `generate` never wrote any. */
export function findStream(
  registry: Registry,
  domain: string,
  stream: string,
): StreamSchemas | null {
  return (
    registry.streams.find((entry) => entry.domain === domain && entry.stream === stream) ?? null
  );
}

/** One version of a stream, or null. */
export function findSchemaVersion(
  registry: Registry,
  domain: string,
  options: { readonly stream: string; readonly version: number },
): SchemaVersion | null {
  const schemas = findStream(registry, domain, options.stream)?.schemaVersions ?? [];
  return schemas.find((schema) => schema.version === options.version) ?? null;
}

export interface RegisteredSchema extends SchemaVersion {
  readonly domain: string;
  readonly stream: string;
}

/** Every schema version by the id on the wire, of all streams: one buffer carries a whole domain. */
export function schemasById(registry: Registry): ReadonlyMap<string, RegisteredSchema> {
  return new Map(
    registry.streams.flatMap(({ domain, stream, schemaVersions }) =>
      schemaVersions.map((schema) => [schema.schemaVersionId, { ...schema, domain, stream }]),
    ),
  );
}

/** The version that producers write now. */
export function currentSchemaVersion(schemas: StreamSchemas): SchemaVersion {
  return lastOf(schemas.schemaVersions, schemas);
}

/** The mapping version in force. */
export function currentMappingVersion(schemas: StreamSchemas): MappingVersion {
  return lastOf(schemas.mappingVersions, schemas);
}

function lastOf<T>(versions: readonly T[], { domain, stream }: StreamSchemas): T {
  const last = versions.at(-1);
  if (last === undefined) {
    throw new RangeError(`expected at least one version of ${domain}.${stream}, got none`);
  }
  return last;
}
