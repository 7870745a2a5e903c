import { arrivalHour } from '#core/delivery/batch-summary.ts';
import { kinesisSource, padSequence } from '#core/delivery/position.ts';
import { hasCode } from '#core/errors.ts';
import type { LedgerCursor, ShardCursor, TrimGap } from '#core/ledger/ledger-cursor.ts';
import { type LedgerEntry, NO_LEDGER_COUNTS } from '#core/ledger/ledger-entry.ts';
import { describeGap } from '#core/ledger/trim-gaps.ts';
import type { ShardInfo, StreamRecordOut } from '#ports/event-stream.ts';
import { openRecord } from '../open-record.ts';
import type { LedgerConfig, LedgerDeps, LedgerLimits } from './ledger-config.ts';
import { streamOfEvent } from './stream-of-event.ts';

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
  const listed = await deps.stream.listShards(config.streamName);
  const budget = { events: limits.maxEvents, deadlineMs: limits.deadlineMs };
  const readings = await mapConcurrently(listed, (shard) =>
    readShard(deps, config, { shard, before: cursorOf(before, shard), budget, accountedFrom }),
  );
  const gone = [...before.shards].filter(
    ([shardId, { ended }]) => !ended && !listed.some((shard) => shard.shardId === shardId),
  );
  const found = [
    ...readings.flatMap(({ gap }) => gap ?? []),
    ...gone.map(([shardId, { readToMs }]) => ({
      source: kinesisSource(config.streamName, shardId),
      fromMs: readToMs,
      toMs: listedMs,
      events: 0,
    })),
  ];
  return {
    entries: readings.flatMap(({ entries }) => entries),
    shards: new Map(readings.map(({ shardId, next }) => [shardId, next])),
    listedMs,
    gaps: [...before.gaps, ...found.filter((gap) => !isKnown(gap, before.gaps))],
    caughtUp: readings.every(({ outcome }) => outcome !== 'cut'),
    toEnd: readings.every(({ outcome }) => outcome === 'end'),
    notes: found.filter(({ fromMs }) => fromMs !== null).map((gap) => describeLoss(config, gap)),
    problems: readings.flatMap(({ problem }) => problem ?? []),
  };
}

interface ReadBudget {
  /** Shared by all shards. */
  events: number;
  readonly deadlineMs: number;
}

interface ShardReading {
  readonly shardId: string;
  readonly entries: readonly LedgerEntry[];
  readonly next: ShardCursor;
  readonly gap: TrimGap | null;
  readonly outcome: 'end' | 'caught-up' | 'cut';
  readonly problem: string | null;
}

/** Nothing stood on a shard that was not there when the shards were listed last. */
function cursorOf(before: LedgerCursor, { shardId }: ShardInfo): ShardCursor {
  return before.shards.get(shardId) ?? { sequence: null, readToMs: before.listedMs, ended: false };
}

async function readShard(
  deps: Pick<LedgerDeps, 'stream' | 'clock'>,
  config: LedgerConfig,
  options: {
    readonly shard: ShardInfo;
    readonly before: ShardCursor;
    readonly budget: ReadBudget;
    readonly accountedFrom: (source: string) => string | null;
  },
): Promise<ShardReading> {
  const { shard, before, budget } = options;
  const { shardId } = shard;
  const source = kinesisSource(config.streamName, shardId);
  if (before.ended) {
    return { shardId, entries: [], next: before, gap: null, outcome: 'end', problem: null };
  }
  const startMs = deps.clock.nowMs();
  const count = new ShardCount(source, config);
  let outcome: ShardReading['outcome'] = 'end';
  let problem: string | null = null;
  try {
    const pages = deps.stream.readShard(config.streamName, shardId, before.sequence);
    for await (const page of pages) {
      budget.events -= count.add(page);
      // A busy shard has no end: what arrived after the beginning is left to the next run.
      if (count.arrivedMs > startMs) outcome = 'caught-up';
      else if (budget.events <= 0 || deps.clock.nowMs() >= budget.deadlineMs) outcome = 'cut';
      if (outcome !== 'end') break;
    }
  } catch (error) {
    if (!hasCode(error, 'SOURCE_UNAVAILABLE')) throw error;
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
  return { shardId, entries: count.entries(), next, gap, outcome, problem };
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

  /** Returns the number of events in the page. */
  add(page: readonly StreamRecordOut[]): number {
    let events = 0;
    for (const record of page) {
      for (const event of openRecord(record)) {
        const stream = streamOfEvent(event, this.#config.streamOfSchema);
        const key = `${stream} ${arrivalHour(event.arrivalMicros)}`;
        this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
        events++;
      }
      this.first ??= record;
      this.last = record;
    }
    return events;
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
