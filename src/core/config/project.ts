import type { Field, FieldType } from '../schema/field.ts';

/**
 * The resolved, fully defaulted, frozen configuration: platform < environment < domain.
 * Only this object travels: into CDK props, and as JSON beside each Lambda bundle.
 * Durations are milliseconds, sizes bytes, rates per second.
 */
export interface Project {
  readonly platform: Platform;
  readonly environment: Environment;
  readonly domains: readonly Domain[];
}

export interface Platform {
  /** Prefix of stack names and physical names; lower case. */
  readonly name: string;
}

export type EnvironmentName = string;

export interface Environment {
  readonly name: EnvironmentName;
  /** Account and region of the deployment; null leaves the stack environment-agnostic. */
  readonly account: string | null;
  readonly region: string | null;
  /** `destroy` lets a stack deletion remove data: only for throw-away environments. */
  readonly removalPolicy: 'retain' | 'destroy';
  readonly logRetentionDays: number;
  readonly stream: {
    readonly shards: number;
    readonly retentionHours: number;
  };
  readonly writer: {
    readonly memoryMb: number;
    readonly timeoutSeconds: number;
    readonly batchSize: number;
    readonly batchingWindowSeconds: number;
    readonly retryAttempts: number;
    readonly maxRecordAgeSeconds: number;
  };
  readonly ledger: {
    /** Interval in which the books are rolled up. */
    readonly everyMinutes: number;
    /** Time after the end of an hour before its books must balance. */
    readonly graceSeconds: number;
  };
  readonly alarms: {
    /** Addresses that are told of every alarm. */
    readonly email: readonly string[];
    /** Age of the oldest event that is not written yet from which there is an alarm. */
    readonly iteratorAgeSeconds: number;
  };
  /** Athena: a query that would scan more is cancelled. */
  readonly queryScanLimitBytes: number;
}

export interface Domain {
  readonly name: string;
  readonly description: string;
  readonly owner: string;
  readonly buffer: 'kinesis';
  readonly topics: 'domain';
  readonly streams: readonly Stream[];
  readonly connectors: readonly Connector[];
}

/** A way in for events, besides producers that write to the buffer themselves. A stream has at most one of each kind. */
export type Connector = HttpIngestConnector;

/** Clients post JSON to `POST /<stream>/events` of the domain's API. */
export interface HttpIngestConnector {
  readonly name: string;
  readonly kind: 'http-ingest';
  readonly streams: readonly string[];
  /** Requests, per stream. */
  readonly throttle: { readonly ratePerSecond: number; readonly burst: number };
  /** Of a request, after decompression. */
  readonly maxBodyBytes: number;
  /** Of a request. */
  readonly maxEvents: number;
}

export interface Stream {
  readonly domain: string;
  readonly name: string;
  /** Name of the category in config/categories, for instance `market.tick`. */
  readonly category: string;
  readonly description: string;
  /** Field whose value is the partition key: order is kept per key. */
  readonly key: string;
  /** Field that holds the event time; null means arrival time. */
  readonly eventTime: string | null;
  readonly fields: readonly Field[];
  /** Fields that make two events the same event. */
  readonly identity: readonly string[];
  readonly watermark: {
    readonly delayMs: number;
    readonly idleMs: number;
    readonly maxFutureSkewMs: number;
  };
  readonly quality: readonly QualityRule[];
  readonly mapping: readonly Mapping[];
  readonly partition: { readonly bronze: readonly PartitionTerm[] };
  readonly rate: { readonly expectedPerSecond: number; readonly bytes: number };
  /** An event that arrives within the horizon of a committed one with the same identity is left out and counted; 0: only within a batch. */
  readonly dedupe: { readonly horizonMs: number };
  /** Field name to a generator call such as `walk(100, 0.02)`; fields without one are derived. */
  readonly generate: Readonly<Record<string, string>>;
}

export interface QualityRule {
  /** Unique within the stream; what `_flags` and reports show. */
  readonly name: string;
  /** Row expression (docs/expressions.md): true keeps the row; null counts as false. */
  readonly rule: string;
  readonly onFail: 'reject' | 'flag';
}

export interface Mapping {
  /**
   * Column the expression fills, as it is stored; the name of a source field rewrites it (the source value
   * stays in `_raw_<name>`).
   */
  readonly column: string;
  readonly expression: string;
  /** Type of the column: that of the rewritten field, or the one declared for a new column. */
  readonly type: FieldType;
}

/** One Iceberg partition term, for instance `hour(_ingested_at)` or `bucket(16, symbol)`. */
export interface PartitionTerm {
  readonly transform: 'identity' | 'year' | 'month' | 'day' | 'hour' | 'bucket' | 'truncate';
  /** Bucket count or truncate width; null for the others. */
  readonly parameter: number | null;
  /** Column as it is stored: money is `<name>_cents`. */
  readonly column: string;
}

/** Glue database of a layer: `<env>_<domain>_bronze`. */
export function databaseName(
  environment: string,
  domain: string,
  layer: 'bronze' | 'silver' | 'gold',
): string {
  return `${environment}_${domain}_${layer}`;
}

/** Glue database of the platform's own tables: `<env>_ops`. */
export function opsDatabaseName(environment: string): string {
  return `${environment}_ops`;
}
