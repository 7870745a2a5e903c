import { UNKNOWN_STREAM } from '#core/delivery/dead-letter.ts';
import type { OpenedEvent } from '../open-record.ts';

/** Stream of a registered schema version; null when it is none of the domain's. */
export type StreamOfSchema = (schemaVersionId: string) => string | null;

/** The stream that the schema in the event's header belongs to: no more of the event is decoded. */
export function streamOfEvent({ content }: OpenedEvent, streamOfSchema: StreamOfSchema): string {
  if ('problem' in content) return UNKNOWN_STREAM;
  return streamOfSchema(content.schemaVersionId) ?? UNKNOWN_STREAM;
}
