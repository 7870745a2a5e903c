import { createEventEncoder, type EventEncoder } from '#app/encode-events.ts';
import { createRowEncoder } from '#core/avro/row-codec.ts';
import type { Stream } from '#core/config/project.ts';
import { SluiceError } from '#core/errors.ts';
import type { LoadedProject } from './load-project.ts';

/** Encoder for a stream's newest registered schema version. */
export function createStreamEncoder(
  loaded: LoadedProject,
  stream: Stream,
): { readonly encode: EventEncoder; readonly schemaVersionId: string } {
  const latest = loaded.registry.latest(stream.domain, stream.name);
  if (latest === null) {
    throw new SluiceError(
      'SCHEMA_UNKNOWN',
      `${stream.domain}.${stream.name} has no registered schema; run: sluice generate`,
    );
  }
  const encodeBody = createRowEncoder(latest.avroSchema, stream.fields);
  const { schemaVersionId } = latest;
  return { encode: createEventEncoder(stream, { schemaVersionId, encodeBody }), schemaVersionId };
}
