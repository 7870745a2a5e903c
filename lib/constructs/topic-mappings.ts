import * as lambda from 'aws-cdk-lib/aws-lambda';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import type { DomainSettings } from '#core/config/project.ts';
import type { Topic } from '#core/config/topic.ts';
import { type KinesisTopicRef, type TopicStreams, topicScope } from '../topic-scope.ts';
import { mapKafkaTopic } from './kafka-mapping.ts';

/** Event source mapping of one topic. */
export interface TopicMapping {
  readonly topic: Topic['name'];
  readonly mapping: lambda.CfnEventSourceMapping;
}

/** Lets a function read every topic of a domain, each shard in order; what it gives up goes to the dead letters whole. */
export function createTopicMappings(
  scope: Construct,
  props: {
    readonly streams: TopicStreams;
    readonly function: lambda.IFunction;
    readonly settings: DomainSettings;
    readonly deadLetters: IBucket;
  },
): readonly TopicMapping[] {
  return props.streams.map((each) => {
    const place = topicScope(scope, each.topic);
    const mapping =
      each.kind === 'kinesis'
        ? mapStream(place, each, props)
        : mapKafkaTopic(place, each, { ...props, consumerGroup: props.function.functionName });
    return { topic: each.topic, mapping };
  });
}

function mapStream(
  scope: Construct,
  { stream }: KinesisTopicRef,
  props: {
    readonly function: lambda.IFunction;
    readonly settings: DomainSettings;
    readonly deadLetters: IBucket;
  },
): lambda.CfnEventSourceMapping {
  const { writer } = props.settings;
  return new lambda.CfnEventSourceMapping(scope, 'StreamMapping', {
    eventSourceArn: stream.streamArn,
    functionName: props.function.functionName,
    // LATEST would skip what arrives while the mapping is being created.
    startingPosition: 'TRIM_HORIZON',
    batchSize: writer.batchSize,
    maximumBatchingWindowInSeconds: writer.batchingWindowSeconds,
    // The positions in table metadata assume that a shard's batches are committed one after the other.
    parallelizationFactor: 1,
    maximumRetryAttempts: writer.retryAttempts,
    maximumRecordAgeInSeconds: writer.maxRecordAgeSeconds,
    bisectBatchOnFunctionError: true,
    functionResponseTypes: ['ReportBatchItemFailures'],
    destinationConfig: { onFailure: { destination: props.deadLetters.bucketArn } },
    // Alarms watch what the mapping gives up.
    metricsConfig: { metrics: ['EventCount'] },
  });
}
