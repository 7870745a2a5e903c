import { describe, expect, it } from 'vitest';
import { deployAssembly } from '#embedded/assembly/deploy-assembly.ts';
import { oneStack, recordingServices, temporaryFolder } from '../assembly-fixture.ts';

const CLUSTER =
  'arn:aws:kafka:us-east-1:000000000000:cluster/local/00000000-0000-0000-0000-000000000000-1';
const TOPIC = {
  ClusterArn: CLUSTER,
  TopicName: 'local.market',
  PartitionCount: 3,
  ReplicationFactor: 1,
  Configs: Buffer.from('message.timestamp.type=LogAppendTime\nretention.ms=86400000\n').toString(
    'base64',
  ),
};
const MAPPING = {
  EventSourceArn: CLUSTER,
  Topics: ['local.market'],
  AmazonManagedKafkaEventSourceConfig: { ConsumerGroupId: 'writer' },
  FunctionName: 'writer',
  StartingPosition: 'TRIM_HORIZON',
};

async function deploy(type: string, properties: Readonly<Record<string, unknown>>) {
  const folder = temporaryFolder();
  const { services, calls } = recordingServices();
  try {
    await deployAssembly(oneStack({ It: { Type: type, Properties: properties } }), services, {
      stateDir: folder.path,
      endpoint: 'http://127.0.0.1:4566',
      log: () => {},
    });
    return calls;
  } finally {
    folder.remove();
  }
}

describe('AWS::MSK::Topic', () => {
  it('becomes a topic of the broker, with its configuration', async () => {
    expect(await deploy('AWS::MSK::Topic', TOPIC)).toEqual([
      [
        'kafkaTopic',
        {
          clusterArn: CLUSTER,
          name: 'local.market',
          partitions: 3,
          replication: 1,
          configs: { 'message.timestamp.type': 'LogAppendTime', 'retention.ms': '86400000' },
        },
      ],
    ]);
  });

  it.each([
    ['a name that Kafka refuses', { TopicName: 'local/market' }, /expected 1 to 249 letters/],
    [
      'something that is no cluster',
      { ClusterArn: 'cluster' },
      /expected the ARN of an MSK cluster/,
    ],
    ['a property that is not known', { Retention: 1 }, /Retention/],
  ])('is refused with %s', async (_name, change, message) => {
    await expect(deploy('AWS::MSK::Topic', { ...TOPIC, ...change })).rejects.toThrow(message);
  });
});

describe('AWS::Lambda::EventSourceMapping of a topic', () => {
  it('becomes a mapping with the defaults of AWS, after its topic is watched', async () => {
    expect(await deploy('AWS::Lambda::EventSourceMapping', MAPPING)).toEqual([
      ['watchedTopic', 'local.market'],
      [
        'mapping',
        {
          id: expect.stringMatching(/^[0-9a-f-]{36}$/),
          streamArn: CLUSTER,
          streamName: 'local.market',
          kafka: { consumerGroup: 'writer', bootstrapServers: '127.0.0.1:9092' },
          functionName: 'writer',
          batchSize: 100,
          batchingWindowMs: 0,
          parallelizationFactor: 1,
          startingPosition: 'TRIM_HORIZON',
          startingTimestampMs: null,
          bisectOnError: false,
          maxRetryAttempts: -1,
          maxRecordAgeSeconds: -1,
          reportBatchItemFailures: false,
          onFailureBucket: null,
          enabled: true,
          countEvents: false,
        },
      ],
    ]);
  });

  it('takes pollers and Kafka metrics, and keeps what it gives up', async () => {
    const calls = await deploy('AWS::Lambda::EventSourceMapping', {
      ...MAPPING,
      ProvisionedPollerConfig: { MinimumPollers: 1, MaximumPollers: 2 },
      BisectBatchOnFunctionError: true,
      MaximumRetryAttempts: 10,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      DestinationConfig: { OnFailure: { Destination: 'arn:aws:s3:::dead' } },
      MetricsConfig: { Metrics: ['EventCount', 'KafkaMetrics'] },
    });
    expect(calls.at(-1)?.[1]).toMatchObject({
      bisectOnError: true,
      maxRetryAttempts: 10,
      reportBatchItemFailures: true,
      onFailureBucket: 'dead',
      countEvents: true,
    });
  });

  it.each([
    ['a position in time', { StartingPosition: 'AT_TIMESTAMP' }],
    ['two topics', { Topics: ['a', 'b'] }],
    ['lanes of a shard', { ParallelizationFactor: 2 }],
  ])('is refused with %s', async (_name, change) => {
    await expect(
      deploy('AWS::Lambda::EventSourceMapping', { ...MAPPING, ...change }),
    ).rejects.toThrow(Object.keys(change)[0]);
  });
});
