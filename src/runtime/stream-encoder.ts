import { createEventEncoder, type EventEncoder } from '#app/encode-events.ts';
import { createRowEncoder } from '#core/avro/row-codec.ts';
import type { Stream } from '#core/config/project.ts';
import { SluiceError } from '#core/errors.ts';
import { currentSchemaVersion, findStream, type Registry } from '#core/schema/registry.ts';
import type { WireSchemaId } from '#core/schema/wire-schema-id.ts';

/**
 * Encoder for a stream's newest registered schema version. Records carry the id that the version has in
 * `registry`: Sluice's own, or that of a schema registry (see publishedProject).
 */
export function createStreamEncoder(
  registry: Registry,
  stream: Stream,
): { readonly encode: EventEncoder; readonly schemaVersionId: WireSchemaId } {
  const schemas = findStream(registry, stream.domain, stream.name);
  if (schemas === null) {
    throw new SluiceError(
      'SCHEMA_UNKNOWN',
      `${stream.domain}.${stream.name} has no registered schema; run "npm run generate"`,
    );
  }
  const { avro, schemaVersionId } = currentSchemaVersion(schemas);
  const encodeBody = createRowEncoder(JSON.parse(avro), stream.fields);
  return { encode: createEventEncoder(stream, { schemaVersionId, encodeBody }), schemaVersionId };
}
