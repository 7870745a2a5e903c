/** Properties of AWS::MSK::Topic, resolved. */
export interface KafkaTopicConfig {
  readonly clusterArn: string;
  readonly name: string;
  readonly partitions: number;
  readonly replication: number;
  /** Topic configuration, by Kafka's names. */
  readonly configs: Readonly<Record<string, string>>;
}

/** Topics on the broker of `npm run kafka:up`, which stands for every cluster of the template. */
export interface KafkaService {
  /** Creates the topic, or lets it grow. Throws USAGE when no broker runs, and for fewer partitions than there are. */
  ensureTopic(config: KafkaTopicConfig): Promise<void>;
  /** `127.0.0.1:9092`. Throws USAGE when no broker runs. */
  bootstrapServers(): string;
  /** Watches a topic so that a mapping can read it. */
  watch(topic: string): Promise<void>;
  /** Looks at every topic now, so that nobody takes a topic for read to its end that has grown. */
  refresh(): Promise<void>;
}
