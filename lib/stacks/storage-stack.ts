import { Aws, CfnOutput, RemovalPolicy, Stack, type StackProps } from 'aws-cdk-lib';
import * as athena from 'aws-cdk-lib/aws-athena';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import { CfnRegistry } from 'aws-cdk-lib/aws-glue';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { type Environment, opsDatabaseName } from '#core/config/project.ts';
import { LEDGER_SHAPE, LEDGER_TABLE } from '#core/ledger/ledger-table.ts';
import { createGlueDatabase } from '../constructs/glue-database.ts';
import { createIcebergTable } from '../constructs/iceberg-table.ts';
import { createPrivateBucket } from '../constructs/private-bucket.ts';
import { bucketName, type NameScope, physicalName } from '../names.ts';
import { dataRemovalPolicy } from '../removal-policy.ts';

export interface StorageStackProps extends StackProps {
  readonly names: NameScope;
  readonly environment: Environment;
}

/**
 * Lake objects are written once under new names, so a version appears only when something deletes: a wrong
 * cleaner or operator can be undone for a week, and what compaction removes is paid a week longer (about a
 * quarter of a month's ingest).
 */
const LAKE_UNDELETE_DAYS = 7;
/** Dead letters are the only copy of a record: deleting one can be undone for a month. */
const DEAD_LETTER_UNDELETE_DAYS = 30;
/** A file that is replaced or deleted while it waits is read all the same; messages about it live for 14 days. */
const LANDING_UNDELETE_DAYS = 30;
/** Several kinds of items share a table: what the keys hold depends on the kind. */
const ITEM_KEYS = ['pk', 'sk'] as const;
/** One item per source of a domain: roles may be confined to their domain's. */
const STAGING_LOG_KEYS = ['domain', 'source'] as const;
/** Query results are copies of lake data: long enough to page through, short enough not to pile up. */
const QUERY_RESULT_DAYS = 7;

/** Stateful: buckets, query workgroup, tables of items, and the database of the platform's own tables. */
export class StorageStack extends Stack {
  readonly lake: s3.Bucket;
  readonly deadLetters: s3.Bucket;
  readonly receipts: dynamodb.Table;
  /** Files that users upload, and what became of them. */
  readonly landing: s3.Bucket;
  /** How far connectors are. */
  readonly connectorState: dynamodb.Table;
  /** What writers have staged and nobody has committed yet. */
  readonly staging: dynamodb.Table;

  constructor(scope: Construct, id: string, props: StorageStackProps) {
    super(scope, id, props);
    const { names, environment } = props;
    const removalPolicy = dataRemovalPolicy(environment);
    const accessLogs = createPrivateBucket(this, 'AccessLogs', {
      bucketName: bucketName(names, 'access-logs'),
      removalPolicy,
      accessLogs: null,
      undeleteDays: null,
      expireDays: environment.logRetentionDays,
    });
    this.lake = createPrivateBucket(this, 'Lake', {
      bucketName: bucketName(names, 'lake'),
      removalPolicy,
      accessLogs,
      undeleteDays: LAKE_UNDELETE_DAYS,
      expireDays: null,
    });
    this.deadLetters = createPrivateBucket(this, 'DeadLetters', {
      bucketName: bucketName(names, 'dead-letter'),
      removalPolicy,
      accessLogs,
      undeleteDays: DEAD_LETTER_UNDELETE_DAYS,
      expireDays: null,
    });
    const queryResults = createPrivateBucket(this, 'QueryResults', {
      bucketName: bucketName(names, 'results'),
      removalPolicy,
      accessLogs,
      undeleteDays: null,
      expireDays: QUERY_RESULT_DAYS,
    });
    this.landing = createPrivateBucket(this, 'Landing', {
      bucketName: bucketName(names, 'landing'),
      removalPolicy,
      accessLogs,
      undeleteDays: LANDING_UNDELETE_DAYS,
      expireDays: null,
      sendsEvents: true,
    });
    const workGroup = this.createWorkGroup(props, queryResults);
    // What producers had acknowledged: half of the ledger.
    this.receipts = this.createTable('Receipts', {
      tableName: physicalName(names, 'receipts'),
      keys: ITEM_KEYS,
      removalPolicy,
    });
    // Lost, connectors would begin again: repeated events are left out within the horizon only.
    this.connectorState = this.createTable('Connectors', {
      tableName: physicalName(names, 'connectors'),
      keys: ITEM_KEYS,
      removalPolicy,
    });
    // Lost, staged files would be staged again from the buffer, as long as that keeps the events.
    this.staging = this.createTable('Staging', {
      tableName: physicalName(names, 'staging'),
      keys: STAGING_LOG_KEYS,
      removalPolicy,
    });
    const ops = createGlueDatabase(this, 'OpsDatabase', {
      name: opsDatabaseName(environment.name),
      description: 'Row ledger and other tables of the platform itself',
    });

    const ledger = createIcebergTable(new Construct(this, 'OpsTables'), {
      lake: this.lake,
      database: opsDatabaseName(environment.name),
      table: { name: LEDGER_TABLE, shape: LEDGER_SHAPE },
    });
    ledger.addResourceDependency(ops);

    this.createSchemaRegistry(props, removalPolicy);
    new CfnOutput(this, 'LakeBucketName', { value: this.lake.bucketName });
    new CfnOutput(this, 'DeadLetterBucketName', { value: this.deadLetters.bucketName });
    new CfnOutput(this, 'LandingBucketName', { value: this.landing.bucketName });
    new CfnOutput(this, 'WorkGroupName', { value: workGroup.ref });
    new CfnOutput(this, 'ReceiptsTableName', { value: this.receipts.tableName });
    new CfnOutput(this, 'ConnectorsTableName', { value: this.connectorState.tableName });
    new CfnOutput(this, 'StagingTableName', { value: this.staging.tableName });
    new CfnOutput(this, 'OpsDatabaseName', { value: ops.ref });
  }

  /** Domains put their schemas into it. Free of charge. */
  private createSchemaRegistry({ environment }: StorageStackProps, policy: RemovalPolicy): void {
    const { schemaRegistry } = environment;
    if (schemaRegistry.kind !== 'glue') return;
    const registry = new CfnRegistry(this, 'SchemaRegistry', {
      name: schemaRegistry.name,
      description: `Event schemas of environment ${environment.name}`,
    });
    registry.applyRemovalPolicy(policy);
    new CfnOutput(this, 'SchemaRegistryName', { value: schemaRegistry.name });
  }

  private createWorkGroup(props: StorageStackProps, results: s3.Bucket): athena.CfnWorkGroup {
    const { names, environment } = props;
    return new athena.CfnWorkGroup(this, 'WorkGroup', {
      name: physicalName(names),
      state: 'ENABLED',
      // Saved queries keep a workgroup from being deleted; only a throw-away environment loses them unasked.
      recursiveDeleteOption: environment.removalPolicy === 'destroy',
      workGroupConfiguration: {
        enforceWorkGroupConfiguration: true,
        publishCloudWatchMetricsEnabled: true,
        bytesScannedCutoffPerQuery: environment.queryScanLimitBytes,
        engineVersion: { selectedEngineVersion: 'Athena engine version 3' },
        resultConfiguration: {
          outputLocation: results.s3UrlForObject('results/'),
          expectedBucketOwner: Aws.ACCOUNT_ID,
          encryptionConfiguration: { encryptionOption: 'SSE_S3' },
        },
      },
    });
  }

  /** A table of items that nothing else could be made from again: it is restored to any second of the last 35 days. */
  private createTable(
    id: string,
    props: {
      readonly tableName: string;
      readonly keys: readonly [partition: string, sort: string];
      readonly removalPolicy: RemovalPolicy;
    },
  ): dynamodb.Table {
    const { tableName, keys, removalPolicy } = props;
    return new dynamodb.Table(this, id, {
      tableName,
      partitionKey: { name: keys[0], type: dynamodb.AttributeType.STRING },
      sortKey: { name: keys[1], type: dynamodb.AttributeType.STRING },
      billingMode: dynamodb.BillingMode.PAY_PER_REQUEST,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      deletionProtection: removalPolicy === RemovalPolicy.RETAIN,
      removalPolicy,
    });
  }
}
