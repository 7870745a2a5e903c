import { decodeSchemaRegistryHeader } from '#core/avro/schema-registry-header.ts';
import { type DeadLetter, UNKNOWN_STREAM } from '#core/delivery/dead-letter.ts';
import { padSequence } from '#core/delivery/position.ts';
import type { ArrivedEvent } from '#core/delivery/process-rows.ts';
import { hasCode } from '#core/errors.ts';
import { decodeRecord } from '#core/kinesis/aggregated-record.ts';
import { appendEvents } from './append-events.ts';
import type {
  IngestConfig,
  IngestDeps,
  IngestedStream,
  IngestStream,
  SourceEvent,
} from './ingest-stream.ts';
import { storeDeadLetters } from './store-dead-letters.ts';

/** One stream record as the event source mapping delivers it; possibly aggregated. */
export interface SourceRecord {
  readonly sequenceNumber: string;
  readonly partitionKey: string;
  readonly arrivalMs: number;
  readonly data: Uint8Array;
}

/**
 * Takes one batch of one source into its tables: take records apart, decode, then per stream
 * validate, map, de-duplicate, stage and commit. Safe to repeat with the same or other batch
 * boundaries: what a table has committed of a source is left out (see appendEvents).
 */
export async function ingestBatch(
  deps: IngestDeps,
  config: IngestConfig,
  batch: { readonly source: string; readonly records: readonly SourceRecord[] },
): Promise<readonly IngestedStream[]> {
  const sorted = sortByStream(config, batch.records);
  await storeDeadLetters(deps.store, sorted.unknown, {
    bucketUri: config.deadLetterUri,
    domain: config.domain,
    stream: UNKNOWN_STREAM,
    source: batch.source,
  });
  const ingested: IngestedStream[] = [];
  for (const stream of config.streams) {
    const events = sorted.known.get(stream);
    if (events === undefined) continue;
    ingested.push(await appendEvents(deps, config, { stream, events, source: batch.source }));
  }
  return ingested;
}

interface SortedEvents {
  readonly known: ReadonlyMap<IngestStream, SourceEvent[]>;
  /** Events that name no schema of this domain: they belong to no table, only to the dead letters. */
  readonly unknown: readonly DeadLetter[];
}

function sortByStream(config: IngestConfig, records: readonly SourceRecord[]): SortedEvents {
  const known = new Map<IngestStream, SourceEvent[]>();
  const unknown: DeadLetter[] = [];
  for (const record of records) {
    const arrivalMicros = BigInt(Math.round(record.arrivalMs * 1000));
    const sequence = padSequence(record.sequenceNumber);
    for (const part of takeApart(record)) {
      const position = { sequence, subSequence: part.subSequence };
      const origin = {
        position,
        arrivalMicros,
        partitionKey: part.partitionKey,
        payload: part.data,
      };
      const read = part.problem === null ? readEvent(config, part.data) : { problem: part.problem };
      if ('problem' in read) {
        unknown.push({ ...origin, kind: 'undecodable', reason: read.problem });
        continue;
      }
      const events = known.get(read.stream);
      const event = { ...origin, decoded: read.decoded };
      if (events === undefined) known.set(read.stream, [event]);
      else events.push(event);
    }
  }
  return { known, unknown };
}

interface RecordPart {
  readonly subSequence: number;
  readonly partitionKey: string;
  readonly data: Uint8Array;
  readonly problem: string | null;
}

/** The events of a record; a record whose aggregation is broken is one event that cannot be read. */
function takeApart(record: SourceRecord): readonly RecordPart[] {
  try {
    return decodeRecord(record.data, record.partitionKey).map((part) => ({
      ...part,
      problem: null,
    }));
  } catch (error) {
    if (!hasCode(error, 'FORMAT_CORRUPT')) throw error;
    const { partitionKey, data } = record;
    return [{ subSequence: 0, partitionKey, data, problem: error.message }];
  }
}

function readEvent(
  config: IngestConfig,
  data: Uint8Array,
):
  | { readonly stream: IngestStream; readonly decoded: ArrivedEvent['decoded'] }
  | { readonly problem: string } {
  let header: ReturnType<typeof decodeSchemaRegistryHeader>;
  try {
    header = decodeSchemaRegistryHeader(data);
  } catch (error) {
    if (!hasCode(error, 'FORMAT_CORRUPT')) throw error;
    return { problem: error.message };
  }
  const reader = config.readerOf(header.schemaVersionId);
  if (reader === null) {
    return {
      problem: `schema version ${header.schemaVersionId} is not registered for domain ${config.domain}`,
    };
  }
  try {
    const row = reader.decode(header.payload);
    return {
      stream: reader.stream,
      decoded: { kind: 'row', row, schemaVersion: reader.schemaVersion },
    };
  } catch (error) {
    if (!hasCode(error, 'FORMAT_CORRUPT')) throw error;
    return { stream: reader.stream, decoded: { kind: 'undecodable', reason: error.message } };
  }
}
