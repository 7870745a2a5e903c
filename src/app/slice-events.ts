import type { JudgedEvent } from '#core/delivery/judged-event.ts';
import type { IngestConfig } from './ingest-stream.ts';
import { judgeEvent } from './judge-event.ts';
import { type OpenedEvent, openRecord, type SourceRecord } from './open-record.ts';

/** Weight of an event besides its bytes: a million empty events are much work too. */
const EVENT_OVERHEAD_BYTES = 128;

/**
 * Opens and judges a batch record by record and cuts it into slices of whole records, in order, each
 * within `config.maxSliceBytes` or of one record: however far a batch inflates, one slice and one record
 * are in memory at a time. Slices without events are left out.
 */
export function* sliceEvents(
  config: Pick<IngestConfig, 'domain' | 'readerOf' | 'maxSliceBytes'>,
  records: readonly SourceRecord[],
): Generator<readonly JudgedEvent[], void> {
  let slice: JudgedEvent[] = [];
  let sliceBytes = 0;
  for (const record of records) {
    const events: JudgedEvent[] = [];
    let recordBytes = 0;
    for (const opened of openRecord(record)) {
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

/** An event that cannot be decoded lets go of what it inflated to. */
function weightOf(event: JudgedEvent, { content }: OpenedEvent): number {
  const isHeld = event.kind !== 'undecodable' && 'inflatedBytes' in content;
  const inflatedBytes = isHeld ? content.inflatedBytes : 0;
  return EVENT_OVERHEAD_BYTES + event.payload.byteLength + inflatedBytes;
}
