import { createRowEncoder } from '#core/avro/row-codec.ts';
import type { HttpPollConnector } from '#core/config/connector.ts';
import { eventId } from '#core/delivery/event-id.ts';
import { hasCode } from '#core/errors.ts';
import type { ProducedStream } from '#core/ingest/produced-stream.ts';
import { type BadRecord, encodeBadRecords } from '#core/poll/bad-records.ts';
import { isCursorValue } from '#core/poll/cursor-value.ts';
import { type CompileJsonPath, type JsonDocument, jsonTextOf } from '#core/poll/json-document.ts';
import type { RecentRecord } from '#core/poll/poll-state.ts';
import { recordId } from '#core/poll/record-id.ts';
import { RecordProblem } from '#core/poll/record-members.ts';
import { createRecordSelector } from '#core/poll/record-selector.ts';
import { compileRecordValue } from '#core/poll/record-value.ts';
import type { ObjectStore } from '#ports/object-store.ts';
import { createEventEncoder } from './encode-events.ts';
import { MAX_STREAM_RECORD_BYTES, type ProducedEvent, queuedSize } from './producer-lane.ts';
import type { EventPutter } from './put-events.ts';

/** A record on its way to the buffer. */
export interface PreparedRecord extends RecentRecord {
  /** The event, or why there is none. */
  readonly content:
    | { readonly kind: 'event'; readonly event: ProducedEvent }
    | { readonly kind: 'bad'; readonly bad: BadRecord };
}

export type RecordPreparer = (record: JsonDocument) => PreparedRecord;

/** Compiles the way from a record to an event. Throws EXPRESSION_INVALID. */
export function createRecordPreparer(
  connector: Pick<HttpPollConnector, 'select' | 'cursor'>,
  stream: ProducedStream,
  compilePath: CompileJsonPath,
): RecordPreparer {
  const select = createRecordSelector(stream, connector.select, compilePath);
  const encodeBody = createRowEncoder(JSON.parse(stream.avro), stream.fields);
  const encode = createEventEncoder(stream, { ...stream, encodeBody });
  const cursorOf = createCursorReader(connector.cursor, compilePath);
  return (record) => {
    const at = cursorOf(record);
    const bad = (reason: string): PreparedRecord => ({
      id: recordId('bad', jsonTextOf(record)),
      at,
      content: { kind: 'bad', bad: { record, reason } },
    });
    const selected = select(record);
    if (!selected.ok) return bad(selected.reason);
    const event = encode(selected.row);
    const sizeBytes = queuedSize(event);
    if (sizeBytes > MAX_STREAM_RECORD_BYTES) {
      return bad(`expected an event of at most ${MAX_STREAM_RECORD_BYTES} bytes, got ${sizeBytes}`);
    }
    const id = recordId('event', eventId(stream.identity, selected.row));
    return { id, at, content: { kind: 'event', event } };
  };
}

/** A record without a cursor value is taken all the same; it does not move the cursor. */
function createCursorReader(
  cursor: HttpPollConnector['cursor'],
  compilePath: CompileJsonPath,
): (record: JsonDocument) => string | null {
  if (cursor === null) return () => null;
  const value = compileRecordValue(cursor.from, compilePath);
  return (record) => {
    try {
      const found = value.evaluate(record);
      const text = found === null ? '' : String(found);
      return isCursorValue(cursor.compare, text) ? text : null;
    } catch (error) {
      if (error instanceof RecordProblem || hasCode(error, 'EXPRESSION_FAILED')) return null;
      throw error;
    }
  };
}

export interface DeliveredRecords {
  /** Events that the buffer acknowledged. */
  readonly sent: number;
  /** Records that the buffer or the dead letters had already. */
  readonly repeated: number;
  readonly bad: number;
  /** Records that are nowhere to be lost any more: in the buffer, or filed. */
  readonly safe: readonly RecentRecord[];
  /** Every record of the page is: the state may move on. */
  readonly complete: boolean;
}

/** Sends what is new of a page, and files what does not fit with its reason. Throws what the stores throw. */
export async function deliverRecords(
  deps: { readonly putter: EventPutter; readonly store: ObjectStore },
  records: readonly PreparedRecord[],
  target: {
    readonly recent: readonly RecentRecord[];
    readonly bucketUri: string;
    readonly domain: string;
    readonly stream: string;
    readonly connector: string;
  },
): Promise<DeliveredRecords> {
  const known = new Set(target.recent.map(({ id }) => id));
  const fresh = records.filter(({ id }) => !known.has(id) && known.add(id));
  const events = fresh.flatMap(({ content }) => (content.kind === 'event' ? [content.event] : []));
  const bad = fresh.flatMap(({ content }) => (content.kind === 'bad' ? [content.bad] : []));
  const letters = encodeBadRecords(bad, target);
  if (letters !== null)
    await putOnce(deps.store, `${target.bucketUri}/${letters.key}`, letters.body);
  const acknowledged = await deps.putter.put(events);
  // By identity: a record that stands twice in a page was sent once.
  const unsafe = new Set(
    fresh
      .filter(({ content }) => content.kind === 'event' && !acknowledged.has(content.event))
      .map(({ id }) => id),
  );
  return {
    sent: acknowledged.size,
    repeated: records.length - fresh.length,
    bad: bad.length,
    safe: records.filter(({ id }) => !unsafe.has(id)),
    complete: unsafe.size === 0,
  };
}

/** The name holds the hash of the bytes: a key that is taken is taken by them. */
async function putOnce(store: ObjectStore, uri: string, body: Uint8Array): Promise<void> {
  try {
    await store.put(uri, body, { ifNoneMatch: '*', contentType: 'application/json' });
  } catch (error) {
    if (!hasCode(error, 'OBJECT_EXISTS')) throw error;
  }
}
