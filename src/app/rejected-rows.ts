import type { DiscardedEvent } from '#core/delivery/judged-event.ts';
import { positionKey } from '#core/delivery/position.ts';
import { rejectedRow } from '#core/delivery/rejected-row.ts';
import type { Row } from '#core/schema/field.ts';
import type { ObjectStore } from '#ports/object-store.ts';
import type { IngestConfig } from './ingest-stream.ts';
import { storeDeadLetters } from './store-dead-letters.ts';

/**
 * Rows of the `rejected` table for discarded events of one source. Undecodable events are stored whole
 * first: a crash in between leaves an object without a row, never a row without its object.
 */
export async function rejectedRows(
  store: ObjectStore,
  config: IngestConfig,
  work: { readonly source: string; readonly events: readonly DiscardedEvent[] },
): Promise<readonly Row[]> {
  const { source, events } = work;
  const uris = await storeUndecodable(store, config, work);
  const fieldsOf = new Map(
    config.streams.map(({ plan }) => [plan.stream.name, plan.stream.fields]),
  );
  return events.map((event) =>
    rejectedRow(event, {
      source,
      fields: fieldsOf.get(event.stream) ?? [],
      payloadUri: uris.get(positionKey(event.position)) ?? null,
    }),
  );
}

async function storeUndecodable(
  store: ObjectStore,
  config: IngestConfig,
  work: { readonly source: string; readonly events: readonly DiscardedEvent[] },
): Promise<ReadonlyMap<string, string>> {
  const uris = new Map<string, string>();
  const undecodable = work.events.filter((event) => event.kind === 'undecodable');
  for (const [stream, letters] of Map.groupBy(undecodable, (event) => event.stream)) {
    const stored = await storeDeadLetters(store, letters, {
      bucketUri: config.deadLetterUri,
      domain: config.domain,
      stream,
      source: work.source,
    });
    for (const [key, uri] of stored) uris.set(key, uri);
  }
  return uris;
}
