import { createHash } from 'node:crypto';
import { createHourlyTally } from '#core/delivery/hourly-tally.ts';
import type { Hashes } from '#core/delivery/id-hash.ts';
import { type JudgedBlock, positionOfRow, rowsAt } from '#core/delivery/judged-block.ts';
import { type DiscardedEvent, processingFailure } from '#core/delivery/judged-event.ts';
import {
  comparePositions,
  isFileSource,
  laterPosition,
  type Position,
  positionKey,
} from '#core/delivery/position.ts';
import { withArrival } from '#core/delivery/replaced-source.ts';
import type { SourceChain, StagedLink } from '#core/delivery/source-chain.ts';
import { encodeStagedBatch, type StagedTable } from '#core/delivery/staged-batch.ts';
import { stagedName } from '#core/iceberg/maintenance/orphan-age.ts';
import type { TableMetadata } from '#core/iceberg/spec/table-metadata.ts';
import type { IngestConfig, IngestDeps } from '../ingest-stream.ts';
import { undecodable } from '../judge-event.ts';
import { putImmutable } from '../put-immutable.ts';
import { rejectedRows } from '../rejected-rows.ts';
import { encodeRows, rangeName, writeFiles } from '../stage-rows.ts';
import { type EncodedTable, encodeBlock, type PoisonRow } from './encode-table.ts';
import type { OpenEvents } from './leave-out.ts';
import type { JudgedSlice, Slice, StreamBlock } from './slice.ts';
import { tableKey, writableTable } from './writable-table.ts';

/** One source's events that nothing is decided about, and the chain they continue. */
export interface NewBatch extends OpenEvents {
  readonly slice: Slice;
  readonly chain: SourceChain;
}

/** A batch whose files and descriptor are written: all that a link needs. */
export interface WrittenBatch {
  readonly last: Position;
  /** By `database.table`. */
  readonly tables: ReadonlyMap<string, StagedTable>;
  readonly descriptor: StagedLink['descriptor'];
  /** Hashes of the identities in files of a table, by `database.table`; where duplicates are looked for. */
  readonly identities: ReadonlyMap<string, readonly Hashes[]>;
}

/**
 * Writes everything of a batch except the link that makes it count: undecodable events whole in the bucket, data files, and the
 * descriptor that names them. All names come from the content and the day, so that the same batch written again meets itself; without
 * a link it is nothing but files that nobody names.
 */
export async function writeBatch(
  deps: IngestDeps,
  config: IngestConfig,
  batch: NewBatch,
): Promise<WrittenBatch> {
  const { slice, judged } = batch;
  const range = openRange(judged);
  const bronze: EncodedBronze[] = [];
  for (const own of judged.blocks) bronze.push(await encodeStream(deps, batch, { own, range }));
  const tables = new Map<string, StagedTable>();
  const discarded = discardedOf(batch, bronze);
  if (discarded.length > 0) {
    const table = await stageRejected(deps, config, { batch, discarded, range });
    tables.set(tableKey(config.rejectedTable), table);
  }
  for (const each of bronze) {
    tables.set(tableKey(each.stream.table), await stageBronze(deps, batch, each));
  }
  const { source } = slice;
  const { last } = range;
  const descriptor = await writeDescriptor(deps, config, { source, ...range, tables });
  const identities = new Map(
    bronze.map(({ stream, encoded }) => [
      tableKey(stream.table),
      encoded.files.flatMap(({ ids }) => (ids === null ? [] : [ids.hashes])),
    ]),
  );
  return { last, tables, descriptor, identities };
}

/** Positions of the first and the last event, one of which there is at least. */
interface Range {
  readonly first: Position;
  readonly last: Position;
}

function openRange({ blocks, unknown }: JudgedSlice): Range {
  const ranges = [
    ...blocks.map(({ block }) => rangeOf(block)),
    ...unknown.map(({ position }) => ({ first: position, last: position })),
  ];
  const [range, ...others] = ranges;
  if (range === undefined) {
    throw new RangeError('a batch to write: expected at least one event, got none');
  }
  return others.reduce(
    (all, { first, last }) => ({
      first: comparePositions(first, all.first) < 0 ? first : all.first,
      last: laterPosition(all.last, last),
    }),
    range,
  );
}

function rangeOf(block: JudgedBlock): Range {
  return { first: positionOfRow(block, 0), last: positionOfRow(block, block.length - 1) };
}

interface EncodedBronze extends StreamBlock {
  readonly metadata: TableMetadata;
  readonly encoded: EncodedTable;
  readonly poison: readonly PoisonRow[];
}

async function encodeStream(
  deps: IngestDeps,
  batch: NewBatch,
  { own, range }: { readonly own: StreamBlock; readonly range: Range },
): Promise<EncodedBronze> {
  const { stream, block } = own;
  const { slice, chain, placed } = batch;
  const metadata = await writableTable(deps, stream.table, stream.evolveSchema);
  const key = tableKey(stream.table);
  const leftOut = rowsAt(block, placed);
  const poison: PoisonRow[] = [];
  for (;;) {
    const encoded = encodeBlock(deps.memory.parquet, block, {
      source: slice.source,
      metadata,
      last: range.last,
      maxEventTimeMicros: chain.tables.get(key)?.maxEventTimeMicros ?? null,
      recent: deps.memory.recentIds(key),
      leftOut,
    });
    if (!('poison' in encoded)) return { ...own, metadata, encoded, poison };
    for (const found of encoded.poison) {
      leftOut[found.row] = 1;
      poison.push(found);
    }
  }
}

/** In position order. */
function discardedOf(
  { slice, judged, placed }: NewBatch,
  bronze: readonly EncodedBronze[],
): readonly DiscardedEvent[] {
  const asDiscarded = isFileSource(slice.source) ? asRejected : asUndecodable;
  const discarded = [
    ...judged.unknown,
    ...bronze.flatMap(({ block }) => block.discarded),
    ...bronze.flatMap(({ block, poison }) => poison.map((row) => asDiscarded(block, row))),
  ];
  return discarded
    .filter(({ position }) => placed.size === 0 || !placed.has(positionKey(position)))
    .sort((a, b) => comparePositions(a.position, b.position));
}

function asUndecodable(block: JudgedBlock, { row, error }: PoisonRow): DiscardedEvent {
  const event = block.sourceOf(row);
  const schemaVersion = block.schemaVersions[row] ?? null;
  return undecodable(event, {
    stream: event.stream,
    reason: processingFailure(error),
    schemaVersion,
  });
}

/** A row of a file keeps its bytes in the table, as every invalid one does; the file itself is kept too. */
function asRejected(block: JudgedBlock, { row, error }: PoisonRow): DiscardedEvent {
  const { stream, position, arrivalMicros, partitionKey, payload } = block.sourceOf(row);
  return {
    kind: 'rejected',
    stream,
    position,
    arrivalMicros,
    partitionKey,
    payload,
    row: null,
    schemaVersion: block.schemaVersions[row] ?? 0,
    reason: processingFailure(error),
  };
}

async function stageBronze(
  deps: IngestDeps,
  { slice, chain }: NewBatch,
  { stream, block, metadata, encoded }: EncodedBronze,
): Promise<StagedTable> {
  const { source } = slice;
  const range = rangeOf(block);
  const files = await writeFiles(deps.store, metadata, {
    encoded: encoded.files,
    range: { source, ...range },
    nowMs: deps.clock.nowMs(),
  });
  for (const [index, { filePath }] of files.entries()) {
    const ids = encoded.files[index]?.ids;
    if (ids !== null && ids !== undefined) deps.memory.staged.add(filePath, ids);
  }
  const staged: StagedTable = {
    ...describeTable(metadata),
    dedupeHorizonMs: stream.plan.stream.dedupe.horizonMs,
    first: range.first,
    files,
    streams: new Map([[stream.plan.stream.name, encoded.hours]]),
    duplicates: encoded.duplicates,
    maxEventTimeMicros: encoded.maxEventTimeMicros,
  };
  const before = chain.tables.get(tableKey(stream.table)) ?? null;
  return withArrival(staged, block.records, { source, before });
}

async function stageRejected(
  deps: IngestDeps,
  config: IngestConfig,
  work: {
    readonly batch: NewBatch;
    readonly discarded: readonly DiscardedEvent[];
    readonly range: Range;
  },
): Promise<StagedTable> {
  const { batch, discarded, range } = work;
  const { slice, chain, judged } = batch;
  const { source } = slice;
  const metadata = await writableTable(deps, config.rejectedTable);
  const rows = await rejectedRows(deps.store, config, { source, events: discarded });
  const encoded = encodeRows(metadata, rows);
  const staged: StagedTable = {
    ...describeTable(metadata),
    dedupeHorizonMs: 0,
    first: range.first,
    files: await writeFiles(deps.store, metadata, {
      encoded,
      range: { source, ...range },
      nowMs: deps.clock.nowMs(),
    }),
    streams: countDiscarded(discarded),
    duplicates: [],
    maxEventTimeMicros: null,
  };
  const before = chain.tables.get(tableKey(config.rejectedTable)) ?? null;
  const arrived = [...judged.unknown, ...judged.blocks.flatMap(({ block }) => block.records)];
  return withArrival(staged, arrived, { source, before });
}

function describeTable(metadata: TableMetadata) {
  return {
    tableUuid: metadata['table-uuid'],
    schemaId: metadata['current-schema-id'],
    specId: metadata['default-spec-id'],
  };
}

/** Stream name to counts by arrival hour. */
function countDiscarded(events: readonly DiscardedEvent[]): StagedTable['streams'] {
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

/** Beside the data of the `rejected` table, which every domain has. */
async function writeDescriptor(
  deps: IngestDeps,
  config: IngestConfig,
  batch: {
    readonly source: string;
    readonly first: Position;
    readonly last: Position;
    readonly tables: ReadonlyMap<string, StagedTable>;
  },
): Promise<StagedLink['descriptor']> {
  const { source, last, tables } = batch;
  const { location } = await writableTable(deps, config.rejectedTable);
  const body = Buffer.from(encodeStagedBatch({ domain: config.domain, source, last, tables }));
  const sha256 = createHash('sha256').update(body).digest('hex');
  const name = `${rangeName(batch)}_${stagedName(sha256, deps.clock.nowMs())}`;
  const uri = `${location}/staged/${name}.json`;
  await putImmutable(deps.store, uri, body);
  return { uri, sha256 };
}
