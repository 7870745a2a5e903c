import { findCluster } from '#adapters/kafka/cluster-address.ts';
import type { KafkaConnection } from '#adapters/kafka/kafka-connection.ts';
import {
  createKafkaEventStream,
  type KafkaEventStream,
} from '#adapters/kafka/kafka-event-stream.ts';
import { createMskTokenSource } from '#adapters/kafka/msk-token.ts';
import { systemClock } from '#adapters/system/system-clock.ts';
import { type AwsTarget, type CallLimits, createKafkaClient } from './aws-clients.ts';

export type { KafkaConnection } from '#adapters/kafka/kafka-connection.ts';
export {
  type KafkaLog,
  type KafkaLogRecord,
  type KafkaTopic,
  openKafkaLog,
  type PartitionEnds,
  type PartitionReader,
} from '#adapters/kafka/kafka-log.ts';

/** How to reach a cluster: where its brokers are and what they ask for. */
export async function connectToCluster(
  clusterArn: string,
  target: AwsTarget = {},
  limits?: CallLimits,
): Promise<KafkaConnection> {
  const client = createKafkaClient(target, limits);
  try {
    const { bootstrap, auth } = await findCluster(client, clusterArn);
    if (auth === 'none') return { bootstrap, tokens: null, ...limits };
    const { credentials, region } = client.config;
    return {
      bootstrap,
      tokens: createMskTokenSource({
        region: await region(),
        credentials,
        nowMs: () => systemClock.nowMs(),
      }),
      ...limits,
    };
  } finally {
    client.destroy();
  }
}

/** The topics of a cluster as streams. */
export async function openClusterTopics(
  place: { readonly clusterArn: string; readonly generation: number },
  target: AwsTarget = {},
  limits?: CallLimits,
): Promise<KafkaEventStream> {
  const connection = await connectToCluster(place.clusterArn, target, limits);
  return createKafkaEventStream(connection, place);
}
