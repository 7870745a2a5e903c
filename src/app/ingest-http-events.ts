import { createRowEncoder } from '#core/avro/row-codec.ts';
import { eventId } from '#core/delivery/event-id.ts';
import { hasCode } from '#core/errors.ts';
import type { BodyEvent } from '#core/ingest/event-body.ts';
import type { HttpIngestConfig, HttpIngestStream } from '#core/ingest/http-ingest-config.ts';
import type { EventOutcome } from '#core/ingest/ingest-answer.ts';
import { compileJsonReader, type JsonRow } from '#core/ingest/json-row.ts';
import type { WireSchemaId } from '#core/schema/wire-schema-id.ts';
import type { ReceiptStore } from '#ports/receipt-store.ts';
import { createEventEncoder, type EventEncoder } from './encode-events.ts';
import { MAX_STREAM_RECORD_BYTES, type ProducedEvent, queuedSize } from './producer-lane.ts';
import { createEventPutter, type PutDeps, type PutLimits } from './put-events.ts';

export interface HttpIngestDeps extends PutDeps {
  readonly receipts: ReceiptStore;
  /**
   * The id that records of a stream carry. @default Sluice's own
   * Throws SOURCE_UNAVAILABLE when the schema registry does not answer: events wait at their clients.
   */
  readonly schemaIdOf?: (stream: HttpIngestStream) => Promise<WireSchemaId>;
}

export interface HttpIngestOptions {
  readonly config: HttpIngestConfig;
  /** Names this execution environment in the receipts; no other one may ever have the name, because totals begin at 0. */
  readonly producer: string;
  readonly limits?: Partial<PutLimits>;
}

export interface IngestedRequest {
  /** In the order of the request. */
  readonly outcomes: readonly EventOutcome[];
  /** The receipt could not be written; the next one of this environment makes up for it. Null when it was. */
  readonly receiptFailure: unknown;
}

/** Takes in the requests of one execution environment, one after the other. */
export interface HttpIngest {
  /**
   * Checks every event, sends those that fit, and says of each what became of it once the stream has acknowledged it.
   * Throws what is no failure of the stream.
   */
  ingest(stream: string, events: readonly BodyEvent[]): Promise<IngestedRequest>;
}

export function createHttpIngest(deps: HttpIngestDeps, options: HttpIngestOptions): HttpIngest {
  const { config, producer, limits } = options;
  const compiled = new Map(config.streams.map((stream) => [stream.name, compileStream(stream)]));
  const compiledWith = new Map(
    config.streams.map((stream) => [stream.name, stream.schemaVersionId]),
  );
  const buffers = new Set(config.streams.map(({ buffer }) => buffer));
  const putters = new Map(
    [...buffers].map((streamName) => [
      streamName,
      createEventPutter(deps, { streamName, ...(limits === undefined ? {} : { limits }) }),
    ]),
  );
  const totals = new Map<string, number>();

  /** A receipt that fails leaves the count low until the next one: no reason to refuse events that are in. */
  const writeReceipt = async (stream: string, acknowledged: number): Promise<unknown> => {
    if (acknowledged === 0) return null;
    const events = (totals.get(stream) ?? 0) + acknowledged;
    totals.set(stream, events);
    try {
      await deps.receipts.record({ domain: config.domain, stream, producer, events });
      return null;
    } catch (error) {
      return error;
    }
  };

  /** False when the registry does not answer: what the events are worth can be told, but not where to send them. */
  const bringUpToDate = async (stream: HttpIngestStream): Promise<boolean> => {
    try {
      const schemaVersionId = (await deps.schemaIdOf?.(stream)) ?? stream.schemaVersionId;
      if (compiledWith.get(stream.name) === schemaVersionId) return true;
      compiled.set(stream.name, compileStream({ ...stream, schemaVersionId }));
      compiledWith.set(stream.name, schemaVersionId);
      return true;
    } catch (error) {
      if (hasCode(error, 'SOURCE_UNAVAILABLE')) return false;
      throw error;
    }
  };

  return {
    async ingest(stream, events) {
      const configured = config.streams.find(({ name }) => name === stream);
      const putter = putters.get(configured?.buffer ?? '');
      if (configured === undefined || putter === undefined)
        throw new RangeError(`stream ${stream} is not configured`);
      const isUpToDate = await bringUpToDate(configured);
      const prepare = compiled.get(stream) ?? compileStream(configured);
      const prepared = events.map(prepare);
      const sent = isUpToDate ? prepared.flatMap(({ produced }) => produced ?? []) : [];
      const acknowledged = await putter.put(sent);
      const receiptFailure = await writeReceipt(stream, acknowledged.size);
      const outcomes = prepared.map(({ produced, outcome }): EventOutcome => {
        if (produced === null || acknowledged.has(produced)) return outcome;
        return outcome.kind === 'accepted' ? { ...outcome, kind: 'unavailable' } : outcome;
      });
      return { outcomes, receiptFailure };
    },
  };
}

interface PreparedEvent {
  /** Null when the event is refused. */
  readonly produced: ProducedEvent | null;
  /** What becomes of the event if the stream takes it. */
  readonly outcome: EventOutcome;
}

function compileStream(stream: HttpIngestStream): (event: BodyEvent) => PreparedEvent {
  const read = compileJsonReader(stream.fields, { identity: stream.identity });
  const encodeBody = createRowEncoder(JSON.parse(stream.avro), stream.fields);
  const { schemaVersionId } = stream;
  const encode = createEventEncoder(stream, { schemaVersionId, encodeBody });
  return (event) => {
    if (!event.ok) return refused('a JSON object', event.reason);
    const result = read(event.json);
    return result.ok
      ? prepareRow(result, stream, encode)
      : { produced: null, outcome: invalid(result) };
  };
}

function prepareRow(
  { row }: Extract<JsonRow, { ok: true }>,
  stream: HttpIngestStream,
  encode: EventEncoder,
): PreparedEvent {
  const produced = encode(row);
  const sizeBytes = queuedSize(produced);
  if (sizeBytes > MAX_STREAM_RECORD_BYTES) {
    const expected = `an event of at most ${MAX_STREAM_RECORD_BYTES} bytes in Avro`;
    return refused(expected, `${sizeBytes} bytes`);
  }
  return { produced, outcome: { kind: 'accepted', eventId: eventId(stream.identity, row) } };
}

function refused(expected: string, got: string): PreparedEvent {
  const errors = [{ path: '', expected, got }];
  return { produced: null, outcome: { kind: 'invalid', errors, problems: 1 } };
}

function invalid({ errors, problems }: Extract<JsonRow, { ok: false }>): EventOutcome {
  return { kind: 'invalid', errors, problems };
}
