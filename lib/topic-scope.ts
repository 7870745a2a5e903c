import type { IStream } from 'aws-cdk-lib/aws-kinesis';
import { Construct } from 'constructs';
import type { Topic } from '#core/config/topic.ts';

/** What buffers a domain's events, one per topic, all of one kind. */
export type TopicStreams = readonly TopicStream[];

export type TopicStream = KinesisTopicRef | KafkaTopicRef;

export interface KinesisTopicRef {
  readonly kind: 'kinesis';
  readonly topic: Topic['name'];
  readonly stream: IStream;
}

export interface KafkaTopicRef {
  readonly kind: 'kafka';
  readonly topic: Topic['name'];
  readonly clusterArn: string;
  readonly topicName: string;
  readonly generation: number;
  /** Of the Glue schema registry that Lambda validates records by; null when it does not. */
  readonly registryArn: string | null;
  /** Where functions reach the brokers; null when they need no network of their own for that. */
  readonly network: KafkaNetwork | null;
}

export interface KafkaNetwork {
  readonly subnetIds: readonly string[];
  readonly securityGroupIds: readonly string[];
}

/**
 * Where a topic's constructs go. The one topic of a whole domain stands in the parent itself; others get a
 * scope of their own, which gives logical ids a hash: topics `a_b` and `ab` stay apart.
 */
export function topicScope(parent: Construct, topic: Topic['name']): Construct {
  if (topic === null) return parent;
  const existing = parent.node.tryFindChild(`Topic:${topic}`);
  return existing instanceof Construct ? existing : new Construct(parent, `Topic:${topic}`);
}
