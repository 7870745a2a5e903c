import { decodeSchemaRegistryHeader } from '#core/avro/schema-registry-header.ts';
import { UNKNOWN_STREAM } from '#core/delivery/dead-letter.ts';
import { hasCode } from '#core/errors.ts';
import type { EventStream } from '#ports/event-stream.ts';
import { type ReadCheckpoint, readUserRecords } from './read-user-records.ts';

export interface ReceivedCount {
  readonly checkpoint: ReadCheckpoint;
  /** Events read off the shards since the beginning, per stream of the domain. */
  readonly received: Readonly<Record<string, number>>;
}

export const NOTHING_RECEIVED: ReceivedCount = { checkpoint: {}, received: {} };

/**
 * The judge of `received`: counts the events on the shards themselves, independent of the writer and
 * of the producers' receipts. Continues from an earlier count; repeating it changes nothing.
 */
export async function countReceived(
  stream: EventStream,
  before: ReceivedCount,
  options: {
    readonly streamName: string;
    readonly streamOfSchema: (schemaVersionId: string) => string | null;
  },
): Promise<ReceivedCount> {
  const received: Record<string, number> = { ...before.received };
  const checkpoint = await readUserRecords(stream, {
    streamName: options.streamName,
    from: before.checkpoint,
    onRecord: ({ data }) => {
      const name = streamOf(data, options.streamOfSchema);
      received[name] = (received[name] ?? 0) + 1;
    },
  });
  return { checkpoint, received };
}

function streamOf(
  data: Uint8Array,
  streamOfSchema: (schemaVersionId: string) => string | null,
): string {
  try {
    return streamOfSchema(decodeSchemaRegistryHeader(data).schemaVersionId) ?? UNKNOWN_STREAM;
  } catch (error) {
    if (!hasCode(error, 'FORMAT_CORRUPT')) throw error;
    return UNKNOWN_STREAM;
  }
}
