import type { FileFormat } from '../file/file-format.ts';
import type { FileTimes } from '../file/file-times.ts';
import type { CompatibilityMode } from '../schema/evolution/compatibility-mode.ts';
import type { Field, FieldType } from '../schema/field.ts';
import type { SecretSettings } from '../secret/secret-settings.ts';
import type { Connector } from './connector.ts';

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

/** Settings of a domain's own resources: an environment has them for every domain, a domain may override them. */
export interface DomainSettings {
  /** Of the buffer. */
  readonly stream: {
    readonly shards: number;
    readonly retentionHours: number;
  };
  /** Of the function that writes the tables. */
  readonly writer: {
    readonly memoryMb: number;
    readonly timeoutSeconds: number;
    readonly batchSize: number;
    readonly batchingWindowSeconds: number;
    readonly retryAttempts: number;
    readonly maxRecordAgeSeconds: number;
    /** Who commits what writers stage: one function for the whole domain, or each writer its own batch. */
    readonly commit: 'group' | 'direct';
    /** How long staged batches gather into one commit; matters to `group`. */
    readonly commitIntervalSeconds: number;
  };
  /** Of the topics, where the buffer is Kafka. */
  readonly kafka: KafkaSettings;
  /** Of the tables. */
  readonly maintenance: MaintenanceSettings;
}

export type MaintenanceEngine = 'own' | 'athena' | 'glue';

/** How the tables of a domain are kept in order. */
export interface MaintenanceSettings {
  readonly engine: MaintenanceEngine;
  readonly everyMinutes: number;
  readonly targetFileBytes: number;
  /** Small files in a partition from which they are rewritten. */
  readonly minFiles: number;
  /** Of the files rewritten in one run. */
  readonly maxRewriteBytes: number;
  readonly orphanAgeMs: number;
  /** By table name, what it has otherwise. */
  readonly tables: Readonly<Record<string, TableMaintenance>>;
}

export interface TableMaintenance {
  readonly engine?: MaintenanceEngine | undefined;
  readonly targetFileBytes?: number | undefined;
  readonly minFiles?: number | undefined;
  /** Columns, ascending; left out: the table's own sort order. */
  readonly sortBy?: readonly string[] | undefined;
}

export interface KafkaSettings {
  /** A cluster that exists; null for that of the environment. */
  readonly clusterArn: string | null;
  /** Where functions reach the brokers of that cluster; null when they need no network for it. */
  readonly network: {
    readonly subnets: readonly string[];
    readonly securityGroups: readonly string[];
  } | null;
  /** Of each topic. */
  readonly partitions: number;
  readonly replication: number;
  readonly minInSync: number;
  /** Of each topic's event source mapping; null reads on demand. */
  readonly pollers: { readonly min: number; readonly max: number } | null;
  /** Lambda asks the schema registry about each record, and puts aside what it does not know. */
  readonly validate: boolean;
  /** In the names of the sources: offsets of topics that were created again start at 0 again. */
  readonly generation: number;
}

/** The cluster an environment has for domains that name no other. */
export interface KafkaClusterSettings {
  readonly version: string;
  readonly broker: string;
  readonly zones: number;
  /** Of each broker. */
  readonly storageGb: number;
  /** Null for a VPC of its own. */
  readonly vpc: { readonly id: string; readonly subnets: readonly string[] } | null;
}

/** `stream` and `writer` are what a domain has that does not override them: resources take those of their domain. */
export interface Environment extends DomainSettings {
  readonly name: EnvironmentName;
  /** Account and region of the deployment; null leaves the stack environment-agnostic. */
  readonly account: string | null;
  readonly region: string | null;
  /** `destroy` lets a stack deletion remove data: only for throw-away environments. */
  readonly removalPolicy: 'retain' | 'destroy';
  readonly logRetentionDays: number;
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
  readonly kafkaCluster: KafkaClusterSettings;
  readonly schemaRegistry: SchemaRegistrySettings;
  /** Where the secrets of `${secret:name}` are. */
  readonly secrets: SecretSettings;
}

/** Where schema versions are published, and whose ids stand in the records; `none`: Sluice's own ids. */
export type SchemaRegistrySettings =
  | { readonly kind: 'none' }
  | { readonly kind: 'glue'; readonly name: string }
  | {
      readonly kind: 'confluent';
      /** Without a slash at the end. */
      readonly url: string;
      /** The password is a reference to a secret; null: none is needed. */
      readonly auth: { readonly user: string; readonly password: string } | null;
    };

export interface Domain extends DomainSettings {
  readonly name: string;
  readonly description: string;
  readonly owner: string;
  readonly buffer: 'kinesis' | 'kafka';
  /** What shares a stream of the buffer (see topicsOf). */
  readonly topics: 'domain' | 'category' | 'stream';
  readonly streams: readonly Stream[];
  readonly connectors: readonly Connector[];
  readonly files: readonly FileSource[];
}

/** Files that are uploaded below `<domain>/<path>/` of the landing bucket; their rows become events of a stream. */
export interface FileSource {
  readonly name: string;
  readonly stream: string;
  /** Below the domain, without slashes at the ends; no two entries' paths overlap. */
  readonly path: string;
  readonly format: FileFormat;
  readonly times: FileTimes;
  /** A value of this text is null. */
  readonly nullText: string;
  /** A file that takes longer lets others go first. */
  readonly turnMs: number;
  /** Field, money also by its stored name, to expression over the columns; others come from the column of equal name. */
  readonly select: readonly { readonly field: string; readonly expression: string }[];
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
  /** Hash of the sources of extensions/, when a rule or a mapping calls `fn:`; left out otherwise. */
  readonly extensions?: string | undefined;
  readonly partition: { readonly bronze: readonly PartitionTerm[] };
  readonly rate: {
    readonly expectedPerSecond: number;
    /** In the busiest minute. */
    readonly peakPerSecond: number;
    /** Of one event. */
    readonly bytes: number;
  };
  /** An event that arrives within the horizon of a committed one with the same identity is left out and counted; 0: only within a batch. */
  readonly dedupe: { readonly horizonMs: number };
  /** Rows are kept at least so long; maintenance removes files whose rows are all older. */
  readonly retention: { readonly bronzeDays: number };
  /** What the next version of the schema may change. */
  readonly compatibility: CompatibilityMode;
  /** Names of the sinks (core/sink/sink-kinds), `bronze` among them. */
  readonly sinks: readonly string[];
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
