import { encodeWireHeader } from '#core/avro/wire-header.ts';
import type { Stream } from '#core/config/project.ts';
import type { Row } from '#core/schema/field.ts';
import type { ProducedEvent } from './producer-lane.ts';

/** Turns a row into the event that goes on the wire: schema registry header, Avro body, partition key. */
export type EventEncoder = (row: Row) => ProducedEvent;

/** `encodeBody` writes the Avro body by the schema version that `schemaVersionId` names. */
export function createEventEncoder(
  stream: Pick<Stream, 'name' | 'key'>,
  schema: { readonly schemaVersionId: string; readonly encodeBody: (row: Row) => Uint8Array },
): EventEncoder {
  return (row) => ({
    stream: stream.name,
    partitionKey: partitionKeyOf(stream, row),
    data: encodeWireHeader(schema.schemaVersionId, schema.encodeBody(row)),
  });
}

/** Longest partition key in Unicode code points. Source: Kinesis API, PutRecords. */
const MAX_PARTITION_KEY_LENGTH = 256;

/** A missing key still needs a shard: all such events share one, so their order is kept too. */
export function partitionKeyOf(stream: Pick<Stream, 'key'>, row: Row): string {
  const value = row[stream.key] ?? null;
  const text = value === null ? '' : String(value);
  if (text.length <= MAX_PARTITION_KEY_LENGTH) return text === '' ? '-' : text;
  return [...text].slice(0, MAX_PARTITION_KEY_LENGTH).join('');
}
