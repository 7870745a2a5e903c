import { CfnOutput, Duration, Fn, Stack, type StackProps } from 'aws-cdk-lib';
import * as kinesis from 'aws-cdk-lib/aws-kinesis';
import type { Construct } from 'constructs';
import type { Domain, Environment } from '#core/config/project.ts';
import { bufferStreamName, topicsOf } from '#core/config/topic.ts';
import { validatingRegistryArn } from '../constructs/kafka-mapping.ts';
import { createKafkaTopic } from '../constructs/kafka-topic.ts';
import { dataRemovalPolicy } from '../removal-policy.ts';
import {
  type KafkaNetwork,
  type TopicStream,
  type TopicStreams,
  topicScope,
} from '../topic-scope.ts';

export interface IngestionStackProps extends StackProps {
  readonly environment: Environment;
  readonly domain: Domain;
  /** Cluster of the domain's topics; null where the buffer is Kinesis. */
  readonly kafka: { readonly clusterArn: string; readonly network: KafkaNetwork | null } | null;
}

/** Stateful: the streams that buffer a domain's events until they are committed, one per topic. */
export class IngestionStack extends Stack {
  readonly streams: TopicStreams;

  constructor(scope: Construct, id: string, props: IngestionStackProps) {
    super(scope, id, props);
    this.streams = topicsOf(props.domain).map(
      (topic): TopicStream => this.createTopic(topic, props),
    );
    new CfnOutput(this, 'StreamNames', {
      value: Fn.join(
        ',',
        this.streams.map((each) =>
          each.kind === 'kinesis' ? each.stream.streamName : each.topicName,
        ),
      ),
    });
  }

  private createTopic(
    topic: { readonly name: string | null },
    props: IngestionStackProps,
  ): TopicStream {
    const { kafka, environment, domain } = props;
    if (kafka === null) {
      return { kind: 'kinesis', topic: topic.name, stream: this.createStream(topic, props) };
    }
    const topicName = bufferStreamName(environment.name, domain, topic);
    const { clusterArn } = kafka;
    const created = createKafkaTopic(topicScope(this, topic.name), {
      clusterArn,
      topicName,
      settings: domain,
    });
    created.applyRemovalPolicy(dataRemovalPolicy(environment));
    const { generation } = domain.kafka;
    const registryArn = validatingRegistryArn(environment, domain);
    return { kind: 'kafka', topic: topic.name, topicName, generation, registryArn, ...kafka };
  }

  private createStream(
    topic: { readonly name: string | null },
    { environment, domain }: IngestionStackProps,
  ): kinesis.Stream {
    // Provisioned: an idle on-demand stream costs 29.20 USD a month and bills each record as at least 1 KB.
    return new kinesis.Stream(topicScope(this, topic.name), 'Stream', {
      streamName: bufferStreamName(environment.name, domain, topic),
      streamMode: kinesis.StreamMode.PROVISIONED,
      shardCount: domain.stream.shards,
      retentionPeriod: Duration.hours(domain.stream.retentionHours),
      encryption: kinesis.StreamEncryption.MANAGED,
      removalPolicy: dataRemovalPolicy(environment),
    });
  }
}
