import { Fn, Validations } from 'aws-cdk-lib';
import type { IRole } from 'aws-cdk-lib/aws-iam';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type { KafkaTopicRef, TopicStream, TopicStreams } from '../topic-scope.ts';
import type { Grant } from './policy-grants.ts';

/** What an event source mapping needs to read the topics for a function. */
export function mappingGrants(streams: TopicStreams, consumerGroup: string): Grant[] {
  const topics = kafkaTopicsOf(streams);
  if (topics.length === 0) {
    return [
      {
        actions: [
          'kinesis:DescribeStream',
          'kinesis:DescribeStreamSummary',
          'kinesis:GetRecords',
          'kinesis:GetShardIterator',
          'kinesis:ListShards',
        ],
        resources: streamArns(streams),
      },
    ];
  }
  const clusters = clusterArns(topics);
  return [
    // Source: AWS Lambda developer guide, "Configuring Lambda permissions for Amazon MSK event source mappings".
    { actions: ['kafka:DescribeClusterV2', 'kafka:GetBootstrapBrokers'], resources: clusters },
    {
      actions: ['kafka-cluster:Connect', 'kafka-cluster:DescribeClusterDynamicConfiguration'],
      resources: clusters,
    },
    {
      actions: ['kafka-cluster:DescribeTopic', 'kafka-cluster:ReadData'],
      resources: topics.map(topicArn),
    },
    {
      actions: ['kafka-cluster:AlterGroup', 'kafka-cluster:DescribeGroup'],
      resources: clusters.map((cluster) => below(cluster, 'group', consumerGroup)),
    },
    { actions: [...MAPPING_NETWORK_ACTIONS], resources: ['*'] },
    ...validationGrants(topics),
  ];
}

/** Beside reading schema versions, which readers of events may anyway. Source: AWS Lambda developer guide, "Using schema registries with Kafka event sources". */
function validationGrants(topics: readonly KafkaTopicRef[]): Grant[] {
  const registries = new Set(topics.flatMap(({ registryArn }) => registryArn ?? []));
  return registries.size === 0
    ? []
    : [{ actions: ['glue:GetRegistry'], resources: [...registries] }];
}

/** What a function needs to read the topics itself. */
export function readerGrants(streams: TopicStreams): Grant[] {
  const topics = kafkaTopicsOf(streams);
  if (topics.length === 0) {
    return [
      {
        actions: ['kinesis:GetRecords', 'kinesis:GetShardIterator', 'kinesis:ListShards'],
        resources: streamArns(streams),
      },
    ];
  }
  return [
    { actions: ['kafka:GetBootstrapBrokers'], resources: clusterArns(topics) },
    { actions: ['kafka-cluster:Connect'], resources: clusterArns(topics) },
    {
      actions: ['kafka-cluster:DescribeTopic', 'kafka-cluster:ReadData'],
      resources: topics.map(topicArn),
    },
    ...networkGrants(topics),
  ];
}

/** What a function needs to write to the topics. */
export function producerGrants(streams: TopicStreams): Grant[] {
  const topics = kafkaTopicsOf(streams);
  if (topics.length === 0) {
    return [
      { actions: ['kinesis:ListShards', 'kinesis:PutRecords'], resources: streamArns(streams) },
    ];
  }
  return [
    { actions: ['kafka:GetBootstrapBrokers'], resources: clusterArns(topics) },
    {
      actions: ['kafka-cluster:Connect', 'kafka-cluster:WriteDataIdempotently'],
      resources: clusterArns(topics),
    },
    {
      actions: ['kafka-cluster:DescribeTopic', 'kafka-cluster:WriteData'],
      resources: topics.map(topicArn),
    },
    ...networkGrants(topics),
  ];
}

/** Environment variables by which a function finds its topics; none where the buffer is Kinesis. */
export function bufferVariables(streams: TopicStreams): Readonly<Record<string, string>> {
  const [topic] = kafkaTopicsOf(streams);
  if (topic === undefined) return {};
  return { KAFKA_CLUSTER_ARN: topic.clusterArn, KAFKA_GENERATION: String(topic.generation) };
}

/** Puts a function that talks to brokers where it reaches them, when the cluster is in a network of its own. */
export function joinBufferNetwork(fn: lambda.Function, streams: TopicStreams): void {
  const network = kafkaTopicsOf(streams)[0]?.network ?? null;
  if (network === null) return;
  const resource = fn.node.defaultChild as lambda.CfnFunction;
  resource.vpcConfig = {
    subnetIds: [...network.subnetIds],
    securityGroupIds: [...network.securityGroupIds],
  };
}

/** The one wildcard of these grants, with its reason. */
export function acknowledgeBuffer(role: IRole, streams: TopicStreams): void {
  if (kafkaTopicsOf(streams).length === 0) return;
  Validations.of(role).acknowledge({
    id: 'AwsSolutions-IAM5[Resource::*]',
    reason:
      'Lambda reaches brokers through network interfaces in their subnets, which have no names before they are made',
  });
}

/** Source: AWS Lambda developer guide, "Configuring Lambda permissions for Amazon MSK event source mappings". */
const MAPPING_NETWORK_ACTIONS = [
  'ec2:CreateNetworkInterface',
  'ec2:DeleteNetworkInterface',
  'ec2:DescribeNetworkInterfaces',
  'ec2:DescribeSecurityGroups',
  'ec2:DescribeSubnets',
  'ec2:DescribeVpcs',
];

/** Source: AWS Lambda developer guide, "Giving Lambda functions access to resources in an Amazon VPC", execution role. */
const FUNCTION_NETWORK_ACTIONS = [
  'ec2:AssignPrivateIpAddresses',
  'ec2:CreateNetworkInterface',
  'ec2:DeleteNetworkInterface',
  'ec2:DescribeNetworkInterfaces',
  'ec2:DescribeSubnets',
  'ec2:UnassignPrivateIpAddresses',
];

function networkGrants(topics: readonly KafkaTopicRef[]): Grant[] {
  if (topics.every(({ network }) => network === null)) return [];
  return [{ actions: [...FUNCTION_NETWORK_ACTIONS], resources: ['*'] }];
}

export function kafkaTopicsOf(streams: TopicStreams): readonly KafkaTopicRef[] {
  return streams.filter((stream): stream is KafkaTopicRef => stream.kind === 'kafka');
}

function streamArns(streams: TopicStreams): string[] {
  return streams.flatMap((each: TopicStream) =>
    each.kind === 'kinesis' ? [each.stream.streamArn] : [],
  );
}

function clusterArns(topics: readonly KafkaTopicRef[]): string[] {
  return [...new Set(topics.map(({ clusterArn }) => clusterArn))];
}

function topicArn({ clusterArn, topicName }: KafkaTopicRef): string {
  return below(clusterArn, 'topic', topicName);
}

/** `…:topic/<cluster>/<id>/<name>`. Source: Amazon MSK developer guide, "Authorization policy resources". */
function below(clusterArn: string, kind: 'topic' | 'group', name: string): string {
  const parts = Fn.split(':cluster/', clusterArn);
  return Fn.join('', [Fn.select(0, parts), `:${kind}/`, Fn.select(1, parts), '/', name]);
}
