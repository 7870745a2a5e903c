import type { Stream } from '#core/config/project.ts';
import {
  currentSchemaVersion,
  findStream,
  type Registry,
  type StreamSchemas,
} from '#core/schema/registry.ts';
import type { SchemaRegistry } from '#ports/schema-registry.ts';
import { type ProducerSchema, producerSchemaId } from './producer-schema-id.ts';

/** The registry file with the ids that a schema registry gives the newest versions of these streams. */
export async function publishSchemas(
  registry: Registry,
  streams: readonly Stream[],
  schemaRegistry: SchemaRegistry,
): Promise<Registry> {
  const published = await Promise.all(
    streams.map(async (stream) => {
      const schemas = findStream(registry, stream.domain, stream.name);
      return schemas === null ? null : await publishStream(schemas, stream, schemaRegistry);
    }),
  );
  const byName = new Map(
    published.flatMap((schemas) => (schemas === null ? [] : [[nameOf(schemas), schemas] as const])),
  );
  return { streams: registry.streams.map((schemas) => byName.get(nameOf(schemas)) ?? schemas) };
}

function nameOf({ domain, stream }: StreamSchemas): string {
  return `${domain}.${stream}`;
}

async function publishStream(
  schemas: StreamSchemas,
  { domain, name, compatibility }: Stream,
  schemaRegistry: SchemaRegistry,
): Promise<StreamSchemas> {
  const newest = currentSchemaVersion(schemas);
  const earlier = schemas.schemaVersions.slice(0, -1);
  const schema: ProducerSchema = { domain, name, ...newest };
  const schemaVersionId = await producerSchemaId(schemaRegistry, schema, {
    earlier: earlier.map(({ avro }) => avro),
    compatibility,
  });
  return { ...schemas, schemaVersions: [...earlier, { ...newest, schemaVersionId }] };
}
