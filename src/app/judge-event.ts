import { UNKNOWN_STREAM } from '#core/delivery/dead-letter.ts';
import { judgeRow } from '#core/delivery/judge-row.ts';
import {
  type JudgedEvent,
  processingFailure,
  type SourceEvent,
  type UndecodableEvent,
} from '#core/delivery/judged-event.ts';
import type { Row } from '#core/schema/field.ts';
import type { IngestConfig, RecordReader } from './ingest-stream.ts';
import { corruption, type OpenedEvent } from './open-record.ts';

/**
 * Decodes and judges one event. Never throws: an event at which our code fails is undecodable like one
 * whose bytes are broken, so that it cannot hold up the others of its shard.
 */
export function judgeEvent(
  config: Pick<IngestConfig, 'domain' | 'readerOf'>,
  opened: OpenedEvent,
): JudgedEvent {
  const { content } = opened;
  const stream = UNKNOWN_STREAM;
  if ('problem' in content) {
    return undecodable(opened, { stream, reason: content.problem, schemaVersion: null });
  }
  const reader = config.readerOf(content.schemaVersionId);
  if (reader === null) {
    const reason = `schema version ${content.schemaVersionId} is not registered for domain ${config.domain}`;
    return undecodable(opened, { stream, reason, schemaVersion: null });
  }
  return readEvent(reader, opened, content.payload);
}

function readEvent(reader: RecordReader, opened: OpenedEvent, payload: Uint8Array): JudgedEvent {
  const { schemaVersion } = reader;
  const stream = reader.stream.plan.stream.name;
  let row: Row;
  try {
    row = reader.decode(payload);
  } catch (error) {
    return undecodable(opened, { stream, reason: corruption(error), schemaVersion });
  }
  try {
    return judgeDecoded(reader, opened, row);
  } catch (error) {
    return undecodable(opened, { stream, reason: processingFailure(error), schemaVersion });
  }
}

/** Judges a row of a stream. Throws what a bug throws. */
// One literal per event: spreading what was there before takes a sixth of the ingest's time.
export function judgeDecoded(
  reader: Pick<RecordReader, 'stream' | 'schemaVersion'>,
  opened: Omit<SourceEvent, 'stream'>,
  row: Row,
): JudgedEvent {
  const { position, arrivalMicros, partitionKey, payload } = opened;
  const { schemaVersion } = reader;
  const { plan } = reader.stream;
  const stream = plan.stream.name;
  const verdict = judgeRow(plan, row, arrivalMicros);
  if (verdict.kind === 'rejected') {
    const { kind, reason } = verdict;
    return {
      kind,
      stream,
      position,
      arrivalMicros,
      partitionKey,
      payload,
      row,
      schemaVersion,
      reason,
    };
  }
  return {
    kind: 'accepted',
    stream,
    position,
    arrivalMicros,
    partitionKey,
    payload,
    row,
    schemaVersion,
    mapped: verdict.mapped,
    flags: verdict.flags,
    eventTimeMicros: verdict.eventTimeMicros,
    eventId: verdict.eventId,
  };
}

/** The event as one that cannot be processed. */
export function undecodable(
  { position, arrivalMicros, partitionKey, payload }: Omit<SourceEvent, 'stream'>,
  judgement: Pick<UndecodableEvent, 'stream' | 'reason' | 'schemaVersion'>,
): UndecodableEvent {
  const { stream, reason, schemaVersion } = judgement;
  return {
    kind: 'undecodable',
    stream,
    position,
    arrivalMicros,
    partitionKey,
    payload,
    reason,
    schemaVersion,
  };
}
