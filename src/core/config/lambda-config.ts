import type { z } from 'zod';
import { dedupeRoom } from '#core/delivery/dedupe-memory.ts';
import { SluiceError } from '#core/errors.ts';
import { type BronzeColumn, bronzeColumns } from '#core/schema/bronze-table.ts';
import {
  currentMappingVersion,
  findStream,
  type Registry,
  type SchemaVersion,
} from '#core/schema/registry.ts';
import type { TableMigration } from '#core/schema/table-migration.ts';
import { lakeWriterConfigModel } from './lambda-config-model.ts';
import { databaseName, type Project, type Stream } from './project.ts';
import { deepFreeze } from './resolve/merge-layers.ts';

/** The JSON asset beside the lake-writer bundle of one domain. */
export interface LakeWriterConfig {
  readonly environment: string;
  readonly domain: string;
  readonly streams: readonly LakeWriterStream[];
  /** Bytes of events, inflated, that the writer's memory lets it process at a time. */
  readonly maxSliceBytes: number;
}

export interface LakeWriterStream extends Stream {
  /** The bronze table. */
  readonly table: { readonly database: string; readonly table: string };
  /** What the stream wants in the table; the table may have more columns, and in another order. */
  readonly columns: readonly BronzeColumn[];
  /** All versions, oldest first: the buffer may hold records of each. The last one is that of `fields`. */
  readonly schemas: readonly SchemaVersion[];
  readonly mappingVersion: number;
  /** In order; a table remembers how many it has had (MIGRATIONS_APPLIED_PROPERTY). */
  readonly migrations: readonly TableMigration[];
  /** Identities of committed rows that the writer's memory has room for. */
  readonly maxCommittedIds: number;
}

/**
 * Events being processed take up to forty times their bytes: decoded row, table row, columns. With this
 * share half the memory is left, and the largest batch that Lambda delivers uncompressed, 4.5 MB, is
 * one slice from 700 MB on.
 */
const SLICE_MEMORY_SHARE = 1 / 64;

/** The lake-writer's configuration for one domain. Throws CONFIG_INVALID when schemas are missing. */
export function buildLakeWriterConfig(
  project: Project,
  registry: Registry,
  options: { readonly domain: string },
): LakeWriterConfig {
  const domain = project.domains.find((candidate) => candidate.name === options.domain);
  if (domain === undefined) {
    const names = project.domains.map((candidate) => candidate.name).join(', ');
    throw new SluiceError(
      'CONFIG_INVALID',
      `expected a domain (${names}), got "${options.domain}"`,
    );
  }
  const environment = project.environment.name;
  const memoryBytes = domain.writer.memoryMb * 1_000_000;
  const room = dedupeRoom(domain.streams, memoryBytes);
  return deepFreeze({
    environment,
    domain: domain.name,
    streams: domain.streams.map((stream, index) => ({
      ...buildStream(stream, environment, registry),
      maxCommittedIds: room[index] ?? 0,
    })),
    maxSliceBytes: Math.floor(memoryBytes * SLICE_MEMORY_SHARE),
  });
}

function buildStream(
  stream: Stream,
  environment: string,
  registry: Registry,
): Omit<LakeWriterStream, 'maxCommittedIds'> {
  const schemas = findStream(registry, stream.domain, stream.name);
  if (schemas === null) {
    throw new SluiceError(
      'CONFIG_INVALID',
      `expected schemas of ${stream.domain}.${stream.name}, got none; run "npm run generate"`,
    );
  }
  return {
    ...stream,
    table: {
      database: databaseName(environment, stream.domain, 'bronze'),
      table: stream.name,
    },
    columns: bronzeColumns(stream),
    schemas: schemas.schemaVersions,
    mappingVersion: currentMappingVersion(schemas).version,
    migrations: schemas.migrations,
  };
}

/** Marks a 64-bit integer in the JSON text, which has no such type. */
const BIGINT_KEY = '$bigint';

/** The text of the asset; the same configuration gives the same bytes, so that its hash is stable. */
export function serializeLakeWriterConfig(config: LakeWriterConfig): string {
  return serializeLambdaJson(config);
}

/** Text of any function's configuration: JSON in which 64-bit integers are marked. */
export function serializeLambdaJson(config: unknown): string {
  const toJson = (_key: string, value: unknown) =>
    typeof value === 'bigint' ? { [BIGINT_KEY]: String(value) } : value;
  return `${JSON.stringify(config, toJson, 2)}\n`;
}

/** Inverse of serializeLakeWriterConfig, frozen. Throws CONFIG_INVALID with every key that is wrong. */
export function parseLakeWriterConfig(text: string): LakeWriterConfig {
  return parseLambdaJson<LakeWriterConfig>(text, lakeWriterConfigModel, {
    what: 'lake-writer configuration',
  });
}

/** Inverse of serializeLambdaJson for a configuration of a model, frozen. Throws CONFIG_INVALID with every key that is wrong. */
export function parseLambdaJson<T>(
  text: string,
  model: z.ZodType<T>,
  options: { readonly what: string },
): T {
  const result = model.safeParse(parseJson(text, options.what));
  if (result.success) return deepFreeze<T>(result.data);
  const problems = result.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  throw new SluiceError(
    'CONFIG_INVALID',
    `${options.what}: ${problems.join('; ')}; deploy the function and its configuration together`,
  );
}

function parseJson(text: string, what: string): unknown {
  try {
    return JSON.parse(text, reviveBigint);
  } catch (cause) {
    throw new SluiceError(
      'CONFIG_INVALID',
      `${what}: expected JSON, got other text; deploy the function again`,
      { cause },
    );
  }
}

function reviveBigint(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, BIGINT_KEY))
    return value;
  const digits: unknown = (value as Record<string, unknown>)[BIGINT_KEY];
  return typeof digits === 'string' && /^-?\d{1,40}$/.test(digits) ? BigInt(digits) : value;
}
