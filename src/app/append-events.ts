import { comparePositions } from '#core/delivery/position.ts';
import { type ProcessedRows, processRows } from '#core/delivery/process-rows.ts';
import {
  encodeSourceStates,
  NO_COUNTS,
  readSourceStates,
  SOURCES_KEY,
  type SourceState,
} from '#core/delivery/source-state.ts';
import type { DataFile } from '#core/iceberg/spec/data-file.ts';
import type { TableMetadata } from '#core/iceberg/spec/table-metadata.ts';
import { commitTable } from './commit-table.ts';
import type {
  IngestConfig,
  IngestDeps,
  IngestedStream,
  IngestStream,
  SourceEvent,
} from './ingest-stream.ts';
import { stageRows } from './stage-rows.ts';
import { storeDeadLetters } from './store-dead-letters.ts';

/** One source's events for one table, in position order. */
export interface AppendRequest {
  readonly stream: IngestStream;
  readonly source: string;
  readonly events: readonly SourceEvent[];
}

/** Events after a committed position, staged; reused in later attempts while that position stands. */
interface StagedEvents {
  readonly after: SourceState | null;
  readonly schemaId: number;
  readonly specId: number;
  readonly processed: ProcessedRows;
  readonly files: readonly DataFile[];
}

/**
 * Commits events exactly once. Inside every compare-and-swap attempt, on the metadata that attempt is
 * based on: events at or below the source's committed position are left out, the rest is staged (or
 * was, in an earlier attempt) and committed together with the new position. A commit without rows
 * (all rejected, say) is made too: it moves the position and carries the counts.
 */
export async function appendEvents(
  deps: IngestDeps,
  config: IngestConfig,
  request: AppendRequest,
): Promise<IngestedStream> {
  let staged: StagedEvents | null = null;
  const outcome = await commitTable(deps, request.stream.table, {
    build: async (base) => {
      const states = readSourceStates(base);
      const after = states.get(request.source) ?? null;
      const fresh = eventsAfter(request.events, after);
      if (fresh.length === 0) return null;
      const evolved = request.stream.evolveSchema(base);
      if (staged === null || !stillFits(staged, after, evolved)) {
        staged = await stageEvents(deps, config, { request, fresh, after, metadata: evolved });
      }
      const { processed, files } = staged;
      const sources = encodeSourceStates(new Map([...states, [request.source, processed.state]]));
      return {
        addFiles: files,
        summary: { [SOURCES_KEY]: sources, ...countSummary(processed) },
        properties: { [SOURCES_KEY]: sources },
        evolveSchema: request.stream.evolveSchema,
      };
    },
  });
  const stream = request.stream.plan.stream.name;
  if (outcome.kind === 'nothing-to-do') {
    return {
      stream,
      outcome: 'already-committed',
      snapshotId: null,
      attempts: 1,
      counts: NO_COUNTS,
    };
  }
  const counts = (staged as StagedEvents | null)?.processed.counts ?? NO_COUNTS;
  return {
    stream,
    outcome: 'committed',
    snapshotId: outcome.snapshotId,
    attempts: outcome.attempts,
    counts,
  };
}

function eventsAfter(
  events: readonly SourceEvent[],
  state: SourceState | null,
): readonly SourceEvent[] {
  if (state === null) return events;
  return events.filter((event) => comparePositions(event.position, state.position) > 0);
}

/** Staged files hold while the position they start after, the schema and the partition spec are unchanged. */
function stillFits(
  staged: StagedEvents,
  after: SourceState | null,
  metadata: TableMetadata,
): boolean {
  const samePosition =
    after === null || staged.after === null
      ? after === staged.after
      : comparePositions(after.position, staged.after.position) === 0;
  return (
    samePosition &&
    staged.schemaId === metadata['current-schema-id'] &&
    staged.specId === metadata['default-spec-id']
  );
}

async function stageEvents(
  deps: IngestDeps,
  config: IngestConfig,
  work: {
    readonly request: AppendRequest;
    readonly fresh: readonly SourceEvent[];
    readonly after: SourceState | null;
    readonly metadata: TableMetadata;
  },
): Promise<StagedEvents> {
  const { request, fresh, after, metadata } = work;
  const { plan } = request.stream;
  const processed = processRows(plan, fresh, { source: request.source, before: after });
  await storeDiscarded(deps, config, { request, fresh, processed });
  const files =
    processed.rows.length === 0
      ? []
      : await stageRows(deps.store, metadata, {
          rows: processed.rows,
          range: {
            source: request.source,
            first: fresh[0]!.position,
            last: processed.state.position,
          },
        });
  return {
    after,
    schemaId: metadata['current-schema-id'],
    specId: metadata['default-spec-id'],
    processed,
    files,
  };
}

/** Discarded events are stored before the commit that counts them: a crash in between loses nothing. */
async function storeDiscarded(
  deps: IngestDeps,
  config: IngestConfig,
  work: {
    readonly request: AppendRequest;
    readonly fresh: readonly SourceEvent[];
    readonly processed: ProcessedRows;
  },
): Promise<void> {
  const { request, fresh, processed } = work;
  if (processed.discarded.length === 0) return;
  const byPosition = new Map(fresh.map((event) => [positionKey(event), event]));
  const letters = processed.discarded.map((discarded) => {
    const { arrivalMicros, partitionKey, payload } = byPosition.get(positionKey(discarded))!;
    return { ...discarded, arrivalMicros, partitionKey, payload };
  });
  await storeDeadLetters(deps.store, letters, {
    bucketUri: config.deadLetterUri,
    domain: config.domain,
    stream: request.stream.plan.stream.name,
    source: request.source,
  });
}

function positionKey({ position }: Pick<SourceEvent, 'position'>): string {
  return `${position.sequence}/${position.subSequence}`;
}

function countSummary({ counts }: ProcessedRows): Readonly<Record<string, string>> {
  return {
    'sluice.received': String(counts.received),
    'sluice.committed': String(counts.committed),
    'sluice.rejected': String(counts.rejected),
    'sluice.deduplicated': String(counts.deduplicated),
    'sluice.dead-lettered': String(counts.deadLettered),
    'sluice.late': String(counts.late),
  };
}
