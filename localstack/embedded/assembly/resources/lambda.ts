import { createHash } from 'node:crypto';
import { z } from 'zod';
import { localArn } from '../local-arn.ts';
import {
  defineResourceType,
  type EnsureContext,
  type PropertyProblem,
  type ResourceIdentity,
  type ResourcePlace,
  type ResourceType,
} from '../resource-type.ts';
import { CLUSTER_ARN, ensureKafkaMapping, kafkaMapping } from './kafka-mapping.ts';
import { tags } from './tags.ts';

const lambdaFunction = z.strictObject({
  FunctionName: z.string().max(64).optional(),
  Description: z.string().max(256).optional(),
  Runtime: z.literal('nodejs24.x'),
  Handler: z.string().regex(/^[\w/.-]+\.\w+$/, { error: () => 'expected file.export' }),
  Code: z.strictObject({ S3Bucket: z.string(), S3Key: z.string() }),
  MemorySize: z.int().min(128).max(10_240),
  Timeout: z.int().min(1).max(900),
  Environment: z.strictObject({ Variables: z.record(z.string(), z.string()) }).optional(),
  ReservedConcurrentExecutions: z.int().min(0).optional(),
  Role: z.string(),
  // Accepted without effect: JavaScript runs on any processor, and logs go to files.
  Architectures: z.tuple([z.enum(['arm64', 'x86_64'])]).optional(),
  LoggingConfig: z.strictObject({ LogGroup: z.string() }).optional(),
  Tags: tags,
});
type LambdaFunction = z.infer<typeof lambdaFunction>;

/** A child process takes about 70 MB; a shard keeps one busy. */
const DEFAULT_CONCURRENCY = 10;

const MS_PER_SECOND = 1000;

/** The folder of the code asset, or what is wrong with it. */
function findCode(
  properties: LambdaFunction,
  place: ResourcePlace,
): { readonly directory: string } | { readonly problem: string } {
  const key = properties.Code.S3Key;
  const asset = place.assets.get(key);
  if (asset === undefined) {
    return { problem: `no asset of stack ${place.stack} has the key "${key}"; synthesize again` };
  }
  if (asset.packaging !== 'zip') {
    return { problem: `expected a folder asset, got the file "${key}"` };
  }
  return { directory: asset.path };
}

function checkCode(properties: LambdaFunction, place: ResourcePlace): PropertyProblem[] {
  const code = findCode(properties, place);
  return 'problem' in code
    ? [{ about: 'value', path: ['Code', 'S3Key'], message: code.problem }]
    : [];
}

function ensureFunction(properties: LambdaFunction, context: EnsureContext): void {
  const code = findCode(properties, context.place);
  if ('problem' in code) throw new Error(code.problem);
  const { ref: name } = context.identity;
  // Lambda takes a role only when it can assume it.
  context.services.iam.assumeRole({
    roleArn: properties.Role,
    service: 'lambda.amazonaws.com',
    sessionName: name,
  });
  context.services.lambda.ensureFunction({
    name,
    arn: context.identity.attributes['Arn'] ?? '',
    codeDir: code.directory,
    handler: properties.Handler,
    timeoutMs: properties.Timeout * MS_PER_SECOND,
    memoryMb: properties.MemorySize,
    // The one variable that a function finds here and not in AWS: its clients talk to the local cloud.
    environment: { ...properties.Environment?.Variables, AWS_ENDPOINT_URL: context.endpoint },
    maxConcurrency: Math.max(1, properties.ReservedConcurrentExecutions ?? DEFAULT_CONCURRENCY),
    ...(properties.ReservedConcurrentExecutions === undefined
      ? {}
      : { reservedConcurrency: properties.ReservedConcurrentExecutions }),
    roleArn: properties.Role,
  });
}

const KINESIS_ARN = /^arn:aws:kinesis:[^:]+:\d{12}:stream\/(.+)$/;
const S3_ARN = /^arn:aws:s3:::([^/]+)$/;
const FUNCTION_ARN = /^arn:aws:lambda:[^:]+:\d{12}:function:([^:]+)$/;

/** Defaults as AWS has them. Source: AWS CloudFormation, AWS::Lambda::EventSourceMapping. */
const eventSourceMapping = z.strictObject({
  EventSourceArn: z
    .string()
    .regex(KINESIS_ARN, { error: () => 'expected the ARN of a Kinesis stream' }),
  FunctionName: z.string(),
  StartingPosition: z.enum(['TRIM_HORIZON', 'LATEST', 'AT_TIMESTAMP']),
  // Unix time in seconds.
  StartingPositionTimestamp: z.number().min(0).optional(),
  BatchSize: z.int().min(1).max(10_000).default(100),
  MaximumBatchingWindowInSeconds: z.int().min(0).max(300).default(0),
  ParallelizationFactor: z.int().min(1).max(10).default(1),
  MaximumRetryAttempts: z.int().min(-1).max(10_000).default(-1),
  MaximumRecordAgeInSeconds: z.union([z.literal(-1), z.int().min(60).max(604_800)]).default(-1),
  BisectBatchOnFunctionError: z.boolean().default(false),
  FunctionResponseTypes: z.tuple([z.literal('ReportBatchItemFailures')]).optional(),
  DestinationConfig: z
    .strictObject({
      OnFailure: z.strictObject({
        Destination: z.string().regex(S3_ARN, {
          error: () => 'expected the ARN of a bucket (the local cloud has no queues and no topics)',
        }),
      }),
    })
    .optional(),
  Enabled: z.boolean().default(true),
  MetricsConfig: z.strictObject({ Metrics: z.array(z.literal('EventCount')) }).optional(),
  // Zero is the default and means that there are no windows.
  TumblingWindowInSeconds: z
    .literal(0, { error: () => 'the local cloud has no tumbling windows; leave it out' })
    .optional(),
  FilterCriteria: z
    .undefined({
      error: () => 'the local cloud does not filter records; filter them in the function',
    })
    .optional(),
  Tags: tags,
});
type EventSourceMapping = z.infer<typeof eventSourceMapping>;

const QUEUE_ARN = /^arn:aws:sqs:[^:]+:\d{12}:[\w.-]+$/;

/** Defaults as AWS has them for queues. Retries and dead letters are the queue's. */
const queueMapping = z.strictObject({
  EventSourceArn: z.string().regex(QUEUE_ARN),
  FunctionName: z.string(),
  BatchSize: z.int().min(1).max(10_000).default(10),
  MaximumBatchingWindowInSeconds: z.int().min(0).max(300).default(0),
  FunctionResponseTypes: z.tuple([z.literal('ReportBatchItemFailures')]).optional(),
  ScalingConfig: z
    .strictObject({ MaximumConcurrency: z.int().min(2).max(1000).optional() })
    .optional(),
  Enabled: z.boolean().default(true),
  MetricsConfig: z.strictObject({ Metrics: z.array(z.literal('EventCount')) }).optional(),
  FilterCriteria: z
    .undefined({
      error: () =>
        'the local cloud does not filter messages; filter them in the rule or the function',
    })
    .optional(),
  Tags: tags,
});

function ensureQueueMapping(
  properties: z.infer<typeof queueMapping>,
  { services, identity }: EnsureContext,
): void {
  services.queueMappings.ensureMapping({
    id: identity.ref,
    queueArn: properties.EventSourceArn,
    functionName: FUNCTION_ARN.exec(properties.FunctionName)?.[1] ?? properties.FunctionName,
    batchSize: properties.BatchSize,
    batchingWindowMs: properties.MaximumBatchingWindowInSeconds * MS_PER_SECOND,
    reportBatchItemFailures: properties.FunctionResponseTypes !== undefined,
    maxConcurrency: properties.ScalingConfig?.MaximumConcurrency ?? null,
    enabled: properties.Enabled,
    countEvents: properties.MetricsConfig?.Metrics.includes('EventCount') ?? false,
  });
}

function checkMapping(properties: EventSourceMapping): PropertyProblem[] {
  const { StartingPosition, StartingPositionTimestamp } = properties;
  const needsTimestamp = StartingPosition === 'AT_TIMESTAMP';
  if (needsTimestamp === (StartingPositionTimestamp !== undefined)) return [];
  const message = `StartingPosition ${StartingPosition} ${needsTimestamp ? 'needs a' : 'takes no'} timestamp`;
  return [{ about: 'value', path: ['StartingPositionTimestamp'], message }];
}

function ensureMapping(properties: EventSourceMapping, context: EnsureContext): void {
  const destination = properties.DestinationConfig?.OnFailure.Destination;
  context.services.eventSourceMappings.ensureMapping({
    id: context.identity.ref,
    streamArn: properties.EventSourceArn,
    streamName: KINESIS_ARN.exec(properties.EventSourceArn)?.[1] ?? '',
    functionName: FUNCTION_ARN.exec(properties.FunctionName)?.[1] ?? properties.FunctionName,
    batchSize: properties.BatchSize,
    batchingWindowMs: properties.MaximumBatchingWindowInSeconds * MS_PER_SECOND,
    parallelizationFactor: properties.ParallelizationFactor,
    startingPosition: properties.StartingPosition,
    startingTimestampMs:
      properties.StartingPositionTimestamp === undefined
        ? null
        : Math.round(properties.StartingPositionTimestamp * MS_PER_SECOND),
    bisectOnError: properties.BisectBatchOnFunctionError,
    maxRetryAttempts: properties.MaximumRetryAttempts,
    maxRecordAgeSeconds: properties.MaximumRecordAgeInSeconds,
    reportBatchItemFailures: properties.FunctionResponseTypes !== undefined,
    onFailureBucket: destination === undefined ? null : (S3_ARN.exec(destination)?.[1] ?? null),
    enabled: properties.Enabled,
    countEvents: properties.MetricsConfig?.Metrics.includes('EventCount') ?? false,
  });
}

/** A mapping is known by a UUID; this one is the same at every start, so that its checkpoint is found again. */
function mappingId(place: ResourcePlace): string {
  const hex = createHash('sha256').update(`${place.stack}/${place.logicalId}`).digest('hex');
  return hex.slice(0, 32).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

const queueDestination = z
  .strictObject({
    Destination: z.string().regex(QUEUE_ARN, {
      error: () => 'expected the ARN of a queue; the local cloud emulates no other destinations',
    }),
  })
  .optional();

/** Defaults as AWS has them. Source: AWS CloudFormation, AWS::Lambda::EventInvokeConfig. */
const eventInvokeConfig = z.strictObject({
  FunctionName: z.string(),
  Qualifier: z.literal('$LATEST'),
  MaximumRetryAttempts: z.int().min(0).max(2).default(2),
  MaximumEventAgeInSeconds: z.int().min(60).max(21_600).default(21_600),
  DestinationConfig: z
    .strictObject({ OnSuccess: queueDestination, OnFailure: queueDestination })
    .optional(),
});

function ensureEventInvokeConfig(
  properties: z.infer<typeof eventInvokeConfig>,
  { services }: EnsureContext,
): void {
  const { FunctionName, DestinationConfig } = properties;
  services.lambda.ensureEventInvokeConfig({
    functionName: FUNCTION_ARN.exec(FunctionName)?.[1] ?? FunctionName,
    maxRetryAttempts: properties.MaximumRetryAttempts,
    maxEventAgeSeconds: properties.MaximumEventAgeInSeconds,
    onSuccessQueue: DestinationConfig?.OnSuccess?.Destination ?? null,
    onFailureQueue: DestinationConfig?.OnFailure?.Destination ?? null,
  });
}

const permission = z.strictObject({
  Action: z.literal('lambda:InvokeFunction'),
  FunctionName: z.string(),
  Principal: z.string().regex(/^[a-z0-9.-]+\.amazonaws\.com$/, {
    error: () => 'expected a service, for example apigateway.amazonaws.com',
  }),
  SourceArn: z.string().optional(),
  SourceAccount: z.string().optional(),
});

/** The statement that AddPermission makes of it. Source: AWS Lambda API reference, AddPermission. */
function ensurePermission(
  properties: z.infer<typeof permission>,
  { services, place }: EnsureContext,
): void {
  const { Action, FunctionName, Principal, SourceArn, SourceAccount } = properties;
  const name = FUNCTION_ARN.exec(FunctionName)?.[1] ?? FunctionName;
  const functionArn = localArn('lambda', `function:${name}`);
  const condition = {
    ...(SourceArn === undefined ? {} : { ArnLike: { 'aws:SourceArn': SourceArn } }),
    ...(SourceAccount === undefined
      ? {}
      : { StringEquals: { 'aws:SourceAccount': SourceAccount } }),
  };
  const statement = {
    Effect: 'Allow' as const,
    Action,
    Resource: functionArn,
    Principal: { Service: Principal },
    Condition: condition,
  };
  services.iam.ensureResourcePolicy(functionArn, {
    name: place.logicalId,
    document: { Statement: [statement] },
  });
}

function identifyMapping(_properties: unknown, place: ResourcePlace): ResourceIdentity {
  const Id = mappingId(place);
  const EventSourceMappingArn = localArn('lambda', `event-source-mapping:${Id}`);
  return { ref: Id, attributes: { Id, EventSourceMappingArn } };
}

/** A mapping has the properties of its source; what has none is told about streams. */
function bySource(types: {
  readonly queue: ResourceType;
  readonly topic: ResourceType;
  readonly stream: ResourceType;
}): ResourceType {
  const typeOf = (raw: unknown): ResourceType => {
    const arn = (raw as { readonly EventSourceArn?: unknown } | null)?.EventSourceArn;
    if (typeof arn !== 'string') return types.stream;
    if (QUEUE_ARN.test(arn)) return types.queue;
    return CLUSTER_ARN.test(arn) ? types.topic : types.stream;
  };
  return {
    inert: false,
    frozen: false,
    parse: (raw, place) => typeOf(raw).parse(raw, place),
  };
}

export const LAMBDA_RESOURCE_TYPES: Readonly<Record<string, ResourceType>> = {
  'AWS::Lambda::Function': defineResourceType({
    properties: lambdaFunction,
    identify(properties, place) {
      const name = properties.FunctionName ?? place.generatedName;
      return { ref: name, attributes: { Arn: localArn('lambda', `function:${name}`) } };
    },
    check: checkCode,
    ensure: ensureFunction,
  }),
  'AWS::Lambda::EventSourceMapping': bySource({
    queue: defineResourceType({
      properties: queueMapping,
      identify: identifyMapping,
      ensure: ensureQueueMapping,
    }),
    topic: defineResourceType({
      properties: kafkaMapping,
      identify: identifyMapping,
      ensure: ensureKafkaMapping,
    }),
    stream: defineResourceType({
      properties: eventSourceMapping,
      identify: identifyMapping,
      check: checkMapping,
      ensure: ensureMapping,
    }),
  }),
  'AWS::Lambda::EventInvokeConfig': defineResourceType({
    properties: eventInvokeConfig,
    identify: (_properties, place) => ({ ref: place.generatedName, attributes: {} }),
    ensure: ensureEventInvokeConfig,
  }),
  'AWS::Lambda::Permission': defineResourceType({
    properties: permission,
    identify: (_properties, place) => ({ ref: place.generatedName, attributes: {} }),
    ensure: ensurePermission,
  }),
};
