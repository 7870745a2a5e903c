import type { JudgedEvent } from '#core/delivery/judged-event.ts';
import type { Sink } from '#ports/sink.ts';
import type { IngestConfig } from './ingest-stream.ts';
import type { SourceRecord } from './open-record.ts';
import { sliceEvents } from './slice-events.ts';

/** A batch of one source on its way to a sink. */
export interface Delivery {
  readonly source: string;
  readonly records: readonly SourceRecord[];
  /** Streams of the domain that name the sink. */
  readonly streams: ReadonlySet<string>;
}

/**
 * Gives a batch to a sink, judged by the same code as for the tables, slice by slice so that memory stays
 * bounded. Returns how many events it took; throws what the sink throws, and the batch comes again.
 */
export async function deliverBatch(
  sink: Sink,
  config: Pick<IngestConfig, 'domain' | 'readerOf' | 'schemas' | 'maxSliceBytes'>,
  delivery: Delivery,
): Promise<number> {
  let delivered = 0;
  for await (const slice of sliceEvents(config, delivery.records)) {
    const events: readonly JudgedEvent[] = slice.filter(({ stream }) =>
      delivery.streams.has(stream),
    );
    if (events.length === 0) continue;
    await sink.write({ domain: config.domain, source: delivery.source, events });
    delivered += events.length;
  }
  return delivered;
}
