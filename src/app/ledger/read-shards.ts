import { arrivalHour } from '#core/delivery/batch-summary.ts';
import { padSequence } from '#core/delivery/position.ts';
import { hasCode } from '#core/errors.ts';
import type { LedgerCursor, ShardCursor, TrimGap } from '#core/ledger/ledger-cursor.ts';
import { type LedgerEntry, NO_LEDGER_COUNTS } from '#core/ledger/ledger-entry.ts';
import { describeGap } from '#core/ledger/trim-gaps.ts';
import type { WireSchemaId } from '#core/schema/wire-schema-id.ts';
import type { EventStream, ShardInfo, StreamRecordOut } from '#ports/event-stream.ts';
import { type OpenedEvent, openRecord } from '../open-record.ts';
import { DEFAULT_LOOKUP_LIMITS } from '../schema-lookup.ts';
import type { LedgerConfig, LedgerDeps, LedgerLimits } from './ledger-config.ts';
import { streamOfEvent, unknownSchemaOf } from './stream-of-event.ts';

export interface ShardsRead {
  readonly entries: readonly LedgerEntry[];
  readonly shards: ReadonlyMap<string, ShardCursor>;
  readonly listedMs: number;
  readonly gaps: readonly TrimGap[];
  /** Every shard is counted up to the time at which it was opened. */
  readonly caughtUp: boolean;
  /** Every shard is counted to its very end. */
  readonly toEnd: boolean;
  readonly notes: readonly string[];
  readonly problems: readonly string[];
}

/** Shards read at the same time. Each may be read five times a second. Source: Kinesis quotas. */
const CONCURRENT_SHARDS = 4;

/**
 * Counts what arrived since the cursor on every shard, open and closed, by stream and arrival hour, each to
 * its present end or until a limit is met. Of an event only the schema header is read.
 */
export async function readShards(
  deps: Pick<LedgerDeps, 'stream' | 'clock'>,
  config: LedgerConfig,
  options: {
    readonly before: LedgerCursor;
    readonly limits: LedgerLimits;
    /** Lowest sequence number of a source, padded, that a table accounts for; null when there is none. */
    readonly accountedFrom: (source: string) => string | null;
  },
): Promise<ShardsRead> {
  const { before, limits, accountedFrom } = options;
  const listedMs = deps.clock.nowMs();
  const listed = await listAllShards(deps.stream, config);
  const budget = { events: limits.maxEvents, deadlineMs: limits.deadlineMs };
  const readings = await mapConcurrently(listed, (shard) =>
    readShard(deps, config, { shard, before: cursorOf(before, shard), budget, accountedFrom }),
  );
  const gone = [...before.shards].filter(
    ([source, { ended }]) => !ended && !listed.some((shard) => shard.source === source),
  );
  const found = [
    ...readings.flatMap(({ gap }) => gap ?? []),
    ...gone.map(([source, { readToMs }]) => ({
      source,
      fromMs: readToMs,
      toMs: listedMs,
      events: 0,
    })),
  ];
  return {
    entries: readings.flatMap(({ entries }) => entries),
    shards: new Map(readings.map(({ source, next }) => [source, next])),
    listedMs,
    gaps: [...before.gaps, ...found.filter((gap) => !isKnown(gap, before.gaps))],
    caughtUp: readings.every(({ outcome }) => outcome !== 'cut'),
    toEnd: readings.every(({ outcome }) => outcome === 'end'),
    notes: found.filter(({ fromMs }) => fromMs !== null).map((gap) => describeLoss(config, gap)),
    problems: readings.flatMap(({ problem }) => problem ?? []),
  };
}

/** A shard of one of the domain's streams. */
export interface BufferShard extends ShardInfo {
  readonly streamName: string;
}

export async function listAllShards(
  stream: Pick<EventStream, 'listShards'>,
  { streamNames }: Pick<LedgerConfig, 'streamNames'>,
): Promise<readonly BufferShard[]> {
  const listed = await Promise.all(
    streamNames.map(async (streamName) => {
      const shards = await stream.listShards(streamName);
      return shards.map((shard) => ({ ...shard, streamName }));
    }),
  );
  return listed.flat();
}

interface ReadBudget {
  /** Shared by all shards. */
  events: number;
  readonly deadlineMs: number;
}

interface ShardReading {
  readonly source: string;
  readonly entries: readonly LedgerEntry[];
  readonly next: ShardCursor;
  readonly gap: TrimGap | null;
  readonly outcome: 'end' | 'caught-up' | 'cut';
  readonly problem: string | null;
}

/** Nothing stood on a shard that was not there when the shards were listed last. */
function cursorOf(before: LedgerCursor, { source }: ShardInfo): ShardCursor {
  return before.shards.get(source) ?? { sequence: null, readToMs: before.listedMs, ended: false };
}

async function readShard(
  deps: Pick<LedgerDeps, 'stream' | 'clock'>,
  config: LedgerConfig,
  options: {
    readonly shard: BufferShard;
    readonly before: ShardCursor;
    readonly budget: ReadBudget;
    readonly accountedFrom: (source: string) => string | null;
  },
): Promise<ShardReading> {
  const { shard, before, budget } = options;
  const { source } = shard;
  if (before.ended) {
    return { source, entries: [], next: before, gap: null, outcome: 'end', problem: null };
  }
  const startMs = deps.clock.nowMs();
  const count = new ShardCount(source, config);
  let outcome: ShardReading['outcome'] = 'end';
  let problem: string | null = null;
  try {
    const pages = deps.stream.readShard(shard.streamName, shard.shardId, before.sequence);
    for await (const page of pages) {
      budget.events -= await count.add(page);
      // A busy shard has no end: what arrived after the beginning is left to the next run.
      if (count.arrivedMs > startMs) outcome = 'caught-up';
      else if (budget.events <= 0 || deps.clock.nowMs() >= budget.deadlineMs) outcome = 'cut';
      if (outcome !== 'end') break;
    }
  } catch (error) {
    if (!hasCode(error, 'SOURCE_UNAVAILABLE') && !hasCode(error, 'SOURCE_REPLACED')) throw error;
    // What is counted is kept: pages come whole, and the next run reads on after the last one.
    outcome = 'cut';
    problem = `${config.domain}: the ledger cannot read ${source} on: ${error.message}; the next run tries again`;
  }
  const { first, last } = count;
  const gap = findGap(before, {
    source,
    startMs,
    first,
    accountedFrom: options.accountedFrom(source),
    retentionMs: config.retentionMs,
  });
  const next = {
    sequence: last?.sequenceNumber ?? before.sequence,
    readToMs: readTo(before, outcome === 'cut' ? (last?.arrivalMs ?? null) : startMs),
    ended: outcome === 'end' && !shard.open,
  };
  return { source, entries: count.entries(), next, gap, outcome, problem };
}

/** A cursor never goes back, whatever the clocks say. */
function readTo({ readToMs }: ShardCursor, nowMs: number | null): number | null {
  if (nowMs === null || readToMs === null) return nowMs ?? readToMs;
  return Math.max(nowMs, readToMs);
}

/** Counts the events of one shard. */
class ShardCount {
  first: StreamRecordOut | null = null;
  last: StreamRecordOut | null = null;
  readonly #source: string;
  readonly #config: LedgerConfig;
  readonly #counts = new Map<string, number>();

  constructor(source: string, config: LedgerConfig) {
    this.#source = source;
    this.#config = config;
  }

  get arrivedMs(): number {
    return this.last?.arrivalMs ?? Number.NEGATIVE_INFINITY;
  }

  /**
   * Counts a page, whole or not at all, and returns the number of its events. Events of a schema that only
   * the registry knows wait for its answer; throws SOURCE_UNAVAILABLE when there is none.
   */
  async add(page: readonly StreamRecordOut[]): Promise<number> {
    const counts = new Map<string, number>();
    const waiting = new Map<WireSchemaId, OpenedEvent[]>();
    let events = 0;
    for (const record of page) {
      for (const event of openRecord(record)) {
        const unknown = unknownSchemaOf(event, this.#config);
        if (unknown === null) this.#tally(counts, event);
        else {
          const ofSchema = waiting.get(unknown) ?? [];
          waiting.set(unknown, ofSchema);
          ofSchema.push(withoutPayload(event));
        }
        events++;
      }
    }
    if (waiting.size > 0) {
      await this.#config.schemas?.lookUp(waiting.keys(), {
        left: DEFAULT_LOOKUP_LIMITS.perBatch,
      });
    }
    for (const event of [...waiting.values()].flat()) this.#tally(counts, event);
    for (const [key, count] of counts) this.#counts.set(key, (this.#counts.get(key) ?? 0) + count);
    this.first ??= page[0] ?? null;
    this.last = page.at(-1) ?? this.last;
    return events;
  }

  #tally(counts: Map<string, number>, event: OpenedEvent): void {
    const key = `${streamOfEvent(event, this.#config)} ${arrivalHour(event.arrivalMicros)}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }

  entries(): readonly LedgerEntry[] {
    const first = this.first?.sequenceNumber ?? '';
    const last = this.last?.sequenceNumber ?? '';
    return [...this.#counts].map(([key, received]): LedgerEntry => {
      const [stream = '', hour = ''] = key.split(' ');
      return {
        stream,
        source: this.#source,
        hour,
        kind: 'read',
        counts: { ...NO_LEDGER_COUNTS, received },
        evidence: { kind: 'records', first, last },
      };
    });
  }
}

/**
 * The stream forgets a record when its retention is over. A shard that was not read for as long may have lost
 * records uncounted; so has one that is read for the first time when a table accounts for earlier events.
 */
function findGap(
  before: ShardCursor,
  read: {
    readonly source: string;
    readonly startMs: number;
    readonly first: StreamRecordOut | null;
    readonly accountedFrom: string | null;
    readonly retentionMs: number;
  },
): TrimGap | null {
  const { source, startMs, first, accountedFrom, retentionMs } = read;
  const { readToMs, sequence } = before;
  const toMs = first?.arrivalMs ?? startMs;
  if (readToMs !== null) {
    return startMs - readToMs < retentionMs ? null : { source, fromMs: readToMs, toMs, events: 0 };
  }
  if (sequence !== null || accountedFrom === null) return null;
  const isOldest = first !== null && padSequence(first.sequenceNumber) <= accountedFrom;
  return isOldest ? null : { source, fromMs: null, toMs, events: 0 };
}

/** A run that got nowhere finds its gap again. */
function isKnown(gap: TrimGap, gaps: readonly TrimGap[]): boolean {
  return gaps.some(({ source, fromMs }) => source === gap.source && fromMs === gap.fromMs);
}

function describeLoss({ domain }: LedgerConfig, gap: TrimGap): string {
  return (
    `${domain}: records of ${gap.source} that ${describeGap(gap)} may have been trimmed before the ledger ` +
    'counted them; how many is unknown, and what was committed of them is booked as received'
  );
}

async function mapConcurrently<T, U>(
  items: readonly T[],
  work: (item: T) => Promise<U>,
): Promise<readonly U[]> {
  const results: U[] = [];
  let next = 0;
  const lanes = Array.from({ length: Math.min(CONCURRENT_SHARDS, items.length) }, async () => {
    for (let index = next++; index < items.length; index = next++) {
      const item = items[index];
      if (item !== undefined) results[index] = await work(item);
    }
  });
  await Promise.all(lanes);
  return results;
}

const NO_BYTES = new Uint8Array(0);

/** What is needed to count it: a page of inflated events does not have to stay in memory. */
function withoutPayload(event: OpenedEvent): OpenedEvent {
  const { content } = event;
  if ('problem' in content) return event;
  return { ...event, payload: NO_BYTES, content: { ...content, payload: NO_BYTES } };
}
