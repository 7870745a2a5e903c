import type { AcceptedEvent, JudgedEvent, SourceEvent } from '#core/delivery/judged-event.ts';
import { comparePositions, positionKey } from '#core/delivery/position.ts';
import { type ProcessedRows, processRows } from '#core/delivery/process-rows.ts';
import type { SourceState } from '#core/delivery/source-state.ts';
import type { DataFile } from '#core/iceberg/spec/data-file.ts';
import type { TableMetadata } from '#core/iceberg/spec/table-metadata.ts';
import type { Row } from '#core/schema/field.ts';
import { arrivalWindow } from './arrived-files.ts';
import { arrivalMs, type CommittedView, createCommittedIds } from './committed-ids.ts';
import type { IngestDeps, IngestStream } from './ingest-stream.ts';
import {
  type EncodedFile,
  encodeRows,
  findPoison,
  type PoisonRow,
  writeFiles,
} from './stage-rows.ts';

/** One source's events for one table, in position order. */
export interface AppendRequest {
  readonly stream: IngestStream;
  readonly source: string;
  /** All of them; discarded ones and those that were filed as such before move the position only. */
  readonly events: readonly JudgedEvent[];
  /** Positions (positionKey) of events that are left out. */
  readonly leftOut: ReadonlySet<string>;
  /** Files events whose rows cannot be encoded; they are left out afterwards. */
  readonly onPoison: (events: readonly PoisonEvent[]) => Promise<void>;
}

export interface PoisonEvent {
  readonly event: AcceptedEvent;
  readonly error: unknown;
}

/** Events after a committed position, staged; reused in later attempts while they hold. */
export interface StagedEvents {
  readonly before: SourceState | null;
  readonly schemaId: number;
  readonly specId: number;
  readonly processed: ProcessedRows;
  readonly files: readonly DataFile[];
  /** See CommittedView. */
  readonly generation: number;
  readonly isHorizonCut: boolean;
}

/** Processes events that are new to a table and writes their rows as data files of it. */
export async function stageEvents(
  deps: IngestDeps,
  request: AppendRequest,
  work: {
    readonly fresh: readonly JudgedEvent[];
    readonly before: SourceState | null;
    readonly metadata: TableMetadata;
  },
): Promise<StagedEvents> {
  const { fresh, before, metadata } = work;
  const { source, stream } = request;
  const range = { source, first: fresh[0]!.position, last: fresh.at(-1)!.position };
  let accepted = acceptedOf(fresh, request.leftOut);
  for (;;) {
    const { processed, ...view } = await lookAtTable(deps, stream, {
      metadata,
      events: accepted,
      use: (view) => ({
        processed: processRows(stream.plan, accepted, {
          source,
          before,
          last: range.last,
          ...view,
        }),
        generation: view.generation,
        isHorizonCut: view.isCut,
      }),
    });
    const encoded = encodeOrIsolate(metadata, processed.rows);
    if ('poison' in encoded) {
      const poison = eventsOf(accepted, encoded.poison);
      await request.onPoison([...poison.values()]);
      accepted = accepted.filter((event) => !poison.has(positionKey(event.position)));
      continue;
    }
    const files = await writeFiles(deps.store, metadata, { encoded: encoded.files, range });
    if (looksAtTable(stream)) {
      committedIds(deps, stream).remember(rowsByPath(files, encoded.files));
    }
    return {
      before,
      schemaId: metadata['current-schema-id'],
      specId: metadata['default-spec-id'],
      processed,
      files,
      ...view,
    };
  }
}

/**
 * Whether staged files can be committed on this metadata: the position they start after, schema and
 * partition spec are unchanged, and nobody has committed one of their events meanwhile.
 */
export async function stillHolds(
  deps: IngestDeps,
  request: AppendRequest,
  work: {
    readonly staged: StagedEvents;
    readonly before: SourceState | null;
    readonly metadata: TableMetadata;
  },
): Promise<boolean> {
  const { staged, before, metadata } = work;
  const samePosition =
    before === null || staged.before === null
      ? before === staged.before
      : comparePositions(before.position, staged.before.position) === 0;
  const sameTable =
    staged.schemaId === metadata['current-schema-id'] &&
    staged.specId === metadata['default-spec-id'];
  if (!samePosition || !sameTable) return false;
  return await lookAtTable(deps, request.stream, {
    metadata,
    events: request.events,
    use: ({ generation, isCommitted }) =>
      generation === staged.generation &&
      !staged.processed.rows.some((row) => isCommitted(String(row['_event_id']), arrivalMs(row))),
  });
}

/** What a table without memory for identities says: duplicates are looked for within the batch only. */
const NOTHING_COMMITTED: CommittedView = {
  isCommitted: () => false,
  generation: 0,
  isCut: false,
};

async function lookAtTable<T>(
  deps: IngestDeps,
  stream: IngestStream,
  work: {
    readonly metadata: TableMetadata;
    readonly events: readonly SourceEvent[];
    readonly use: (view: CommittedView) => T;
  },
): Promise<T> {
  const { metadata, events, use } = work;
  if (!looksAtTable(stream) || events.length === 0) return use(NOTHING_COMMITTED);
  return await committedIds(deps, stream).lookUp(metadata, arrivalWindow(events), use);
}

function looksAtTable({ plan }: IngestStream): boolean {
  return plan.stream.dedupe.horizonMs > 0;
}

function committedIds(deps: IngestDeps, { table, plan, maxCommittedIds }: IngestStream) {
  const key = `${table.database}.${table.table}`;
  const known = deps.committedIds.get(key);
  if (known !== undefined) return known;
  const { horizonMs } = plan.stream.dedupe;
  const created = createCommittedIds(deps, { horizonMs, maxIds: maxCommittedIds });
  deps.committedIds.set(key, created);
  return created;
}

function rowsByPath(
  files: readonly DataFile[],
  encoded: readonly EncodedFile[],
): ReadonlyMap<string, readonly Row[]> {
  return new Map(files.map(({ filePath }, index) => [filePath, encoded[index]?.rows ?? []]));
}

function acceptedOf(
  events: readonly JudgedEvent[],
  leftOut: ReadonlySet<string>,
): readonly AcceptedEvent[] {
  const accepted = events.filter((event) => event.kind === 'accepted');
  if (leftOut.size === 0) return accepted;
  return accepted.filter((event) => !leftOut.has(positionKey(event.position)));
}

/** Encoded rows, or those that cannot be. Throws what is not a row's fault. */
function encodeOrIsolate(
  metadata: TableMetadata,
  rows: readonly Row[],
): { readonly files: readonly EncodedFile[] } | { readonly poison: readonly PoisonRow[] } {
  try {
    return { files: encodeRows(metadata, rows) };
  } catch (error) {
    const poison = findPoison(metadata, rows);
    if (poison.length === 0) throw error;
    return { poison };
  }
}

/** The events of rows, by positionKey. */
function eventsOf(
  events: readonly AcceptedEvent[],
  poison: readonly PoisonRow[],
): ReadonlyMap<string, PoisonEvent> {
  const byPosition = new Map(events.map((event) => [positionKey(event.position), event]));
  const found = new Map<string, PoisonEvent>();
  for (const { row, error } of poison) {
    const key = `${row['_sequence']}/${row['_sub_sequence']}`;
    const event = byPosition.get(key);
    if (event !== undefined) found.set(key, { event, error });
  }
  return found;
}
