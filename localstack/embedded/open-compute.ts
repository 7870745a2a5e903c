import path from 'node:path';
import { createApiGatewayService } from './apigateway/apigateway-service.ts';
import { readEmbeddedMetrics } from './cloudwatch/embedded-metrics.ts';
import { openEventBridge } from './eventbridge/eventbridge-service.ts';
import type { TargetServices } from './eventbridge/invoke-target.ts';
import { createEventSourceMappings } from './lambda/event-source-mappings.ts';
import { openFunctionLogs } from './lambda/function-logs.ts';
import { createLambdaService } from './lambda/lambda-service.ts';
import { createQueueMappings } from './lambda/queue-source/queue-mappings.ts';
import type { LocalCloudOptions } from './local-cloud-options.ts';
import type { Stores } from './open-stores.ts';
import { createScheduler } from './scheduler/scheduler-service.ts';
import type { KinesisService } from './services.ts';

export type Compute = ReturnType<typeof openCompute>;

/** Functions, and everything that invokes them. */
export function openCompute(
  options: Pick<LocalCloudOptions, 'stateDir' | 'logDir'>,
  context: {
    readonly stores: Stores;
    readonly endpoint: string;
    readonly opened: <T extends { close(): Promise<void> }>(service: T) => T;
  },
) {
  const { stores, endpoint, opened } = context;
  const { s3, sqs, iam, kinesis, kafka, cloudWatch: metrics } = stores;
  const folder = (service: string): string => path.join(options.stateDir, service);
  const lambda = createLambdaService({
    endpointUrl: endpoint,
    iam,
    eventSourceMappings: () => eventSourceMappings,
    queueMappings: () => queueMappings,
    stateDir: folder('lambda'),
    sqs,
    roleCalls: iam,
    onNotice: (text) => logs.write('asynchronous-invocations', text),
    metrics,
  });
  const logs = openFunctionLogs(lambda, options.logDir);
  opened({ close: async () => logs.close() });
  lambda.onLog(({ text }) => {
    for (const datum of readEmbeddedMetrics(text)) metrics.put(datum);
  });
  opened(lambda);
  const notice = (log: string) => (text: string) => logs.write(log, text);
  const eventSourceMappings = opened(
    createEventSourceMappings({
      stateDir: folder('mappings'),
      kinesis,
      kafka: kafka.streams,
      lambda,
      s3,
      iam,
      metrics,
      onNotice: notice('event-source-mappings'),
    }),
  );
  const queueMappings = opened(
    createQueueMappings({
      stateDir: folder('queue-mappings'),
      sqs,
      lambda,
      iam,
      metrics,
      onNotice: notice('event-source-mappings'),
    }),
  );
  const eventBridge = opened(
    openEventBridge({
      stateDir: folder('eventbridge'),
      services: { lambda, sqs, iam, putRecord: recordWriter(kinesis) },
      metrics,
      onNotice: notice('eventbridge'),
    }),
  );
  const scheduler = opened(
    createScheduler({
      stateDir: folder('scheduler'),
      lambda,
      sqs,
      iam,
      onNotice: notice('scheduler'),
    }),
  );
  const apiGateway = createApiGatewayService({
    lambda,
    iam,
    metrics,
    onAccessLog: (logGroup, line) => logs.write(logGroup.replaceAll('/', '.').slice(1), line),
  });
  return {
    lambda,
    logs,
    eventSourceMappings,
    queueMappings,
    eventBridge,
    scheduler,
    apiGateway,
    /** Begins to invoke: only once everything is deployed. */
    start: (): void => {
      eventSourceMappings.start();
      queueMappings.start();
      lambda.resume();
      eventBridge.start();
      s3.sendEventsTo((event) => eventBridge.accept(event));
      scheduler.start();
      metrics.start();
    },
  };
}

function recordWriter(kinesis: KinesisService): TargetServices['putRecord'] {
  return (streamName, record) => {
    if (kinesis.putRecord !== undefined) return kinesis.putRecord(streamName, record);
    throw new Error('streams of another program are no targets of rules here');
  };
}
