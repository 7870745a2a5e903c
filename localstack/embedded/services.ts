import type { IncomingMessage, ServerResponse } from 'node:http';
import type { EventBusAccess } from './eventbridge/event-bus-access.ts';
import type { SchemaRegistryTemplates } from './glue-schema-registry/schema-registry-templates.ts';
import type { ScheduleConfig } from './scheduler/schedule-config.ts';
import type { TemplateSecret } from './secretsmanager/template-secret.ts';
import type { QueueAccess } from './sqs/queue-access.ts';
import type { TemplateParameter } from './ssm/template-parameter.ts';

/**
 * What the emulated services offer to each other and to the assembly deployer, inside the process.
 * Clients outside speak the AWS wire protocols through the gateway.
 * `ensure…` is called at every start with the template's properties: it creates what is missing,
 * accepts what is unchanged, applies what AWS can update in place, and throws an Error that names the
 * property otherwise. All state lives under the service's state folder and survives SIGKILL.
 */
export interface HttpService {
  handle(request: IncomingMessage, response: ServerResponse): Promise<void> | void;
  /** Finishes writes and releases files, timers and children. */
  close(): Promise<void>;
}

/** A local file with an object's bytes. */
export interface ObjectFile {
  readonly path: string;
  readonly sizeBytes: number;
  readonly etag: string;
  readonly modifiedMs: number;
}

export interface BucketConfig {
  readonly name: string;
  readonly versioned: boolean;
  /** EventBridge is told of what happens to objects. @default false */
  readonly sendsEvents?: boolean;
}

export interface S3Service extends HttpService {
  ensureBucket(bucket: BucketConfig): void | Promise<void>;
  hasBucket(name: string): boolean;
  /** File that holds an object's bytes, unchanged for as long as a query may take; null when missing. */
  objectFile(bucket: string, key: string): ObjectFile | null | Promise<ObjectFile | null>;
  getObject(bucket: string, key: string): Promise<Buffer | null>;
  /** Returns false when `ifNoneMatch` found the key taken. */
  putObject(
    bucket: string,
    key: string,
    options: {
      readonly body: Uint8Array;
      readonly ifNoneMatch?: '*';
      readonly contentType?: string;
    },
  ): Promise<boolean>;
  /** Hands over events of buckets that send them, those left over from before as well; the sink keeps an event durably or throws. */
  sendEventsTo(
    sink: (event: { readonly id: string; readonly [member: string]: unknown }) => void,
  ): void;
}

/** The part of S3 that only an object store of this process can answer at once. */
export interface EmbeddedS3Service extends S3Service {
  ensureBucket(bucket: BucketConfig): void;
  objectFile(bucket: string, key: string): ObjectFile | null;
  /** Keys in UTF-8 byte order. */
  listObjects(
    bucket: string,
    prefix: string,
  ): readonly { readonly key: string; readonly sizeBytes: number; readonly modifiedMs: number }[];
}

export interface KinesisShardView {
  readonly shardId: string;
  readonly parentShardIds: readonly string[];
  /** True once the shard is closed by a split or merge. */
  readonly closed: boolean;
}

export interface KinesisRecordView {
  readonly sequenceNumber: string;
  readonly partitionKey: string;
  readonly data: Buffer;
  readonly arrivalMs: number;
}

export interface KinesisService extends HttpService {
  ensureStream(stream: {
    readonly name: string;
    readonly shardCount: number;
    readonly retentionHours: number;
    /** Key and data of one record together. @default 1024 */
    readonly maxRecordKib?: number;
  }): { readonly arn: string } | Promise<{ readonly arn: string }>;
  /** Appends one record, or throws as PutRecord does; only streams of this process have it. */
  putRecord?(
    streamName: string,
    record: { readonly partitionKey: string; readonly data: Buffer },
  ): void;
  listShards(streamName: string): readonly KinesisShardView[];
  /** Records after a position (null: from the oldest kept), at most `limit` records and `maxBytes` of data (at least one record). */
  readAfter(
    streamName: string,
    shardId: string,
    options: {
      readonly afterSequenceNumber: string | null;
      readonly limit: number;
      readonly maxBytes: number;
    },
  ): Promise<readonly KinesisRecordView[]>;
  /** Sequence number of the newest record of the shard, or null when it holds none. */
  latestSequenceNumber(streamName: string, shardId: string): string | null;
  /** Position after which the records that arrived at or after a time come; `readAfter` takes it. */
  positionBefore(streamName: string, shardId: string, timestampMs: number): string;
  /** Calls back after every append to the stream and every shard map change; returns the function that stops it. */
  onChange(streamName: string, listener: (shardId: string) => void): () => void;
}

export type { KafkaService, KafkaTopicConfig } from './kafka/kafka-topic-config.ts';

export interface LambdaFunctionConfig {
  readonly name: string;
  readonly arn: string;
  /** Folder of the unpacked code asset. */
  readonly codeDir: string;
  /** `index.handler` */
  readonly handler: string;
  readonly timeoutMs: number;
  readonly memoryMb: number;
  readonly environment: Readonly<Record<string, string>>;
  /** Concurrent executions; further invocations wait. */
  readonly maxConcurrency: number;
  /** Concurrent executions beyond which an invocation is throttled; the machine's limit above is ours, not AWS's. @default none */
  readonly reservedConcurrency?: number;
  /** Execution role; without one the function calls with the administrator's key. */
  readonly roleArn?: string;
  /** Starts this as the runtime instead of our own: AWS's runtime interface clients, which judge our Runtime API. */
  readonly runtimeCommand?: readonly [string, ...string[]];
}

export type { AsyncLambdaService, EventInvokeConfig } from './lambda/async-lambda-service.ts';

export type LambdaOutcome =
  | { readonly kind: 'success'; readonly payload: Buffer; readonly requestId: string }
  /** Handled error of the function, time-out, out of memory, or crash. `errorType` as Lambda names it (`Sandbox.Timedout`, `Runtime.ExitError`, `Runtime.OutOfMemory` …). */
  | {
      readonly kind: 'error';
      readonly errorType: string;
      readonly errorMessage: string;
      readonly payload: Buffer;
      readonly requestId: string;
    };

export interface LambdaService extends HttpService {
  ensureFunction(config: LambdaFunctionConfig): void;
  hasFunction(nameOrArn: string): boolean;
  /** ARN of the function's execution role; null when it has none or does not exist. */
  roleArnOf(nameOrArn: string): string | null;
  /** Longest time of an invocation; null when there is no such function. */
  timeoutMsOf(nameOrArn: string): number | null;
  /** Rejects when the function was not invoked: it does not exist, or is throttled. */
  invoke(nameOrArn: string, payload: Buffer): Promise<LambdaOutcome>;
  /** Accepts the invocation and runs it in the background, twice more after an error. Throws when there is no such function. */
  invokeLater(nameOrArn: string, payload: Buffer): void;
  /** Log lines of all functions as they come, for instance to a file per function. */
  onLog(
    listener: (line: { readonly functionName: string; readonly text: string }) => void,
  ): () => void;
  /** Pids of the live children, for kill tests. */
  childPids(): readonly number[];
}

export type {
  EventSourceMappingChanges,
  EventSourceMappingConfig,
  EventSourceMappingState,
  EventSourceMappings,
  EventSourceMappingView,
} from './lambda/event-source-mapping-service.ts';

/** Properties of AWS::Glue::Table with OpenTableFormatInput.IcebergInput, the only table shape that is accepted. */
export interface GlueIcebergTableInput {
  readonly databaseName: string;
  readonly name: string;
  /** `IcebergTableInput` of the template, unchanged: Location, Schema, PartitionSpec, WriteOrder, Properties. */
  readonly icebergTableInput: Readonly<Record<string, unknown>>;
}

export interface GlueTableView {
  readonly databaseName: string;
  readonly name: string;
  readonly metadataLocation: string;
  readonly versionId: string;
}

export interface GlueService extends HttpService {
  ensureDatabase(database: { readonly name: string; readonly description?: string }): void;
  /** Creates the table and its first metadata file in S3; an existing table must have been created from equal input. */
  ensureIcebergTable(table: GlueIcebergTableInput): Promise<void>;
  readonly schemaRegistry: SchemaRegistryTemplates;
  listDatabases(): readonly string[];
  listTables(databaseName: string): readonly GlueTableView[];
  getTable(databaseName: string, name: string): GlueTableView | null;
}

/** Requests per second on average, and at once. */
export interface HttpApiThrottle {
  readonly ratePerSecond: number;
  readonly burst: number;
}

/** Properties of AWS::ApiGatewayV2::Integration with a Lambda function, payload format 2.0, resolved. */
export interface HttpApiIntegrationConfig {
  readonly id: string;
  readonly apiId: string;
  readonly functionArn: string;
  readonly timeoutMs: number;
}

/** Properties of AWS::ApiGatewayV2::Route, resolved. */
export interface HttpApiRouteConfig {
  readonly id: string;
  readonly apiId: string;
  /** `POST /trade/events`, `ANY /{proxy+}` or `$default`. */
  readonly routeKey: string;
  readonly authorization: 'NONE' | 'AWS_IAM';
  readonly integrationId: string;
}

/** Properties of AWS::ApiGatewayV2::Stage, resolved. */
export interface HttpApiStageConfig {
  readonly apiId: string;
  readonly name: '$default';
  /** Of each route without throttle of its own; null does not throttle. */
  readonly defaultThrottle: HttpApiThrottle | null;
  /** By route key. */
  readonly routeThrottles: Readonly<Record<string, HttpApiThrottle>>;
  readonly accessLog: { readonly logGroup: string; readonly format: string } | null;
}

/** HTTP APIs; each is created before its integrations, those before their routes, and the stage last. */
export interface ApiGatewayService extends HttpService {
  ensureApi(config: { readonly id: string; readonly name: string }): void;
  ensureIntegration(config: HttpApiIntegrationConfig): void;
  ensureRoute(config: HttpApiRouteConfig): void;
  ensureStage(config: HttpApiStageConfig): void;
}

export interface AthenaService extends HttpService {
  ensureWorkGroup(workGroup: {
    readonly name: string;
    readonly outputLocation: string;
    readonly scanLimitBytes: number | null;
  }): void;
  /** Workgroup that an execution runs in; null when there is no such execution. */
  workGroupOf(queryExecutionId: string): string | null;
}

export interface DynamoDbService extends HttpService {
  ensureTable(table: {
    readonly name: string;
    readonly keySchema: readonly {
      readonly AttributeName: string;
      readonly KeyType: 'HASH' | 'RANGE';
    }[];
    readonly attributeDefinitions: readonly {
      readonly AttributeName: string;
      readonly AttributeType: 'S' | 'N' | 'B';
    }[];
  }): Promise<void>;
  /** Attribute that a deployed table is partitioned by; null for other tables. */
  partitionKeyOf(table: string): string | null;
}

/** One measurement. Source: Amazon CloudWatch, PutMetricData. */
export interface MetricDatum {
  /** `AWS/Lambda`, `Sluice` … */
  readonly namespace: string;
  readonly name: string;
  /** Name to value; the whole set is part of the metric's identity. */
  readonly dimensions: Readonly<Record<string, string>>;
  readonly value: number;
  readonly atMs: number;
}

/** Takes measurements. */
export interface MetricsService {
  /** Never throws: a measurement must not break what it measures. A value that is no finite number is dropped. */
  put(datum: MetricDatum): void;
}

export type AlarmState = 'OK' | 'ALARM' | 'INSUFFICIENT_DATA';

/** An alarm as it stands now. */
export interface AlarmView {
  readonly name: string;
  readonly description: string;
  readonly state: AlarmState;
  /** Why it is in this state, with the values that decided. */
  readonly reason: string;
  /** When it got into this state, epoch milliseconds. */
  readonly sinceMs: number;
}

/** Properties of AWS::CloudWatch::Alarm on one metric, resolved. */
export interface AlarmConfig {
  readonly name: string;
  readonly description: string;
  readonly namespace: string;
  readonly metricName: string;
  readonly dimensions: Readonly<Record<string, string>>;
  /** `Sum`, `Average`, `Minimum`, `Maximum`, `SampleCount` or a percentile such as `p99`. */
  readonly statistic: string;
  readonly periodSeconds: number;
  readonly evaluationPeriods: number;
  readonly datapointsToAlarm: number;
  readonly comparison:
    | 'GreaterThanThreshold'
    | 'GreaterThanOrEqualToThreshold'
    | 'LessThanThreshold'
    | 'LessThanOrEqualToThreshold';
  readonly threshold: number;
  readonly treatMissingData: 'breaching' | 'notBreaching' | 'ignore' | 'missing';
  /** Topics that are told of a change into the state. */
  readonly actions: Readonly<Record<AlarmState, readonly string[]>>;
}

export interface CloudWatchService extends HttpService, MetricsService {
  ensureAlarm(config: AlarmConfig): void;
  /** Topics that alarms may notify; a notification becomes a log line, nothing is sent. */
  ensureTopic(topic: {
    readonly arn: string;
    /** ARN, id or alias of the key that encrypts it; null for none. */
    readonly key: string | null;
  }): void;
  ensureSubscription(subscription: {
    readonly topicArn: string;
    readonly protocol: 'email';
    readonly endpoint: string;
  }): void;
  /** Starts evaluating; called once everything is deployed. */
  start(): void;
  alarms(): readonly AlarmView[];
}

export type { EventRuleConfig } from './eventbridge/event-bus-access.ts';
export type {
  QueueMappingChanges,
  QueueMappingConfig,
  QueueMappings,
  QueueMappingView,
} from './lambda/queue-mapping-service.ts';
export type { SqsMessageAttribute, SqsMessageView } from './sqs/queue-access.ts';

export interface SqsService extends HttpService, QueueAccess {}

export interface EventBridgeService extends HttpService, EventBusAccess {}

export type { ScheduleConfig } from './scheduler/schedule-config.ts';

export interface SchedulerService {
  ensureSchedule(config: ScheduleConfig): void;
  /** Starts firing; called once everything is deployed. */
  start(): void;
  close(): Promise<void>;
}

/** A policy document of the template with every intrinsic function evaluated. Source: IAM JSON policy elements reference. */
export interface PolicyDocument {
  readonly Statement: readonly {
    readonly Effect: 'Allow' | 'Deny';
    readonly Action: string | readonly string[];
    readonly Resource?: string | readonly string[] | undefined;
    readonly Principal?: '*' | PolicyPrincipals | undefined;
    /** Operator to condition key to expected values. */
    readonly Condition?: PolicyConditions | undefined;
  }[];
}
type PolicyPrincipals = {
  readonly [K in 'AWS' | 'Service']?: string | readonly string[] | undefined;
};
type PolicyConditions = Readonly<
  Record<string, Readonly<Record<string, string | readonly string[]>>>
>;

export interface NamedPolicy {
  readonly name: string;
  readonly document: PolicyDocument;
}

/** A function, a schedule, the event source mapping that reads for a function: whoever acts in a role. */
export interface RolePrincipal {
  readonly kind: 'role';
  readonly roleName: string;
  readonly roleArn: string;
  /** `arn:aws:sts::000000000000:assumed-role/<role>/<session>` */
  readonly arn: string;
}

/** Who makes a call: a role, the account's administrator (any key that was not issued here), or a service by itself. */
export type Principal =
  | RolePrincipal
  | { readonly kind: 'administrator'; readonly arn: string }
  /** `apigateway.amazonaws.com`: allowed what a resource's own policy allows it. */
  | { readonly kind: 'service'; readonly service: string };

export interface IamCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
}

export interface AccessRequest {
  readonly principal: Principal;
  /** `kinesis:GetRecords` */
  readonly action: string;
  /** ARN, or `*` for an action without a resource. */
  readonly resource: string;
  /** Condition keys of the request, for example `aws:SourceArn`. */
  readonly context?: Readonly<Record<string, string>>;
}

export interface AccessDecision {
  readonly allowed: boolean;
  /** The policy that allows it, or the sentence AWS refuses it with. */
  readonly reason: string;
}

/** Equal calls, counted since the start. */
export interface CallRecord {
  /** Name of the role, `administrator`, or the service. */
  readonly principal: string;
  readonly action: string;
  /** The resource as the policy that allowed the call names it; the resource itself of a denied call. */
  readonly resource: string;
  /** Policy that decided; null when none speaks of the call. */
  readonly policy: string | null;
  readonly allowed: boolean;
  readonly times: number;
}

export interface IamService {
  /** Creates or replaces a role; `trust` is its AssumeRolePolicyDocument. */
  ensureRole(role: {
    readonly name: string;
    readonly arn: string;
    readonly trust: PolicyDocument;
    readonly policies: readonly NamedPolicy[];
  }): void;
  /** Adds or replaces a policy of a role. Throws when there is no such role. */
  ensureRolePolicy(roleName: string, policy: NamedPolicy): void;
  /** Adds or replaces a policy of a bucket, function, topic …: what its statements say about principals. */
  ensureResourcePolicy(resourceArn: string, policy: NamedPolicy): void;
  /** The role as the principal of what a service does with it. Throws when there is no such role or it does not trust the service. */
  assumeRole(request: {
    readonly roleArn: string;
    /** `lambda.amazonaws.com` */
    readonly service: string;
    readonly sessionName: string;
    readonly context?: Readonly<Record<string, string>>;
  }): RolePrincipal;
  /** Temporary credentials of a role; they live in memory until they are revoked. Throws when there is no such role. */
  issueCredentials(roleArn: string, sessionName: string): IamCredentials;
  revokeCredentials(accessKeyId: string): void;
  /** Null for a key that looks issued here and is not (any more); no key at all is the administrator's. */
  principalOf(accessKeyId: string): Principal | null;
  /** Secret of an issued key; an administrator's secret is the key itself; null as in principalOf. */
  secretOf(accessKeyId: string): string | null;
  /** Session token that requests with the key must carry; null when none is needed. */
  sessionTokenOf(accessKeyId: string): string | null;
  /** Decides a call and counts it in the journal. */
  authorize(request: AccessRequest): AccessDecision;
  /** Denies a call of which nobody knows the permissions, and counts it. */
  refuse(call: Pick<AccessRequest, 'principal' | 'action'>): AccessDecision;
  journal(): readonly CallRecord[];
}

export interface SecretsManagerService extends HttpService {
  ensureSecret(secret: TemplateSecret): void;
  /** By name or ARN; null when there is none. */
  find(secretId: string): { readonly arn: string; readonly kmsKeyId: string | null } | null;
}

export interface SsmService extends HttpService {
  ensureParameter(parameter: TemplateParameter): void;
  /** Key that encrypts a parameter; null for one that is not encrypted, or with the account's own key, or missing. */
  keyOf(name: string): string | null;
}

/** The account and region every emulated ARN names. */
export const LOCAL_ACCOUNT = '000000000000';
export const LOCAL_REGION = 'us-east-1';
