import { z } from 'zod';
import { connectorsOf } from '#core/config/connector.ts';
import { parseLambdaJson, serializeLambdaJson } from '#core/config/lambda-config.ts';
import { lambdaField } from '#core/config/lambda-config-model.ts';
import type { Domain, Project } from '#core/config/project.ts';
import { deepFreeze } from '#core/config/resolve/merge-layers.ts';
import { bufferStreamOf } from '#core/config/topic.ts';
import { SluiceError } from '#core/errors.ts';
import type { Field } from '#core/schema/field.ts';
import { currentSchemaVersion, findStream, type Registry } from '#core/schema/registry.ts';

/** The JSON asset beside the http-ingest bundle of one domain. */
export interface HttpIngestConfig {
  readonly domain: string;
  readonly streams: readonly HttpIngestStream[];
}

/** What the function needs of a stream that clients may post to. */
export interface HttpIngestStream {
  readonly name: string;
  /** Stream of the buffer that carries it. */
  readonly buffer: string;
  readonly key: string;
  readonly fields: readonly Field[];
  readonly identity: readonly string[];
  /** Newest version: what events are written with. */
  readonly schemaVersionId: string;
  /** Avro schema as JSON text. */
  readonly avro: string;
  readonly maxBodyBytes: number;
  readonly maxEvents: number;
}

/** The configuration of a domain's API; null when it has none. Throws CONFIG_INVALID when schemas are missing. */
export function buildHttpIngestConfig(
  project: Pick<Project, 'environment'>,
  domain: Domain,
  registry: Registry,
): HttpIngestConfig | null {
  const connectors = connectorsOf(domain, 'http-ingest');
  if (connectors.length === 0) return null;
  const streams = connectors.flatMap((connector) =>
    connector.streams.map((name) => ({
      ...buildStream(domain, name, registry),
      buffer: bufferStreamOf(project.environment.name, domain, name),
      maxBodyBytes: connector.maxBodyBytes,
      maxEvents: connector.maxEvents,
    })),
  );
  return deepFreeze({ domain: domain.name, streams });
}

function buildStream(
  domain: Domain,
  name: string,
  registry: Registry,
): Omit<HttpIngestStream, 'buffer' | 'maxBodyBytes' | 'maxEvents'> {
  const stream = domain.streams.find((candidate) => candidate.name === name);
  const schemas = findStream(registry, domain.name, name);
  if (stream === undefined || schemas === null) {
    throw new SluiceError(
      'CONFIG_INVALID',
      `expected schemas of ${domain.name}.${name}, got none; run "npm run generate"`,
    );
  }
  const { key, fields, identity } = stream;
  const { schemaVersionId, avro } = currentSchemaVersion(schemas);
  return { name, key, fields, identity, schemaVersionId, avro };
}

const configModel: z.ZodType<HttpIngestConfig> = z.strictObject({
  domain: z.string(),
  streams: z
    .array(
      z.strictObject({
        name: z.string(),
        buffer: z.string(),
        key: z.string(),
        fields: z.array(lambdaField).min(1),
        identity: z.array(z.string()).min(1),
        schemaVersionId: z.uuid(),
        avro: z.string(),
        maxBodyBytes: z.int().min(1),
        maxEvents: z.int().min(1),
      }),
    )
    .min(1),
});

/** The text of the asset; the same configuration gives the same bytes. */
export function serializeHttpIngestConfig(config: HttpIngestConfig): string {
  return serializeLambdaJson(config);
}

/** Inverse of serializeHttpIngestConfig, frozen. Throws CONFIG_INVALID with every key that is wrong. */
export function parseHttpIngestConfig(text: string): HttpIngestConfig {
  return parseLambdaJson(text, configModel, { what: 'http-ingest configuration' });
}
