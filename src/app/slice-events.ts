import type { JudgedEvent } from '#core/delivery/judged-event.ts';
import type { WireSchemaId } from '#core/schema/wire-schema-id.ts';
import type { IngestConfig } from './ingest-stream.ts';
import { judgeEvent } from './judge-event.ts';
import { type OpenedEvent, openRecord, type SourceRecord } from './open-record.ts';
import { DEFAULT_LOOKUP_LIMITS } from './schema-lookup.ts';

/** Weight of an event besides its bytes: a million empty events are much work too. */
const EVENT_OVERHEAD_BYTES = 128;

/**
 * Opens and judges a batch record by record and cuts it into slices of whole records, in order, each
 * within `config.maxSliceBytes` or of one record: however far a batch inflates, one slice and one record
 * are in memory at a time. Slices without events are left out. Schemas that only the registry knows are
 * looked up before their events are judged; throws SOURCE_UNAVAILABLE when it does not answer.
 */
export async function* sliceEvents(
  config: Pick<IngestConfig, 'domain' | 'readerOf' | 'schemas' | 'maxSliceBytes'>,
  records: readonly SourceRecord[],
): AsyncGenerator<readonly JudgedEvent[], void> {
  const { schemas } = config;
  const budget = { left: DEFAULT_LOOKUP_LIMITS.perBatch };
  let slice: JudgedEvent[] = [];
  let sliceBytes = 0;
  for (const record of records) {
    const events: JudgedEvent[] = [];
    let recordBytes = 0;
    const openedEvents = openRecord(record);
    if (schemas !== undefined) {
      const unknown = unknownIds(openedEvents, config);
      if (unknown.size > 0) await schemas.lookUp(unknown, budget);
    }
    for (const opened of openedEvents) {
      const event = judgeEvent(config, opened);
      events.push(event);
      recordBytes += weightOf(event, opened);
    }
    if (slice.length > 0 && sliceBytes + recordBytes > config.maxSliceBytes) {
      yield slice;
      slice = [];
      sliceBytes = 0;
    }
    for (const event of events) slice.push(event);
    sliceBytes += recordBytes;
  }
  if (slice.length > 0) yield slice;
}

/** Ids that no reader is known for; events of one record mostly have one id. */
function unknownIds(
  events: readonly OpenedEvent[],
  { readerOf, schemas }: Pick<IngestConfig, 'readerOf' | 'schemas'>,
): ReadonlySet<WireSchemaId> {
  const unknown = new Set<WireSchemaId>();
  let last: WireSchemaId | null = null;
  for (const { content } of events) {
    if ('problem' in content || content.schemaVersionId === last) continue;
    last = content.schemaVersionId;
    if (readerOf(last) === null && schemas?.isKnown(last) === false) unknown.add(last);
  }
  return unknown;
}

/** An event that cannot be decoded lets go of what it inflated to. */
function weightOf(event: JudgedEvent, { content }: OpenedEvent): number {
  const isHeld = event.kind !== 'undecodable' && 'inflatedBytes' in content;
  const inflatedBytes = isHeld ? content.inflatedBytes : 0;
  return EVENT_OVERHEAD_BYTES + event.payload.byteLength + inflatedBytes;
}
