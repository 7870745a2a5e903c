import type { EventSourceMappingConfig } from '#embedded/services.ts';
import { MAX_REQUEST_BYTES } from '../sandbox/invocation-outcome.ts';
import type { BatchRecord } from './kinesis-event.ts';
import type { KafkaRecordView, SourceFormat } from './source-format.ts';

/** Partition of a shard `<partition>:<topic id>`. */
function partitionOf(shardId: string): number {
  return Number(shardId.split(':')[0]);
}

/**
 * Events of Kafka topics: records by `<topic>-<partition>`. Here an event holds records of one partition, in AWS of
 * several. Source: AWS Lambda developer guide, "Using Lambda with Amazon MSK", example event; "Capturing discarded
 * batches for Amazon MSK"; service authorization reference, Apache Kafka APIs for Amazon MSK clusters.
 */
export function kafkaFormat(
  mapping: Pick<EventSourceMappingConfig, 'streamArn' | 'streamName'>,
  kafka: NonNullable<EventSourceMappingConfig['kafka']>,
): SourceFormat {
  const { streamArn: clusterArn, streamName: topic } = mapping;
  const envelope = {
    eventSource: 'aws:kafka',
    eventSourceArn: clusterArn,
    bootstrapServers: kafka.bootstrapServers,
  };
  const groupOf = (shardId: string): string => `${topic}-${partitionOf(shardId)}`;
  const start = (shardId: string): string =>
    `${JSON.stringify(envelope).slice(0, -1)},"records":{${JSON.stringify(groupOf(shardId))}:[`;
  const end = ']}}';
  const encodeEvent = (records: readonly BatchRecord[], shardId: string): Buffer =>
    Buffer.from(`${start(shardId)}${records.map(({ json }) => json).join(',')}${end}`);
  const below = (kind: string, name: string): string =>
    `${clusterArn.replace(':cluster/', `:${kind}/`)}/${name}`;
  const read = [{ action: 'kafka-cluster:ReadData', resource: below('topic', topic) }];
  const group = below('group', kafka.consumerGroup);
  return {
    discoveryCalls: [
      { action: 'kafka:DescribeClusterV2', resource: clusterArn },
      { action: 'kafka:GetBootstrapBrokers', resource: clusterArn },
      { action: 'kafka-cluster:Connect', resource: clusterArn },
      { action: 'kafka-cluster:DescribeClusterDynamicConfiguration', resource: clusterArn },
      { action: 'kafka-cluster:DescribeTopic', resource: below('topic', topic) },
      { action: 'kafka-cluster:DescribeGroup', resource: group },
      { action: 'kafka-cluster:AlterGroup', resource: group },
    ],
    openCalls: read,
    readCalls: read,
    refusal: `Cannot access topic ${topic} of ${clusterArn}. Please ensure the role can connect to the cluster, read the topic and use the consumer group.`,
    // A partition number has up to ten digits.
    maxRecordsBytes: MAX_REQUEST_BYTES - start('1234567890').length - end.length + 1,
    toBatchRecord: (view, { shardId }) => {
      const { sequenceNumber, partitionKey, arrivalMs, kafka: record } = view as KafkaRecordView;
      const json = JSON.stringify({
        topic,
        partition: partitionOf(shardId),
        offset: Number(sequenceNumber),
        timestamp: arrivalMs,
        timestampType: record.timestampType,
        ...(record.key === null ? {} : { key: record.key }),
        ...(record.value === null ? {} : { value: record.value }),
        headers: record.headers,
      });
      const sizeBytes = Buffer.byteLength(json) + 1;
      return { sequenceNumber, partitionKey, arrivalMs, json, sizeBytes };
    },
    encodeEvent,
    batchInfo: (records, shardId) => {
      const [first, last] = [records[0], records.at(-1)];
      return {
        KafkaBatchInfo: {
          batchSize: records.length,
          eventSourceArn: clusterArn,
          bootstrapServers: kafka.bootstrapServers,
          payloadSize: encodeEvent(records, shardId).length,
          recordsInfo: {
            [groupOf(shardId)]: {
              firstRecordOffset: String(Number(first?.sequenceNumber ?? 0)),
              lastRecordOffset: String(Number(last?.sequenceNumber ?? 0)),
              firstRecordTimestamp: new Date(first?.arrivalMs ?? 0).toISOString(),
              lastRecordTimestamp: new Date(last?.arrivalMs ?? 0).toISOString(),
            },
          },
        },
      };
    },
    shardName: (shardId) => String(partitionOf(shardId)),
  };
}
