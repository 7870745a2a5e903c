import type { EventSourceMappingState } from './event-source-mapping-service.ts';

/** Properties of AWS::Lambda::EventSourceMapping on a queue, resolved. Source: AWS CloudFormation reference. */
export interface QueueMappingConfig {
  /** Stable over restarts. */
  readonly id: string;
  readonly queueArn: string;
  readonly functionName: string;
  readonly batchSize: number;
  readonly batchingWindowMs: number;
  readonly reportBatchItemFailures: boolean;
  /** Batches at work at once; null leaves it to Lambda. */
  readonly maxConcurrency: number | null;
  readonly enabled: boolean;
  /** MetricsConfig asks for EventCount. */
  readonly countEvents: boolean;
}

/** A mapping as it stands now. */
export interface QueueMappingView {
  readonly config: QueueMappingConfig;
  readonly state: EventSourceMappingState;
  readonly lastModifiedMs: number;
}

/** What UpdateEventSourceMapping may change. */
export type QueueMappingChanges = Partial<Omit<QueueMappingConfig, 'id' | 'queueArn'>>;

/** Event source mappings from queues to functions. */
export interface QueueMappings {
  ensureMapping(config: QueueMappingConfig): void;
  /** Throws an AwsError as the Lambda API does, like the next two. */
  create(config: Omit<QueueMappingConfig, 'id'>): QueueMappingView;
  update(mappingId: string, changes: QueueMappingChanges): QueueMappingView;
  delete(mappingId: string): QueueMappingView;
  views(): readonly QueueMappingView[];
  /** Starts polling; called once everything is deployed. */
  start(): void;
  /** True while a queue of an enabled mapping holds a message: visible, delayed or in flight. */
  pending(): boolean;
  close(): Promise<void>;
}
