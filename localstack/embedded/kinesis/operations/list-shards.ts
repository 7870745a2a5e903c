import { AwsError, type JsonOperation } from '#embedded/gateway/json-protocol.ts';
import { isOpen, type Shard, shardIdOf } from '#embedded/kinesis/shard-map.ts';
import { oldestKeptMs, type Stream } from '#embedded/kinesis/stream-store.ts';
import { describeShard } from './describe-shard.ts';
import type { KinesisContext } from './kinesis-context.ts';
import {
  constraintViolation,
  invalidArgument,
  optionalInteger,
  optionalName,
  optionalString,
  optionalTimestampMs,
  type RequestInput,
  requireName,
  requireStreamName,
  requireString,
} from './request-members.ts';
import { shardsAfter } from './stream-operations.ts';

const MAX_PAGE = 10_000;
const DEFAULT_PAGE = 1000;
const TOKEN_LIFETIME_MS = 300_000;
const FILTER_TYPES = [
  'AFTER_SHARD_ID',
  'AT_TRIM_HORIZON',
  'FROM_TRIM_HORIZON',
  'AT_LATEST',
  'AT_TIMESTAMP',
  'FROM_TIMESTAMP',
] as const;

/** What a page's token remembers: the rest of the listing needs no other member. */
interface ListingToken {
  readonly streamName: string;
  readonly afterShardId: string;
  readonly filter: RequestInput | null;
  readonly issuedMs: number;
}

/** ListShards with pages and shard filters. Source: Kinesis API reference. */
export function listShardsOperation(context: KinesisContext): Record<string, JsonOperation> {
  return { ListShards: (input) => listShards(context, input) };
}

function listShards(context: KinesisContext, input: RequestInput): unknown {
  const nowMs = context.nowMs();
  const limit = optionalInteger(input, 'MaxResults', { min: 1, max: MAX_PAGE }) ?? DEFAULT_PAGE;
  const listing = readListing(input, nowMs);
  const stream = context.store.require(listing.streamName);
  const keeps = listing.filter === null ? () => true : shardFilter(stream, listing.filter, nowMs);
  const shards = shardsAfter(stream.shards, listing.afterShardId).filter(keeps);
  const page = shards.slice(0, limit);
  const last = page.at(-1);
  if (shards.length <= limit || last === undefined) return { Shards: page.map(describeShard) };
  const next = { ...listing, afterShardId: shardIdOf(last.index), issuedMs: nowMs };
  return { Shards: page.map(describeShard), NextToken: encodeToken(next) };
}

function readListing(input: RequestInput, nowMs: number): ListingToken {
  const token = optionalString(input, 'NextToken');
  if (token === undefined) {
    return {
      streamName: requireStreamName(input),
      afterShardId: optionalName(input, 'ExclusiveStartShardId') ?? '',
      filter: readFilter(input),
      issuedMs: nowMs,
    };
  }
  if (optionalString(input, 'StreamName') !== undefined) {
    throw invalidArgument('NextToken and StreamName cannot be provided together.');
  }
  const listing = decodeToken(token);
  if (listing === null) throw invalidArgument('Invalid NextToken.');
  if (nowMs - listing.issuedMs > TOKEN_LIFETIME_MS) {
    throw new AwsError('ExpiredNextTokenException', 'NextToken expired; list the shards anew.');
  }
  return listing;
}

function encodeToken(listing: ListingToken): string {
  return Buffer.from(JSON.stringify(listing)).toString('base64');
}

/** The stream that a page's token goes on listing; null for what is no token. */
export function listedStreamName(token: string): string | null {
  return decodeToken(token)?.streamName ?? null;
}

function decodeToken(token: string): ListingToken | null {
  let fields: unknown;
  try {
    fields = JSON.parse(Buffer.from(token, 'base64').toString('utf8'));
  } catch {
    return null;
  }
  if (fields === null || typeof fields !== 'object') return null;
  const { streamName, afterShardId, filter, issuedMs } = fields as Record<string, unknown>;
  if (typeof streamName !== 'string' || typeof afterShardId !== 'string') return null;
  if (typeof issuedMs !== 'number' || typeof filter !== 'object') return null;
  return { streamName, afterShardId, filter: filter as RequestInput | null, issuedMs };
}

function readFilter(input: RequestInput): RequestInput | null {
  const filter = input['ShardFilter'] ?? null;
  if (typeof filter !== 'object' || Array.isArray(filter)) {
    throw new AwsError('SerializationException', 'ShardFilter can not be converted to a structure');
  }
  return filter as RequestInput | null;
}

/** Which shards a filter keeps. A shard lives from its start to its end; `AT` wants one moment, `FROM` all since. */
function shardFilter(
  stream: Stream,
  filter: RequestInput,
  nowMs: number,
): (shard: Shard) => boolean {
  const type = requireString(filter, 'Type');
  const horizonMs = Math.max(oldestKeptMs(stream, nowMs), stream.createdMs);
  switch (FILTER_TYPES.find((candidate) => candidate === type)) {
    case 'AFTER_SHARD_ID': {
      const afterShardId = requireName(filter, 'ShardId');
      return (shard) => shardIdOf(shard.index) > afterShardId;
    }
    case 'AT_LATEST':
      return isOpen;
    case 'AT_TRIM_HORIZON':
      return (shard) => shard.start.arrivalMs <= horizonMs && endsAfter(shard, horizonMs);
    case 'FROM_TRIM_HORIZON':
      return (shard) => endsAfter(shard, horizonMs);
    case 'AT_TIMESTAMP': {
      const atMs = requireTimestampMs(filter);
      return (shard) => shard.start.arrivalMs <= atMs && endsAfter(shard, atMs);
    }
    case 'FROM_TIMESTAMP': {
      const fromMs = requireTimestampMs(filter);
      return (shard) => endsAfter(shard, fromMs);
    }
    default: {
      const constraint = `Member must satisfy enum value set: [${FILTER_TYPES.join(', ')}]`;
      throw constraintViolation('ShardFilter.type', type, constraint);
    }
  }
}

function endsAfter(shard: Shard, atMs: number): boolean {
  return shard.end === null || shard.end.arrivalMs >= atMs;
}

function requireTimestampMs(filter: RequestInput): number {
  const timestampMs = optionalTimestampMs(filter, 'Timestamp');
  if (timestampMs === undefined) {
    throw invalidArgument('Must specify Timestamp in ShardFilter of this Type.');
  }
  return timestampMs;
}
