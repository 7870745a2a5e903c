import { createKinesisEventStream } from '#adapters/aws/kinesis-event-stream.ts';
import type { TopicPlace } from '#core/config/kafka-topics.ts';
import { SluiceError } from '#core/errors.ts';
import type { EventStream } from '#ports/event-stream.ts';
import { type AwsTarget, type CallLimits, createKinesisClient } from './aws-clients.ts';
import { openClusterStream } from './cluster-stream.ts';
import { readKafkaEnv } from './env.ts';

/** The buffers of several domains as one. */
export interface BufferAccess extends EventStream {
  close(): Promise<void>;
}

/** Streams with a place among the topics are read from and written to Kafka, all others Kinesis. */
export function openBuffers(
  target: AwsTarget,
  topics: ReadonlyMap<string, TopicPlace>,
): BufferAccess {
  const kinesis = createKinesisClient(target);
  const streams = createKinesisEventStream(kinesis);
  const clusters = new Map<string, BufferAccess>();
  const streamOf = (name: string): EventStream => {
    const place = topics.get(name);
    if (place === undefined) return streams;
    const { clusterArn, generation } = place;
    if (clusterArn === null) {
      throw new SluiceError(
        'FEATURE_UNSUPPORTED',
        `topic ${name} is in the cluster of its environment, which is known once it is deployed; set kafka.cluster_arn to its ARN (output KafkaClusterArn)`,
      );
    }
    const key = `${clusterArn} ${generation}`;
    const cluster = clusters.get(key) ?? openClusterStream({ clusterArn, generation }, target);
    clusters.set(key, cluster);
    return cluster;
  };
  return {
    layoutOf: (name) => streamOf(name).layoutOf(name),
    listShards: async (name) => await streamOf(name).listShards(name),
    putRecords: async (name, records) => await streamOf(name).putRecords(name, records),
    readShard: (name, shardId, after) => streamOf(name).readShard(name, shardId, after),
    close: async () => {
      kinesis.destroy();
      await Promise.all([...clusters.values()].map((cluster) => cluster.close()));
    },
  };
}

/** The buffer of the domain that this function belongs to, as its template says. */
export function openFunctionBuffer(limits?: CallLimits): EventStream {
  const kafka = readKafkaEnv();
  return kafka === null
    ? createKinesisEventStream(createKinesisClient({}, limits))
    : openClusterStream(kafka, {}, limits);
}
