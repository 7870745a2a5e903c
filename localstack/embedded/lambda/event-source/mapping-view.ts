import { type EventSourceMappingView, LOCAL_ACCOUNT, LOCAL_REGION } from '#embedded/services.ts';

/** A mapping as the Lambda API shows it. Source: Lambda API, EventSourceMappingConfiguration; what it leaves open, recorded. */
export function describeMapping(
  view: EventSourceMappingView,
  functionArn: string | undefined,
): unknown {
  const { config } = view;
  const destination =
    config.onFailureBucket === null
      ? {}
      : { Destination: `arn:aws:s3:::${config.onFailureBucket}` };
  return {
    UUID: config.id,
    EventSourceMappingArn: `arn:aws:lambda:${LOCAL_REGION}:${LOCAL_ACCOUNT}:event-source-mapping:${config.id}`,
    EventSourceArn: config.streamArn,
    FunctionArn: functionArn,
    State: view.state,
    StateTransitionReason: 'User action',
    LastModified: view.lastModifiedMs / 1000,
    LastProcessingResult: view.lastProcessingResult,
    StartingPosition: config.startingPosition,
    StartingPositionTimestamp:
      config.startingTimestampMs === null ? undefined : config.startingTimestampMs / 1000,
    BatchSize: config.batchSize,
    MaximumBatchingWindowInSeconds: config.batchingWindowMs / 1000,
    ParallelizationFactor: config.parallelizationFactor,
    BisectBatchOnFunctionError: config.bisectOnError,
    MaximumRetryAttempts: config.maxRetryAttempts,
    MaximumRecordAgeInSeconds: config.maxRecordAgeSeconds,
    TumblingWindowInSeconds: 0,
    FunctionResponseTypes: config.reportBatchItemFailures ? ['ReportBatchItemFailures'] : [],
    DestinationConfig: { OnFailure: destination },
    MetricsConfig: config.countEvents ? { Metrics: ['EventCount'] } : undefined,
  };
}
