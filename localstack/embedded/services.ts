import type { IncomingMessage, ServerResponse } from 'node:http';

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

export interface S3Service extends HttpService {
  ensureBucket(bucket: { readonly name: string; readonly versioned: boolean }): void;
  hasBucket(name: string): boolean;
  /** File that holds an object's bytes, unchanged for as long as the object exists; null when missing. */
  objectFile(
    bucket: string,
    key: string,
  ): { readonly path: string; readonly sizeBytes: number; readonly etag: string } | null;
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
  }): { readonly arn: string };
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
  /** Calls back after every append to the stream and every shard map change; returns the function that stops it. */
  onChange(streamName: string, listener: (shardId: string) => void): () => void;
}

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
}

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
  invoke(nameOrArn: string, payload: Buffer): Promise<LambdaOutcome>;
  /** Log lines of all functions as they come, for instance to a file per function. */
  onLog(
    listener: (line: { readonly functionName: string; readonly text: string }) => void,
  ): () => void;
  /** Pids of the live children, for kill tests. */
  childPids(): readonly number[];
}

/** Properties of AWS::Lambda::EventSourceMapping on a Kinesis stream, resolved. Source: AWS CloudFormation reference. */
export interface EventSourceMappingConfig {
  /** Stable over restarts; names the checkpoint. */
  readonly id: string;
  readonly streamName: string;
  readonly streamArn: string;
  readonly functionName: string;
  readonly batchSize: number;
  readonly batchingWindowMs: number;
  readonly parallelizationFactor: 1;
  readonly startingPosition: 'TRIM_HORIZON' | 'LATEST';
  readonly bisectOnError: boolean;
  /** -1 = until the record expires. */
  readonly maxRetryAttempts: number;
  /** -1 = no limit. */
  readonly maxRecordAgeSeconds: number;
  readonly reportBatchItemFailures: boolean;
  /** Bucket that receives the failed batch whole; null when none is configured. */
  readonly onFailureBucket: string | null;
}

export interface EventSourceMappings {
  ensureMapping(config: EventSourceMappingConfig): void;
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
  listDatabases(): readonly string[];
  listTables(databaseName: string): readonly GlueTableView[];
  getTable(databaseName: string, name: string): GlueTableView | null;
}

export interface AthenaService extends HttpService {
  ensureWorkGroup(workGroup: {
    readonly name: string;
    readonly outputLocation: string;
    readonly scanLimitBytes: number | null;
  }): void;
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
}

/** The account and region every emulated ARN names. */
export const LOCAL_ACCOUNT = '000000000000';
export const LOCAL_REGION = 'us-east-1';
