import type { Stream } from '#core/config/project.ts';
import type { PartitionSpec } from '#core/iceberg/spec/partition.ts';
import { type AvroRecord, toAvroSchema } from '../avro-schema.ts';
import { bronzeColumns } from '../bronze-table.ts';
import { partitionTermText, toPartitionSpec } from '../partition-spec.ts';
import {
  currentMappingVersion,
  type MappingVersion,
  type SchemaVersion,
  type StreamSchemas,
} from '../registry.ts';
import { jsonText } from '../schema-files.ts';
import { canonicalSchemaText, contentHash, schemaVersionId } from '../schema-version-id.ts';
import { replayMigrations, type TableMigration } from '../table-migration.ts';
import { createTableShape } from '../table-shape.ts';
import type { Incompatibility } from './compatibility.ts';
import { type EarlierVersion, judgeChange } from './judge-change.ts';
import { findUnreadable } from './lake-rules.ts';
import { planTableChanges } from './table-plan.ts';

export interface Evolution {
  readonly schemas: StreamSchemas;
  /** Empty when every change is legal; otherwise `schemas` must not be written. */
  readonly refused: readonly Incompatibility[];
}

/** What `schemas/` has to hold about a stream now, given what it holds (null: nothing). */
export function evolveStream(stream: Stream, existing: StreamSchemas | null): Evolution {
  return existing === null ? createStream(stream) : changeStream(stream, existing);
}

/**
 * Version of everything that turns a source record into a row: mapping and quality rules, since
 * `_flags` depends on them, and the sources of the functions they call.
 */
export function mappingHash(stream: Pick<Stream, 'mapping' | 'quality' | 'extensions'>): string {
  const { mapping, quality, extensions } = stream;
  return contentHash({ mapping, quality, ...(extensions === undefined ? {} : { extensions }) });
}

function createStream(stream: Stream): Evolution {
  const versions = { schemaVersion: 1, mappingVersion: 1 };
  const { shape, changes } = createTableShape(stream, versions);
  return {
    schemas: {
      domain: stream.domain,
      stream: stream.name,
      schemaVersions: [nextSchemaVersion(toAvroSchema(stream), [])],
      mappingVersions: [{ version: 1, hash: mappingHash(stream) }],
      table: shape,
      migrations: changes.length === 0 ? [] : [{ ...versions, changes }],
    },
    refused: [],
  };
}

function changeStream(stream: Stream, existing: StreamSchemas): Evolution {
  const schemas = evolveSchema(stream, existing.schemaVersions);
  const mappingVersions = evolveMapping(stream, existing);
  const versions = {
    schemaVersion: schemas.versions.length,
    mappingVersion: mappingVersions.length,
  };
  const table = evolveTable(stream, existing, versions);
  const reported = new Set(schemas.refused.map((found) => rootOf(found.path)));
  const tableRefused = table.refused.filter((found) => !reported.has(rootOf(found.path)));
  return {
    schemas: {
      ...existing,
      schemaVersions: schemas.versions,
      mappingVersions,
      migrations: table.migrations,
    },
    refused: [...schemas.refused, ...tableRefused],
  };
}

/** `_raw_price` and `price.element` are about `price`: one mistake is reported once. */
function rootOf(path: string): string {
  return path.replace(/^_raw_/, '').split('.')[0] ?? path;
}

function evolveSchema(
  stream: Stream,
  versions: readonly SchemaVersion[],
): { readonly versions: readonly SchemaVersion[]; readonly refused: readonly Incompatibility[] } {
  const schema = toAvroSchema(stream);
  const earlier = versions.map(
    ({ version, avro }): EarlierVersion => ({ version, schema: JSON.parse(avro) as AvroRecord }),
  );
  const last = earlier.at(-1)?.schema;
  if (last !== undefined && canonicalSchemaText(last) === canonicalSchemaText(schema)) {
    return { versions, refused: [] };
  }
  const refused = judgeChange(stream.compatibility, schema, earlier);
  const told = new Set(refused.map(({ path }) => rootOf(path)));
  const unreadable = findUnreadable(schema, stream.fields, earlier).filter(
    ({ path }) => !told.has(rootOf(path)),
  );
  return {
    versions: [...versions, nextSchemaVersion(schema, versions)],
    refused: [...refused, ...unreadable],
  };
}

function nextSchemaVersion(schema: AvroRecord, versions: readonly SchemaVersion[]): SchemaVersion {
  const version = versions.length + 1;
  return { version, schemaVersionId: schemaVersionId(schema, version), avro: jsonText(schema) };
}

function evolveMapping(stream: Stream, existing: StreamSchemas): readonly MappingVersion[] {
  const hash = mappingHash(stream);
  const last = currentMappingVersion(existing);
  if (last.hash === hash) return existing.mappingVersions;
  return [...existing.mappingVersions, { version: last.version + 1, hash }];
}

function evolveTable(
  stream: Stream,
  existing: StreamSchemas,
  versions: { readonly schemaVersion: number; readonly mappingVersion: number },
): {
  readonly migrations: readonly TableMigration[];
  readonly refused: readonly Incompatibility[];
} {
  const { table, migrations } = existing;
  const before = replayMigrations(table, migrations);
  const plan = planTableChanges(bronzeColumns(stream), before.fields);
  if (plan.refused.length > 0) return { migrations, refused: plan.refused };
  const all =
    plan.changes.length === 0
      ? migrations
      : [...migrations, { ...versions, changes: plan.changes }];
  const wanted = toPartitionSpec(stream.partition.bronze, replayMigrations(table, all));
  const refused = isSamePartitioning(wanted, table.partitionSpec)
    ? []
    : [partitionChanged(stream, table.partitionSpec)];
  return { migrations: all, refused };
}

/** By source column and transform: a rename of the column leaves the name of the partition field behind. */
function isSamePartitioning(a: PartitionSpec, b: PartitionSpec): boolean {
  const text = (spec: PartitionSpec) =>
    spec.fields.map((field) => `${field['source-id']}:${field.transform}`).join();
  return text(a) === text(b);
}

function partitionChanged(stream: Stream, frozen: PartitionSpec): Incompatibility {
  const terms = stream.partition.bronze.map(partitionTermText).join(', ') || 'nothing';
  const names = frozen.fields.map((field) => `${field.name} = ${field.transform}`).join(', ');
  return {
    path: 'partition.bronze',
    change: `the partitioning changed from (${names || 'nothing'}) to (${terms})`,
    rule: 'a table keeps the partitioning of its creation; changing it is not supported in this version',
    remedy: 'restore the terms, or start a new stream',
  };
}
