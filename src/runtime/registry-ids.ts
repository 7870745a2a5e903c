import { type ProducerSchema, producerSchemaId } from '#app/producer-schema-id.ts';
import type { WireSchemaId } from '#core/schema/wire-schema-id.ts';
import type { SchemaRegistry } from '#ports/schema-registry.ts';
import type { CallLimits } from './aws-clients.ts';
import { openFunctionRegistry } from './schema-registry-access.ts';

type StreamSchema = Omit<ProducerSchema, 'domain'>;

/** The id that a producing function writes for a stream: asked for once, and again after a failure. */
export type SchemaIdOf = (stream: StreamSchema) => Promise<WireSchemaId>;

/**
 * Asks the registry that the function's environment names; without one, ids are our own. Nothing is asked
 * before the first event. The template has published the versions, so a function only looks them up. The
 * returned function throws as producerSchemaId.
 */
export function openRegistryIds(
  domain: string,
  options: { readonly registry?: SchemaRegistry | null; readonly limits?: CallLimits } = {},
): SchemaIdOf {
  const registry =
    options.registry === undefined
      ? openFunctionRegistry(process.env, options.limits)
      : options.registry;
  const asked = new Map<string, Promise<WireSchemaId>>();
  return (stream) => {
    const known = asked.get(stream.name);
    if (known !== undefined) return known;
    const asking = producerSchemaId(registry, { ...stream, domain }, null);
    asked.set(stream.name, asking);
    asking.catch(() => asked.delete(stream.name));
    return asking;
  };
}

/** The streams with the ids that a function writes for them. */
export function withRegistryIds<S extends StreamSchema>(
  schemaIdOf: SchemaIdOf,
  streams: readonly S[],
): Promise<readonly S[]> {
  return Promise.all(
    streams.map(async (stream) => ({ ...stream, schemaVersionId: await schemaIdOf(stream) })),
  );
}
