import { describe, expect, it } from 'vitest';
import { decodeFailedBatches } from '#core/ledger/failure-object.ts';
import { createFailureRecord } from '#embedded/lambda/event-source/failure-record.ts';
import { kafkaFormat } from '#embedded/lambda/event-source/kafka-event.ts';
import type { KafkaRecordView } from '#embedded/lambda/event-source/source-format.ts';
import { MAX_REQUEST_BYTES } from '#embedded/lambda/sandbox/invocation-outcome.ts';
import type { EventSourceMappingConfig } from '#embedded/services.ts';
import { kafkaBatches } from '#runtime/kafka-batch.ts';

const CLUSTER =
  'arn:aws:kafka:us-east-1:000000000000:cluster/local/00000000-0000-0000-0000-000000000000-1';
const KAFKA = {
  consumerGroup: 'sluice-local-market-lake-writer',
  bootstrapServers: '127.0.0.1:9092',
};
const SHARD = '2:2c9a2b44-0d6c-4f9e-9a2e-0f3f6f0b7a11';
const MAPPING: EventSourceMappingConfig = {
  id: 'mapping',
  streamName: 'local.market',
  streamArn: CLUSTER,
  kafka: KAFKA,
  functionName: 'writer',
  batchSize: 100,
  batchingWindowMs: 0,
  parallelizationFactor: 1,
  startingPosition: 'TRIM_HORIZON',
  startingTimestampMs: null,
  bisectOnError: true,
  maxRetryAttempts: -1,
  maxRecordAgeSeconds: -1,
  reportBatchItemFailures: true,
  onFailureBucket: 'dead',
  enabled: true,
  countEvents: false,
};

function view(offset: number, value: string | null): KafkaRecordView {
  return {
    sequenceNumber: String(offset).padStart(20, '0'),
    partitionKey: 'AAPL',
    data: Buffer.from(value ?? ''),
    arrivalMs: 1_780_000_000_000 + offset,
    kafka: {
      key: Buffer.from('AAPL').toString('base64'),
      value: value === null ? null : Buffer.from(value).toString('base64'),
      headers: [{ trace: [1, 2] }],
      timestampType: 'LOG_APPEND_TIME',
    },
  };
}

describe('events of Kafka topics', () => {
  const format = kafkaFormat(MAPPING, KAFKA);
  const records = [view(7, 'a'), view(9, null)].map((each) =>
    format.toBatchRecord(each, { shardId: SHARD, roleArn: 'role' }),
  );

  it('are as Lambda sends them', () => {
    expect(JSON.parse(format.encodeEvent(records, SHARD).toString())).toEqual({
      eventSource: 'aws:kafka',
      eventSourceArn: CLUSTER,
      bootstrapServers: '127.0.0.1:9092',
      records: {
        'local.market-2': [
          {
            topic: 'local.market',
            partition: 2,
            offset: 7,
            timestamp: 1_780_000_000_007,
            timestampType: 'LOG_APPEND_TIME',
            key: 'QUFQTA==',
            value: 'YQ==',
            headers: [{ trace: [1, 2] }],
          },
          {
            topic: 'local.market',
            partition: 2,
            offset: 9,
            timestamp: 1_780_000_000_009,
            timestampType: 'LOG_APPEND_TIME',
            key: 'QUFQTA==',
            headers: [{ trace: [1, 2] }],
          },
        ],
      },
    });
  });

  it('stay within the payload of an invocation when they are full', () => {
    const [first] = records;
    const count = Math.floor(format.maxRecordsBytes / (first?.sizeBytes ?? 1));
    const full = Array.from({ length: count }, () => first!);
    expect(format.encodeEvent(full, '1234567890:id').length).toBeLessThanOrEqual(MAX_REQUEST_BYTES);
  });

  it('are read by the writer', () => {
    const event = JSON.parse(format.encodeEvent(records, SHARD).toString());
    const [batch] = kafkaBatches(event, { generation: 1 });
    expect(batch?.source).toBe('kafka:local.market/2');
    expect(batch?.records.map(({ sequenceNumber }) => sequenceNumber)).toEqual(['7', '9']);
  });

  it('lie in the failure destination as documented, and the ledger reads them', () => {
    const discard = {
      reason: 'RetryAttemptsExhausted',
      invokeCount: 3,
      lastInvocation: null,
    } as const;
    const options = {
      mapping: MAPPING,
      shardId: SHARD,
      nowMs: Date.UTC(2026, 10, 20),
      newId: () => 'id',
    };
    const { key, body } = createFailureRecord(records, discard, options);
    expect(key).toBe('aws/lambda/mapping/2/2026/11/20/2026-11-20T00.00.00-id');
    expect(JSON.parse(body.toString())).toMatchObject({
      requestContext: { condition: 'RetryAttemptsExhausted', approximateInvokeCount: 3 },
      KafkaBatchInfo: {
        batchSize: 2,
        eventSourceArn: CLUSTER,
        bootstrapServers: '127.0.0.1:9092',
        recordsInfo: {
          'local.market-2': {
            firstRecordOffset: '7',
            lastRecordOffset: '9',
            firstRecordTimestamp: new Date(1_780_000_000_007).toISOString(),
          },
        },
      },
    });
    const [batch] = decodeFailedBatches('s3://dead/x', body, { generation: 2 });
    expect(batch?.source).toBe('kafka:local.market@2/2');
    expect(batch?.records.map(({ sequence }) => Number(sequence))).toEqual([7, 9]);
  });

  it('need the permissions that the documentation lists, on nothing wider than topic and group', () => {
    const below = (kind: string, name: string) =>
      `${CLUSTER.replace(':cluster/', `:${kind}/`)}/${name}`;
    const calls = [...format.discoveryCalls, ...format.openCalls];
    expect(Object.fromEntries(calls.map(({ action, resource }) => [action, resource]))).toEqual({
      'kafka:DescribeClusterV2': CLUSTER,
      'kafka:GetBootstrapBrokers': CLUSTER,
      'kafka-cluster:Connect': CLUSTER,
      'kafka-cluster:DescribeClusterDynamicConfiguration': CLUSTER,
      'kafka-cluster:DescribeTopic': below('topic', 'local.market'),
      'kafka-cluster:ReadData': below('topic', 'local.market'),
      'kafka-cluster:DescribeGroup': below('group', KAFKA.consumerGroup),
      'kafka-cluster:AlterGroup': below('group', KAFKA.consumerGroup),
    });
  });
});
