import { AwsError } from '#embedded/gateway/json-protocol.ts';
import { formatSequenceNumber, type ShardPosition } from '#embedded/kinesis/log/sequence-number.ts';

/** A shard of a stream: open, or closed by a split or merge. Hash keys are inclusive 128-bit bounds. */
export interface Shard {
  readonly index: number;
  readonly startingHashKey: bigint;
  readonly endingHashKey: bigint;
  /** Shard ids in AWS's order: the split or merged shard, then the adjacent one. */
  readonly parentIndexes: readonly number[];
  /** Place before the shard's first record; later than every record of its parents. */
  readonly start: ShardPosition;
  /** Place after the shard's last record; null while the shard is open. */
  readonly end: ShardPosition | null;
}

/** What the pure functions below need to know of the world. */
export interface ReshardContext {
  readonly nowMs: number;
  /** Position of the newest record of an open shard, or its start. */
  readonly lastPosition: (shard: Shard) => ShardPosition;
}

const HASH_KEY_COUNT = 1n << 128n;
export const MAX_HASH_KEY = HASH_KEY_COUNT - 1n;

export function shardIdOf(index: number): string {
  return `shardId-${String(index).padStart(12, '0')}`;
}

export function startingSequenceNumber(shard: Shard): string {
  return formatSequenceNumber(shard.index, shard.start);
}

export function isOpen(shard: Shard): boolean {
  return shard.end === null;
}

export function openShards(shards: readonly Shard[]): readonly Shard[] {
  return shards
    .filter(isOpen)
    .sort((left, right) => (left.startingHashKey < right.startingHashKey ? -1 : 1));
}

/** First hash key of each of `count` equal ranges; the last range takes the remainder, as AWS's. */
function uniformBoundaries(count: number): readonly bigint[] {
  const width = HASH_KEY_COUNT / BigInt(count);
  return Array.from({ length: count }, (_, i) => width * BigInt(i));
}

/** The shards of a new stream. */
export function createShards(count: number, nowMs: number): readonly Shard[] {
  const boundaries = uniformBoundaries(count);
  return boundaries.map((startingHashKey, index) => ({
    index,
    startingHashKey,
    endingHashKey: (boundaries[index + 1] ?? HASH_KEY_COUNT) - 1n,
    parentIndexes: [],
    start: { arrivalMs: nowMs, ordinal: 0 },
    end: null,
  }));
}

/** Closes a shard and opens two in its hash range, the second from `newStartingHashKey` on. */
export function splitShard(
  shards: readonly Shard[],
  shard: Shard,
  options: ReshardContext & { readonly newStartingHashKey: bigint },
): readonly Shard[] {
  const { newStartingHashKey } = options;
  const children = [
    { startingHashKey: shard.startingHashKey, endingHashKey: newStartingHashKey - 1n },
    { startingHashKey: newStartingHashKey, endingHashKey: shard.endingHashKey },
  ];
  return replaceShards(shards, [shard], { ...options, children });
}

/** Closes two adjacent shards and opens one over both hash ranges. */
export function mergeShards(
  shards: readonly Shard[],
  pair: readonly [Shard, Shard],
  context: ReshardContext,
): readonly Shard[] {
  const [lower, upper] =
    pair[0].startingHashKey < pair[1].startingHashKey ? pair : [pair[1], pair[0]];
  const children = [{ startingHashKey: lower.startingHashKey, endingHashKey: upper.endingHashKey }];
  return replaceShards(shards, pair, { ...context, children });
}

function replaceShards(
  shards: readonly Shard[],
  parents: readonly Shard[],
  options: ReshardContext & {
    readonly children: readonly Pick<Shard, 'startingHashKey' | 'endingHashKey'>[];
  },
): readonly Shard[] {
  const ends = new Map(
    parents.map((parent) => {
      const last = options.lastPosition(parent);
      const arrivalMs = Math.max(options.nowMs, last.arrivalMs);
      return [parent.index, { arrivalMs, ordinal: last.ordinal + 1 }];
    }),
  );
  const startMs = Math.max(...[...ends.values()].map((end) => end.arrivalMs)) + 1;
  const nextIndex = Math.max(...shards.map((shard) => shard.index)) + 1;
  const children = options.children.map((range, i) => ({
    ...range,
    index: nextIndex + i,
    parentIndexes: parents.map((parent) => parent.index),
    start: { arrivalMs: startMs, ordinal: 0 },
    end: null,
  }));
  const closed = shards.map((shard) => ({ ...shard, end: ends.get(shard.index) ?? shard.end }));
  return [...closed, ...children];
}

/**
 * Reshards to `count` equal hash ranges by splits, then merges. As in AWS this can leave short-lived
 * shards that never held a record. Source: Kinesis API, UpdateShardCount.
 */
export function scaleUniformly(
  shards: readonly Shard[],
  count: number,
  context: ReshardContext,
): readonly Shard[] {
  const existing = new Set(shards.map((shard) => shard.index));
  const scaling: ReshardContext = {
    nowMs: context.nowMs,
    // A shard made by an earlier step of this scaling holds no record yet.
    lastPosition: (shard) =>
      existing.has(shard.index) ? context.lastPosition(shard) : shard.start,
  };
  const boundaries = uniformBoundaries(count);
  let scaled = shards;
  for (const boundary of boundaries) {
    const cut = openShards(scaled).find((shard) => isInside(boundary, shard));
    if (cut !== undefined) {
      scaled = splitShard(scaled, cut, { ...scaling, newStartingHashKey: boundary });
    }
  }
  for (const [i, from] of boundaries.entries()) {
    scaled = mergeRange(scaled, { from, to: boundaries[i + 1] ?? HASH_KEY_COUNT }, scaling);
  }
  return scaled;
}

/** Merges the open shards of a hash range, from its low end on, until one is left. */
function mergeRange(
  shards: readonly Shard[],
  range: { readonly from: bigint; readonly to: bigint },
  context: ReshardContext,
): readonly Shard[] {
  let merged = shards;
  for (;;) {
    const [first, second] = openShards(merged).filter(
      (shard) => shard.startingHashKey >= range.from && shard.startingHashKey < range.to,
    );
    if (first === undefined || second === undefined) return merged;
    merged = mergeShards(merged, [first, second], context);
  }
}

function isInside(boundary: bigint, shard: Shard): boolean {
  return boundary > shard.startingHashKey && boundary <= shard.endingHashKey;
}

/** The open shard that takes a hash key. */
export function shardForHashKey(shards: readonly Shard[], hashKey: bigint): Shard {
  const shard = shards.find(
    (candidate) =>
      isOpen(candidate) &&
      hashKey >= candidate.startingHashKey &&
      hashKey <= candidate.endingHashKey,
  );
  if (shard === undefined) {
    throw new AwsError('InternalFailure', `no open shard takes hash key ${hashKey}`, 500);
  }
  return shard;
}
