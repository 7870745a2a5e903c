/** Properties of AWS::Lambda::EventSourceMapping on a Kinesis stream or a Kafka topic, resolved. Source: AWS CloudFormation reference. */
export interface EventSourceMappingConfig {
  /** Stable over restarts; names the checkpoint. */
  readonly id: string;
  /** Stream, or topic. */
  readonly streamName: string;
  /** Of the stream, or of the cluster with the topic. */
  readonly streamArn: string;
  /** Only of a topic. */
  readonly kafka?: { readonly consumerGroup: string; readonly bootstrapServers: string };
  readonly functionName: string;
  readonly batchSize: number;
  readonly batchingWindowMs: number;
  /** Batches of one shard under way at once, 1 to 10; the order of a partition key holds. */
  readonly parallelizationFactor: number;
  readonly startingPosition: 'TRIM_HORIZON' | 'LATEST' | 'AT_TIMESTAMP';
  /** Epoch milliseconds; null unless the position is AT_TIMESTAMP. */
  readonly startingTimestampMs: number | null;
  readonly bisectOnError: boolean;
  /** -1 = until the record expires. */
  readonly maxRetryAttempts: number;
  /** -1 = no limit. */
  readonly maxRecordAgeSeconds: number;
  readonly reportBatchItemFailures: boolean;
  /** Bucket that receives the failed batch whole; null when none is configured. */
  readonly onFailureBucket: string | null;
  readonly enabled: boolean;
  /** MetricsConfig asks for EventCount. */
  readonly countEvents: boolean;
}

/** Source: Lambda API, EventSourceMappingConfiguration. */
export type EventSourceMappingState =
  | 'Creating'
  | 'Enabling'
  | 'Enabled'
  | 'Disabling'
  | 'Disabled'
  | 'Updating'
  | 'Deleting';

/** A mapping as it stands now. */
export interface EventSourceMappingView {
  readonly config: EventSourceMappingConfig;
  readonly state: EventSourceMappingState;
  readonly lastModifiedMs: number;
  /** In Lambda's words: `No records processed`, `OK`, `PROBLEM: …`. */
  readonly lastProcessingResult: string;
}

/** What UpdateEventSourceMapping may change. */
export type EventSourceMappingChanges = Partial<
  Omit<
    EventSourceMappingConfig,
    'id' | 'streamName' | 'streamArn' | 'kafka' | 'startingPosition' | 'startingTimestampMs'
  >
>;

export interface EventSourceMappings {
  ensureMapping(config: EventSourceMappingConfig): void;
  /** Throws an AwsError as the Lambda API does, like the next two. */
  create(config: Omit<EventSourceMappingConfig, 'id'>): EventSourceMappingView;
  update(mappingId: string, changes: EventSourceMappingChanges): EventSourceMappingView;
  delete(mappingId: string): EventSourceMappingView;
  /** All mappings. */
  views(): readonly EventSourceMappingView[];
  /** Starts polling; called once everything is deployed. */
  start(): void;
  /** Checkpoint per shard: last sequence number done with, or null. */
  checkpoint(mappingId: string, shardId: string): string | null;
  /** Resolves when every shard of every mapping is read to its end and nothing is in flight. */
  drained(): Promise<void>;
  list(): readonly EventSourceMappingConfig[];
  /** True while a shard of a mapping has a record that is not done with. */
  pending(): boolean;
  close(): Promise<void>;
}
