import { appendLink } from '#core/delivery/chain-changes.ts';
import type { BlockReader } from '#core/delivery/event-block.ts';
import type { SourceChain } from '#core/delivery/source-chain.ts';
import type { StagedTable } from '#core/delivery/staged-batch.ts';
import { hasCode, SluiceError } from '#core/errors.ts';
import type { WireSchemaId } from '#core/schema/wire-schema-id.ts';
import { checkSource } from '../check-source.ts';
import type { IngestConfig, IngestDeps, IngestStream } from '../ingest-stream.ts';
import { openEvents } from '../open-events.ts';
import type { SourceRecord } from '../open-record.ts';
import { backOff } from '../swap-table.ts';
import { leaveOut } from './leave-out.ts';
import { readChain } from './read-chain.ts';
import { type JudgedSlice, type Slice, sliceOfRecords } from './slice.ts';
import { type NewBatch, type WrittenBatch, writeBatch } from './write-batch.ts';

/** Some minutes of a shard's batches; their document stays far below the largest item. */
export const DEFAULT_MAX_LINKS = 200;
/** Rivals for one source are a zombie or two: each round one of them is done. */
const MAX_ATTEMPTS = 20;

/** What became of one slice of a batch. */
export interface StagedSlice {
  /** The chain that holds it, as this call knows it. */
  readonly chain: SourceChain;
  /** By `database.table`, what the call staged; empty when everything was decided before. */
  readonly tables: ReadonlyMap<string, StagedTable>;
  /** Streams with events in the slice, new or not. */
  readonly streams: ReadonlySet<string>;
  readonly attempts: number;
}

/**
 * Stages one batch of one source: take records apart, decode, judge, write, and note it in the source's chain, in slices as large
 * as memory allows. Once it returns, every event is decided about for good and reaches its table without the records. Safe to
 * repeat with the same or other batch boundaries.
 */
export async function stageBatch(
  deps: IngestDeps,
  config: IngestConfig,
  batch: { readonly source: string; readonly records: readonly SourceRecord[] },
): Promise<readonly StagedSlice[]> {
  const slices: StagedSlice[] = [];
  for await (const slice of openSlices(deps, config, batch)) {
    slices.push(await stageSlice(deps, config, slice));
  }
  return slices;
}

/** A batch as slices, one at a time: a slice is valid until the next one is asked for. */
export async function* openSlices(
  deps: Pick<IngestDeps, 'memory'>,
  config: IngestConfig,
  batch: { readonly source: string; readonly records: readonly SourceRecord[] },
): AsyncGenerator<Slice, void> {
  const { source, records } = batch;
  const targetOf = ({ plan }: IngestStream) => deps.memory.targetOf(plan.stream);
  const { maxSliceBytes, schemas } = config;
  const readerOf = (id: WireSchemaId): BlockReader | null => {
    const reader = config.readerOf(id);
    return reader === null ? null : { ...reader, plan: reader.stream.plan };
  };
  for await (const opened of openEvents({ maxSliceBytes, schemas, readerOf }, records)) {
    yield sliceOfRecords(config, opened, { source, targetOf });
  }
}

/**
 * Stages events of one source: leaves out what is decided, writes the rest, and appends one link for
 * all tables to the chain by compare-and-swap. That one conditional write decides every event of the batch, so none can
 * end in two places, whatever code stages it again. Overtaken, it starts over with the chain that is there then.
 *
 * Throws CHAIN_TOO_LONG when too much waits to be committed, SOURCE_REPLACED, COMMIT_CONFLICT when others stage the same
 * source all the time.
 */
export async function stageSlice(
  deps: IngestDeps,
  config: IngestConfig,
  slice: Slice,
): Promise<StagedSlice> {
  const { source, streams } = slice;
  for (let attempts = 1; attempts <= MAX_ATTEMPTS; attempts++) {
    const chain = await readChain(deps, config, { source, streams });
    checkSource(config, { chain, slice });
    const open = await leaveOut(deps, config, { chain, slice });
    if (isEmpty(open.judged)) return { chain, tables: new Map(), streams, attempts };
    requireRoom(config, chain);
    const batch: NewBatch = { ...open, slice, chain };
    const written = await writeBatch(deps, config, batch);
    const linked = await putLink(deps, config, { chain, written });
    if (linked !== null) {
      rememberIds(deps, written);
      return { chain: linked, tables: written.tables, streams, attempts };
    }
    await backOff(deps, attempts);
  }
  throw new SluiceError(
    'COMMIT_CONFLICT',
    `${source}: other writers won ${MAX_ATTEMPTS} attempts to stage a batch; look why several work on one source`,
    { context: { source } },
  );
}

function isEmpty({ blocks, unknown }: JudgedSlice): boolean {
  return blocks.length === 0 && unknown.length === 0;
}

function requireRoom({ maxLinks = DEFAULT_MAX_LINKS }: IngestConfig, chain: SourceChain): void {
  const { source, links } = chain;
  if (links.length < maxLinks) return;
  throw new SluiceError(
    'CHAIN_TOO_LONG',
    `${source}: ${links.length} staged batches wait for their commit, at most ${maxLinks} may; look why they are not committed`,
    { context: { source } },
  );
}

/**
 * The chain with the link, null when another writer was first. After an unknown outcome the chain is read again: the link is in
 * it, or it is the other's turn. Had the link been there and been committed meanwhile, the next round finds every event decided.
 */
async function putLink(
  deps: IngestDeps,
  config: IngestConfig,
  work: { readonly chain: SourceChain; readonly written: WrittenBatch },
): Promise<SourceChain | null> {
  const { last, tables, descriptor } = work.written;
  const next = appendLink(work.chain, {
    last,
    tables,
    descriptor,
    stagedAtMs: deps.clock.nowMs(),
  });
  try {
    if (await deps.stagingLog.put(config.domain, next)) return next;
  } catch (error) {
    if (!hasCode(error, 'SOURCE_UNAVAILABLE')) throw error;
  }
  const stored = await deps.stagingLog.read(config.domain, next.source);
  const isOwn = stored?.links.some((link) => link.descriptor.sha256 === descriptor.sha256);
  return stored !== null && isOwn === true ? stored : null;
}

function rememberIds(deps: IngestDeps, { identities }: WrittenBatch): void {
  for (const [table, hashes] of identities) {
    const recent = deps.memory.recentIds(table);
    for (const each of hashes) recent.add(each);
  }
}
