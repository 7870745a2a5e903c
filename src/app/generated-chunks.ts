import { encodeWireHeader } from '#core/avro/wire-header.ts';
import type { GeneratedEvent } from '#core/generate/generate-events.ts';
import type { EventEncoder } from './encode-events.ts';
import type { ProducedEvent } from './producer-lane.ts';

const CHUNK_EVENTS = 500;

export interface GeneratedPart {
  readonly events: number;
  readonly eventAt: (index: number) => GeneratedEvent;
  readonly encode: EventEncoder;
  readonly schemaVersionId: string;
  /** Every n-th event is followed by bytes that name the right schema and are no Avro record; null plants none. */
  readonly undecodableEvery: number | null;
}

/** The generated events in chunks, with undecodable ones planted; a pure function of the generator. */
export async function* generatedChunks(
  part: GeneratedPart,
): AsyncGenerator<readonly ProducedEvent[]> {
  let chunk: ProducedEvent[] = [];
  for (let index = 0; index < part.events; index++) {
    const { row, kind } = part.eventAt(index);
    const event = part.encode(row);
    chunk.push(kind === 'duplicate' ? { ...event, withPrevious: true } : event);
    if (part.undecodableEvery !== null && (index + 1) % part.undecodableEvery === 0)
      chunk.push(undecodable(event, part.schemaVersionId, index));
    if (chunk.length < CHUNK_EVENTS) continue;
    yield chunk;
    chunk = [];
  }
  yield chunk;
}

/** A string length of 2^31 - 1 where the record holds a few bytes. */
function undecodable(like: ProducedEvent, schemaVersionId: string, index: number): ProducedEvent {
  const body = Buffer.concat([
    Buffer.from([0xfe, 0xff, 0xff, 0xff, 0x0f]),
    Buffer.from(`broken at ${index}`),
  ]);
  return {
    stream: like.stream,
    partitionKey: like.partitionKey,
    data: encodeWireHeader(schemaVersionId, body),
  };
}
