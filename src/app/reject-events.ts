import { BATCH_KEY, encodeBatchSummary, type HourlyCounts } from '#core/delivery/batch-summary.ts';
import { createHourlyTally, sumHours } from '#core/delivery/hourly-tally.ts';
import type { DiscardedEvent, JudgedEvent } from '#core/delivery/judged-event.ts';
import { comparePositions, laterPosition, type Position } from '#core/delivery/position.ts';
import { withArrival } from '#core/delivery/replaced-source.ts';
import {
  addCounts,
  encodeSourceStates,
  NO_COUNTS,
  readSourceStates,
  SOURCES_KEY,
  type SourceState,
} from '#core/delivery/source-state.ts';
import type { TableMetadata } from '#core/iceberg/spec/table-metadata.ts';
import { commitTable, type StagedChange } from './commit-table.ts';
import type { IngestConfig, IngestDeps, IngestedTable } from './ingest-stream.ts';
import { nothingIngested } from './ingested-tables.ts';
import { planRejection, type Rejection } from './plan-rejection.ts';
import { rejectedRows } from './rejected-rows.ts';
import { stageRows } from './stage-rows.ts';

/** Events of one source, in position order, of any streams. */
export interface RejectRequest {
  readonly source: string;
  readonly events: readonly JudgedEvent[];
}

export interface RejectOutcome {
  readonly ingested: IngestedTable;
  /** Positions (positionKey) that stand in the table from an earlier delivery, whatever we think of them. */
  readonly filedBefore: ReadonlySet<string>;
}

/**
 * Files the discarded events of a batch in the `rejected` table, once: undecodable ones whole in the
 * bucket, then all rows and the position in one commit. No commit when there is nothing to file. It
 * comes before the commits of the bronze tables, so their positions never stand for an event that is
 * nowhere.
 */
export async function rejectEvents(
  deps: IngestDeps,
  config: IngestConfig,
  request: RejectRequest,
): Promise<RejectOutcome> {
  let rejection: Rejection = { fresh: [], filedBefore: new Set() };
  let hours: ReadonlyMap<string, HourlyCounts> = new Map();
  const outcome = await commitTable(deps, config.rejectedTable, {
    build: async (base) => {
      rejection = await planRejection(deps, config, { ...request, base });
      if (rejection.fresh.length === 0) return null;
      hours = countHours(rejection.fresh);
      return await stageRejection(deps, config, { request, base, fresh: rejection.fresh, hours });
    },
  });
  const { filedBefore } = rejection;
  const { table } = config.rejectedTable;
  if (outcome.kind === 'nothing-to-do') return { ingested: nothingIngested(table), filedBefore };
  const { snapshotId, attempts } = outcome;
  const counts = sumStreams(hours);
  return {
    ingested: { table, outcome: 'committed', snapshotId, attempts, counts, isHorizonCut: false },
    filedBefore,
  };
}

async function stageRejection(
  deps: IngestDeps,
  config: IngestConfig,
  work: {
    readonly request: RejectRequest;
    readonly base: TableMetadata;
    readonly fresh: readonly DiscardedEvent[];
    readonly hours: ReadonlyMap<string, HourlyCounts>;
  },
): Promise<StagedChange> {
  const { request, base, fresh, hours } = work;
  const { source } = request;
  const states = readSourceStates(base);
  const before = states.get(source) ?? null;
  const range = judgedRange(request.events, fresh, before);
  const moved: SourceState = {
    position: laterPosition(before?.position ?? null, range.last),
    maxEventTimeMicros: null,
    counts: addCounts(before?.counts ?? NO_COUNTS, sumStreams(hours)),
  };
  const state = withArrival(moved, request.events, { source, before });
  const rows = await rejectedRows(deps.store, config, { source, events: fresh });
  const sources = encodeSourceStates(new Map([...states, [source, state]]));
  const batch = encodeBatchSummary({ source, ...range, streams: hours });
  return {
    addFiles: await stageRows(deps.store, base, { rows, range: { source, ...range } }),
    summary: { [SOURCES_KEY]: sources, [BATCH_KEY]: batch },
    properties: { [SOURCES_KEY]: sources },
  };
}

/** From the first event that is judged for the first time to the last of the batch. */
function judgedRange(
  events: readonly JudgedEvent[],
  fresh: readonly DiscardedEvent[],
  before: SourceState | null,
): { readonly first: Position; readonly last: Position } {
  const isNew = ({ position }: JudgedEvent) =>
    before === null || comparePositions(position, before.position) > 0;
  const candidates = [fresh[0], events.find(isNew)].flatMap((event) => event?.position ?? []);
  const [first] = candidates.toSorted(comparePositions);
  return { first: first!, last: events.at(-1)!.position };
}

/** Stream name to counts by arrival hour. */
function countHours(events: readonly DiscardedEvent[]): ReadonlyMap<string, HourlyCounts> {
  const tallies = new Map<string, ReturnType<typeof createHourlyTally>>();
  for (const { stream, kind, arrivalMicros } of events) {
    const tally = tallies.get(stream) ?? createHourlyTally();
    tallies.set(stream, tally);
    const counters = tally.at(arrivalMicros);
    counters.received++;
    if (kind === 'rejected') counters.rejected++;
    else counters.deadLettered++;
  }
  return new Map([...tallies].map(([stream, tally]) => [stream, tally.counts()]));
}

function sumStreams(streams: ReadonlyMap<string, HourlyCounts>) {
  return [...streams.values()].map(sumHours).reduce(addCounts, NO_COUNTS);
}
