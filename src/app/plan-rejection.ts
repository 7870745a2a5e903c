import { UNKNOWN_STREAM } from '#core/delivery/dead-letter.ts';
import { type DiscardedEvent, isDiscarded, type JudgedEvent } from '#core/delivery/judged-event.ts';
import { comparePositions, positionKey } from '#core/delivery/position.ts';
import { readSourceStates } from '#core/delivery/source-state.ts';
import type { TableMetadata } from '#core/iceberg/spec/table-metadata.ts';
import {
  type BronzeProgresses,
  findInBronze,
  isBehind,
  readBronzeProgress,
} from './bronze-progress.ts';
import type { IngestConfig, IngestDeps, IngestStream } from './ingest-stream.ts';
import { readPositions } from './read-positions.ts';

/** What a batch adds to a state of the `rejected` table, and what of it is there. */
export interface Rejection {
  /** Discarded events that have no place yet. */
  readonly fresh: readonly DiscardedEvent[];
  /** Positions (positionKey) of events of the batch that the table holds; their bronze tables do not know yet. */
  readonly filedBefore: ReadonlySet<string>;
}

/**
 * Compares a batch with the tables. As a rule it is new to the table and every discarded event is fresh.
 * Otherwise it was delivered before, and what counts is what was decided then, perhaps by other code:
 *
 * - a bronze table is past the event: it has its place, whatever we think of it now;
 * - the `rejected` table holds it: it stays there;
 * - neither: the delivery ended between the two commits; what we discard now is fresh.
 */
export async function planRejection(
  deps: IngestDeps,
  config: IngestConfig,
  work: {
    readonly source: string;
    readonly events: readonly JudgedEvent[];
    readonly base: TableMetadata;
  },
): Promise<Rejection> {
  const { source, events, base } = work;
  const judged = readSourceStates(base).get(source)?.position ?? null;
  const again =
    judged === null ? [] : events.filter((e) => comparePositions(e.position, judged) <= 0);
  const discarded = events.filter(isDiscarded);
  if (again.length === 0 && discarded.length === 0) return { fresh: [], filedBefore: new Set() };
  const streams = streamsOf(config, [...again, ...discarded]);
  const bronze = await readBronzeProgress(deps, streams, source);
  const isOpen = (event: JudgedEvent) => !isBehind(bronze.get(event.stream), event);
  const filedBefore = await readPositions(deps, base, { source, events: again.filter(isOpen) });
  const fresh = discarded.filter(
    (event) => isOpen(event) && !filedBefore.has(positionKey(event.position)),
  );
  return { fresh: await withoutForeign(deps, bronze, { source, events: fresh }), filedBefore };
}

/** Streams whose tables may know the events: for one without stream all of them. */
function streamsOf(config: IngestConfig, events: readonly JudgedEvent[]): readonly IngestStream[] {
  const names = new Set(events.map(({ stream }) => stream));
  if (names.has(UNKNOWN_STREAM)) return config.streams;
  return config.streams.filter(({ plan }) => names.has(plan.stream.name));
}

/** Leaves out events of no stream that newer code, rolled back since, has taken into a table. */
async function withoutForeign(
  deps: IngestDeps,
  bronze: BronzeProgresses,
  work: { readonly source: string; readonly events: readonly DiscardedEvent[] },
): Promise<readonly DiscardedEvent[]> {
  const unknown = work.events.filter(({ stream }) => stream === UNKNOWN_STREAM);
  const found = await findInBronze(deps, bronze, { source: work.source, events: unknown });
  if (found.size === 0) return work.events;
  return work.events.filter(
    ({ stream, position }) => stream !== UNKNOWN_STREAM || !found.has(positionKey(position)),
  );
}
