import { z } from 'zod';
import type { EventSourceMappingConfig } from '#embedded/services.ts';
import type { EnsureContext } from '../resource-type.ts';
import { tags } from './tags.ts';

export const CLUSTER_ARN = /^arn:aws:kafka:[^:]+:\d{12}:cluster\/.+$/;
const S3_ARN = /^arn:aws:s3:::([^/]+)$/;
const FUNCTION_ARN = /^arn:aws:lambda:[^:]+:\d{12}:function:([^:]+)$/;

/** Defaults as AWS has them. Source: AWS CloudFormation, AWS::Lambda::EventSourceMapping, for Amazon MSK. */
export const kafkaMapping = z.strictObject({
  EventSourceArn: z.string().regex(CLUSTER_ARN),
  Topics: z.tuple([z.string()]),
  AmazonManagedKafkaEventSourceConfig: z.strictObject({
    ConsumerGroupId: z.string(),
    // Accepted without effect: the writer reads the schema header itself, and the format is that of the source.
    SchemaRegistryConfig: z
      .strictObject({
        SchemaRegistryURI: z.string(),
        EventRecordFormat: z.literal('SOURCE'),
        AccessConfigs: z.array(z.unknown()).optional(),
        SchemaValidationConfigs: z.array(z.unknown()),
      })
      .optional(),
  }),
  FunctionName: z.string(),
  StartingPosition: z.enum(['TRIM_HORIZON', 'LATEST']),
  BatchSize: z.int().min(1).max(10_000).default(100),
  // 500 ms in AWS, which counts in seconds here.
  MaximumBatchingWindowInSeconds: z.int().min(0).max(300).default(0),
  MaximumRetryAttempts: z.int().min(-1).max(10_000).default(-1),
  MaximumRecordAgeInSeconds: z.union([z.literal(-1), z.int().min(60).max(604_800)]).default(-1),
  BisectBatchOnFunctionError: z.boolean().default(false),
  FunctionResponseTypes: z.tuple([z.literal('ReportBatchItemFailures')]).optional(),
  DestinationConfig: z
    .strictObject({ OnFailure: z.strictObject({ Destination: z.string().regex(S3_ARN) }) })
    .optional(),
  // One poller reads everything here.
  ProvisionedPollerConfig: z
    .strictObject({
      MinimumPollers: z.int().min(1).max(200).optional(),
      MaximumPollers: z.int().min(1).max(2_000).optional(),
      PollerGroupName: z.string().optional(),
    })
    .optional(),
  Enabled: z.boolean().default(true),
  MetricsConfig: z
    .strictObject({ Metrics: z.array(z.enum(['EventCount', 'ErrorCount', 'KafkaMetrics'])) })
    .optional(),
  LoggingConfig: z.strictObject({ SystemLogLevel: z.string() }).optional(),
  Tags: tags,
});
type KafkaMapping = z.infer<typeof kafkaMapping>;

const MS_PER_SECOND = 1000;

export async function ensureKafkaMapping(
  properties: KafkaMapping,
  { services, identity }: EnsureContext,
): Promise<void> {
  const [topic] = properties.Topics;
  await services.kafka.watch(topic);
  services.eventSourceMappings.ensureMapping(toConfig(properties, identity.ref, services.kafka));
}

function toConfig(
  properties: KafkaMapping,
  id: string,
  kafka: { bootstrapServers(): string },
): EventSourceMappingConfig {
  const destination = properties.DestinationConfig?.OnFailure.Destination;
  return {
    id,
    streamArn: properties.EventSourceArn,
    streamName: properties.Topics[0],
    kafka: {
      consumerGroup: properties.AmazonManagedKafkaEventSourceConfig.ConsumerGroupId,
      bootstrapServers: kafka.bootstrapServers(),
    },
    functionName: FUNCTION_ARN.exec(properties.FunctionName)?.[1] ?? properties.FunctionName,
    batchSize: properties.BatchSize,
    batchingWindowMs: properties.MaximumBatchingWindowInSeconds * MS_PER_SECOND,
    parallelizationFactor: 1,
    startingPosition: properties.StartingPosition,
    startingTimestampMs: null,
    bisectOnError: properties.BisectBatchOnFunctionError,
    maxRetryAttempts: properties.MaximumRetryAttempts,
    maxRecordAgeSeconds: properties.MaximumRecordAgeInSeconds,
    reportBatchItemFailures: properties.FunctionResponseTypes !== undefined,
    onFailureBucket: destination === undefined ? null : (S3_ARN.exec(destination)?.[1] ?? null),
    enabled: properties.Enabled,
    countEvents: properties.MetricsConfig?.Metrics.includes('EventCount') ?? false,
  };
}
