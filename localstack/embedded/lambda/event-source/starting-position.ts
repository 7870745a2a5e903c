import { AwsError } from '#embedded/gateway/json-protocol.ts';
import type { EventSourceMappingConfig } from '#embedded/services.ts';
import type { ShardPosition } from './shard-position.ts';
import type { StreamSource } from './shard-reader.ts';

/**
 * Where a new mapping starts in each shard there is; shards that come later are read from their first record.
 * Throws for a stream that does not exist and a time to come. Source: Lambda API, CreateEventSourceMapping.
 */
export function startingPositions(
  mapping: EventSourceMappingConfig,
  source: Pick<StreamSource, 'listShards' | 'latestSequenceNumber' | 'positionBefore'>,
  nowMs: number,
): ReadonlyMap<string, ShardPosition> {
  const { streamName, startingPosition, startingTimestampMs } = mapping;
  if (startingPosition === 'AT_TIMESTAMP' && (startingTimestampMs ?? 0) > nowMs) {
    throw new AwsError(
      'InvalidParameterValueException',
      `StartingPositionTimestamp cannot be in the future: it is ${new Date(startingTimestampMs ?? 0).toISOString()}, ` +
        `now is ${new Date(nowMs).toISOString()}`,
    );
  }
  const positionOf = (shardId: string): ShardPosition => {
    if (startingPosition === 'LATEST') return source.latestSequenceNumber(streamName, shardId);
    if (startingPosition === 'TRIM_HORIZON') return null;
    return source.positionBefore(streamName, shardId, startingTimestampMs ?? 0);
  };
  const shards = source.listShards(streamName);
  return new Map(shards.map(({ shardId }) => [shardId, positionOf(shardId)]));
}
