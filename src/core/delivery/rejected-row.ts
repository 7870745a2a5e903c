import type { Field, Row } from '../schema/field.ts';
import type { DiscardedEvent } from './judged-event.ts';
import { rowJson } from './row-json.ts';

/**
 * Row of the `rejected` table for an event that was not taken in. Nothing in it can fail to be stored:
 * a row whose values do not print is kept by its payload, and text is made well-formed.
 */
export function rejectedRow(
  event: DiscardedEvent,
  options: {
    readonly source: string;
    /** Of the event's stream; none when the stream is not known. */
    readonly fields: readonly Field[];
    /** Object that holds an undecodable event whole. */
    readonly payloadUri: string | null;
  },
): Row {
  const isRejected = event.kind === 'rejected';
  return {
    stream: event.stream,
    kind: event.kind,
    reason: event.reason.toWellFormed(),
    row: isRejected && event.row !== null ? printedRow(options.fields, event.row) : null,
    payload: isRejected ? event.payload : null,
    payload_uri: options.payloadUri,
    partition_key: event.partitionKey.toWellFormed(),
    _schema_version: event.schemaVersion,
    _ingested_at: event.arrivalMicros,
    _source: options.source,
    _sequence: event.position.sequence,
    _sub_sequence: event.position.subSequence,
  };
}

function printedRow(fields: readonly Field[], row: Row): string | null {
  try {
    return rowJson(fields, row);
  } catch {
    // A bug must not keep the event out of the table; its payload is there.
    return null;
  }
}
