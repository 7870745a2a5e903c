import { BATCH_KEY, encodeBatchSummary } from '#core/delivery/batch-summary.ts';
import type { JudgedEvent } from '#core/delivery/judged-event.ts';
import { comparePositions } from '#core/delivery/position.ts';
import { requireSameSource, withArrival } from '#core/delivery/replaced-source.ts';
import {
  encodeSourceStates,
  NO_COUNTS,
  readSourceStates,
  SOURCES_KEY,
  type SourceState,
} from '#core/delivery/source-state.ts';
import { commitTable } from './commit-table.ts';
import type { IngestDeps, IngestedTable } from './ingest-stream.ts';
import { nothingIngested } from './ingested-tables.ts';
import { type AppendRequest, type StagedEvents, stageEvents, stillHolds } from './stage-events.ts';

/**
 * Commits events exactly once. Inside every compare-and-swap attempt, on the metadata that attempt is
 * based on: events at or below the source's committed position are left out, the rest is staged (or
 * was, in an earlier attempt) and committed together with the new position. A commit without rows
 * (all rejected, say) is made too: it moves the position, and with it says that they have their place.
 */
export async function appendEvents(
  deps: IngestDeps,
  request: AppendRequest,
): Promise<IngestedTable> {
  const { source, stream } = request;
  let staged: StagedEvents | null = null;
  let ingested = { counts: NO_COUNTS, isHorizonCut: false };
  const outcome = await commitTable(deps, stream.table, {
    build: async (base) => {
      const states = readSourceStates(base);
      const before = states.get(source) ?? null;
      requireSameSource(before, request.events, { source, toleranceMicros: 0n });
      const fresh = eventsAfter(request.events, before);
      const [first] = fresh;
      if (first === undefined) return null;
      const metadata = stream.evolveSchema(base);
      if (staged === null || !(await stillHolds(deps, request, { staged, before, metadata }))) {
        staged = await stageEvents(deps, request, { fresh, before, metadata });
      }
      const { processed, files } = staged;
      ingested = { counts: processed.counts, isHorizonCut: staged.isHorizonCut };
      const state = withArrival(processed.state, fresh, { source, before });
      const sources = encodeSourceStates(new Map([...states, [source, state]]));
      const batch = encodeBatchSummary({
        source,
        first: first.position,
        last: processed.state.position,
        streams: new Map([[stream.plan.stream.name, processed.hours]]),
      });
      return {
        addFiles: files,
        summary: { [SOURCES_KEY]: sources, [BATCH_KEY]: batch },
        properties: { [SOURCES_KEY]: sources },
        evolveSchema: stream.evolveSchema,
      };
    },
  });
  if (outcome.kind === 'nothing-to-do') return nothingIngested(stream.table.table);
  const { snapshotId, attempts } = outcome;
  return { table: stream.table.table, outcome: 'committed', snapshotId, attempts, ...ingested };
}

function eventsAfter(
  events: readonly JudgedEvent[],
  state: SourceState | null,
): readonly JudgedEvent[] {
  if (state === null) return events;
  return events.filter((event) => comparePositions(event.position, state.position) > 0);
}
