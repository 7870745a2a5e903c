import { KAFKA_LAYOUT } from '#core/kafka/kafka-layout.ts';
import type { EventStream } from '#ports/event-stream.ts';
import type { AwsTarget, CallLimits } from './aws-clients.ts';

export interface ClusterStream extends EventStream {
  close(): Promise<void>;
}

/**
 * Streams of a cluster that is looked for when the first of them is used. The client is loaded then too: functions of
 * domains without Kafka start without it.
 */
export function openClusterStream(
  place: { readonly clusterArn: string; readonly generation: number },
  target: AwsTarget = {},
  limits?: CallLimits,
): ClusterStream {
  let opening: Promise<ClusterStream> | null = null;
  const open = async (): Promise<ClusterStream> => {
    opening ??= import('./kafka-access.ts').then(({ openClusterTopics }) =>
      openClusterTopics(place, target, limits),
    );
    try {
      return await opening;
    } catch (error) {
      opening = null;
      throw error;
    }
  };
  return {
    layoutOf: () => KAFKA_LAYOUT,
    listShards: async (name) => (await open()).listShards(name),
    putRecords: async (name, records) => (await open()).putRecords(name, records),
    readShard: async function* (name, shardId, after) {
      yield* (await open()).readShard(name, shardId, after);
    },
    close: async () => {
      await opening?.then(
        (stream) => stream.close(),
        () => undefined,
      );
    },
  };
}
