import { type JudgedEvent, processingFailure } from '#core/delivery/judged-event.ts';
import { isFileSource } from '#core/delivery/position.ts';
import { appendEvents } from './append-events.ts';
import { checkSource } from './check-source.ts';
import type { IngestConfig, IngestDeps, IngestedTable } from './ingest-stream.ts';
import { sumIngested } from './ingested-tables.ts';
import { undecodable } from './judge-event.ts';
import type { SourceRecord } from './open-record.ts';
import { rejectEvents } from './reject-events.ts';
import { sliceEvents } from './slice-events.ts';
import type { PoisonEvent } from './stage-events.ts';

export type { SourceRecord };

/**
 * Takes one batch of one source into its tables: take records apart, decode and judge, file what is
 * discarded, then per stream de-duplicate, stage and commit. Safe to repeat with the same or other batch
 * boundaries: what has its place already is left out (see rejectEvents, appendEvents). No event can make
 * it fail; services that do not answer can.
 */
export async function ingestBatch(
  deps: IngestDeps,
  config: IngestConfig,
  batch: { readonly source: string; readonly records: readonly SourceRecord[] },
): Promise<readonly IngestedTable[]> {
  const ingested: IngestedTable[] = [];
  for await (const events of sliceEvents(config, batch.records)) {
    ingested.push(...(await ingestEvents(deps, config, { source: batch.source, events })));
  }
  return sumIngested(ingested);
}

/**
 * Takes judged events of one source into their tables, in position order and as many as memory holds: file what
 * is discarded, then per stream de-duplicate, stage and commit. Safe to repeat, as ingestBatch is.
 */
export async function ingestEvents(
  deps: IngestDeps,
  config: IngestConfig,
  slice: { readonly source: string; readonly events: readonly JudgedEvent[] },
): Promise<readonly IngestedTable[]> {
  await checkSource(deps, config, slice);
  const { source, events } = slice;
  const rejections: IngestedTable[] = [];
  const reject = async (judged: readonly JudgedEvent[]): Promise<ReadonlySet<string>> => {
    const { ingested, filedBefore } = await rejectEvents(deps, config, { source, events: judged });
    if (ingested.outcome === 'committed') rejections.push(ingested);
    return filedBefore;
  };
  const leftOut = await reject(events);
  const byStream = Map.groupBy(events, (event) => event.stream);
  const appended: IngestedTable[] = [];
  for (const stream of config.streams) {
    const own = byStream.get(stream.plan.stream.name);
    if (own === undefined) continue;
    const onPoison = async (poison: readonly PoisonEvent[]): Promise<void> => {
      await reject(poison.map(isFileSource(source) ? asRejected : asUndecodable));
    };
    appended.push(await appendEvents(deps, { stream, source, events: own, leftOut, onPoison }));
  }
  return [...appended, ...rejections];
}

function asUndecodable({ event, error }: PoisonEvent): JudgedEvent {
  const { stream, schemaVersion } = event;
  return undecodable(event, { stream, reason: processingFailure(error), schemaVersion });
}

/** A row of a file keeps its bytes in the table, as every invalid one does; the file itself is kept too. */
function asRejected({ event, error }: PoisonEvent): JudgedEvent {
  const { stream, position, arrivalMicros, partitionKey, payload, schemaVersion } = event;
  return {
    kind: 'rejected',
    stream,
    position,
    arrivalMicros,
    partitionKey,
    payload,
    row: null,
    schemaVersion,
    reason: processingFailure(error),
  };
}
