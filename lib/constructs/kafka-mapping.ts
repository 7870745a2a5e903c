import { Aws } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import type { DomainSettings, Environment } from '#core/config/project.ts';
import type { KafkaTopicRef } from '../topic-scope.ts';

/** Retries that a mapping allows beside an on-failure destination. Source: AWS Lambda, Kafka event source mappings, parameters. */
const MAX_RETRIES = 10;

/**
 * Lets a function read a topic through a consumer group of its name. With pollers the mapping bisects, gives up and keeps
 * what it gave up as that of a stream does; on demand it has none of these and tries a batch again until it succeeds.
 * Source: AWS Lambda developer guide, "Kafka event source scaling modes" and event source mapping parameters.
 */
export function mapKafkaTopic(
  scope: Construct,
  { clusterArn, topicName, registryArn }: KafkaTopicRef,
  props: {
    readonly function: lambda.IFunction;
    readonly settings: DomainSettings;
    readonly deadLetters: IBucket;
    readonly consumerGroup: string;
  },
): lambda.CfnEventSourceMapping {
  const { writer, kafka } = props.settings;
  const { pollers } = kafka;
  return new lambda.CfnEventSourceMapping(scope, 'TopicMapping', {
    eventSourceArn: clusterArn,
    topics: [topicName],
    amazonManagedKafkaEventSourceConfig: {
      consumerGroupId: props.consumerGroup,
      ...(registryArn === null ? {} : { schemaRegistryConfig: validateBy(registryArn) }),
    },
    functionName: props.function.functionName,
    // LATEST would skip what arrives while the mapping is being created.
    startingPosition: 'TRIM_HORIZON',
    batchSize: writer.batchSize,
    maximumBatchingWindowInSeconds: writer.batchingWindowSeconds,
    destinationConfig: { onFailure: { destination: props.deadLetters.bucketArn } },
    ...(pollers === null
      ? {}
      : {
          provisionedPollerConfig: { minimumPollers: pollers.min, maximumPollers: pollers.max },
          bisectBatchOnFunctionError: true,
          functionResponseTypes: ['ReportBatchItemFailures'],
          maximumRetryAttempts: retriesOf(writer.retryAttempts),
          maximumRecordAgeInSeconds: writer.maxRecordAgeSeconds,
          // Alarms watch what the mapping gives up, and how far it is behind.
          metricsConfig: { metrics: ['EventCount', 'KafkaMetrics'] },
        }),
  });
}

/**
 * The registry by which Lambda validates the records of a domain's topics; null when it does not: validation takes pollers, and
 * moves what it does not know from the table `rejected` to the failure destination, so it is asked for.
 */
export function validatingRegistryArn(
  { schemaRegistry }: Pick<Environment, 'schemaRegistry'>,
  { kafka }: Pick<DomainSettings, 'kafka'>,
): string | null {
  if (!kafka.validate || kafka.pollers === null || schemaRegistry.kind !== 'glue') return null;
  return `arn:${Aws.PARTITION}:glue:${Aws.REGION}:${Aws.ACCOUNT_ID}:registry/${schemaRegistry.name}`;
}

/** As Avro, without the header: the id comes beside the record. Source: AWS CloudFormation, SchemaRegistryConfig. */
function validateBy(
  registryArn: string,
): lambda.CfnEventSourceMapping.SchemaRegistryConfigProperty {
  return {
    schemaRegistryUri: registryArn,
    eventRecordFormat: 'SOURCE',
    schemaValidationConfigs: [{ attribute: 'VALUE' }],
  };
}

/** Until the record is too old (-1), or a number that this kind of mapping takes. */
function retriesOf(retryAttempts: number): number {
  return Math.min(retryAttempts, MAX_RETRIES);
}
