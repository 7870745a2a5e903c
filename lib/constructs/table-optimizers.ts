import { Aws, Validations } from 'aws-cdk-lib';
import { CfnTableOptimizer } from 'aws-cdk-lib/aws-glue';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { bucketName, type NameScope, physicalName } from '../names.ts';
import {
  allow,
  glueArns,
  type ObjectGrant,
  objectAcknowledgements,
  objectGrants,
} from './policy-grants.ts';

export interface TableOptimizersProps {
  readonly names: NameScope;
  readonly domain: string;
  readonly database: string;
  readonly tables: readonly string[];
  readonly orphanAgeMs: number;
}

const DAY_MS = 86_400_000;
/** A reader, and the ledger, may still want a snapshot of the day before. */
const SNAPSHOT_DAYS = 1;
const SNAPSHOTS_KEPT = 100;

/**
 * Glue's own maintenance of tables: compaction, expiry and orphan removal. It knows nothing of staged files, so its age for orphans is the
 * one that is proven to be longer than anything stays staged. Source: AWS CloudFormation, AWS::Glue::TableOptimizer.
 */
export class TableOptimizers extends Construct {
  constructor(scope: Construct, id: string, props: TableOptimizersProps) {
    super(scope, id);
    const role = this.createRole(props);
    for (const table of props.tables) {
      const place = { catalogId: Aws.ACCOUNT_ID, databaseName: props.database, tableName: table };
      const configuration = { roleArn: role.roleArn, enabled: true };
      new CfnTableOptimizer(this, `${table}-Compaction`, {
        ...place,
        type: 'compaction',
        tableOptimizerConfiguration: configuration,
      });
      new CfnTableOptimizer(this, `${table}-Retention`, {
        ...place,
        type: 'retention',
        tableOptimizerConfiguration: {
          ...configuration,
          retentionConfiguration: {
            icebergConfiguration: {
              snapshotRetentionPeriodInDays: SNAPSHOT_DAYS,
              numberOfSnapshotsToRetain: SNAPSHOTS_KEPT,
              cleanExpiredFiles: true,
            },
          },
        },
      });
      new CfnTableOptimizer(this, `${table}-Orphans`, {
        ...place,
        type: 'orphan_file_deletion',
        tableOptimizerConfiguration: {
          ...configuration,
          orphanFileDeletionConfiguration: {
            icebergConfiguration: {
              orphanFileRetentionPeriodInDays: Math.ceil(props.orphanAgeMs / DAY_MS),
            },
          },
        },
      });
    }
  }

  private createRole({ names, domain, database, tables }: TableOptimizersProps): iam.Role {
    const name = physicalName(names, domain, 'optimizers');
    const grants = tables.map(
      (table): ObjectGrant => ({
        actions: ['s3:DeleteObject', 's3:GetObject', 's3:PutObject'],
        bucket: 'lake',
        prefix: `${database}/${table}/`,
        reason: 'the optimizer names the files it writes; the prefix holds this one table',
      }),
    );
    const logGroup = `arn:${Aws.PARTITION}:logs:${Aws.REGION}:${Aws.ACCOUNT_ID}:log-group:/aws-glue/iceberg-compaction/logs`;
    const role = new iam.Role(this, 'Role', {
      description: `Glue table optimizers of ${domain} (${name})`,
      assumedBy: new iam.ServicePrincipal('glue.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } },
      }),
      // Source: AWS Glue developer guide, "Table optimization prerequisites".
      inlinePolicies: {
        Optimize: allow(
          ...objectGrants(names, grants),
          {
            actions: ['s3:ListBucket'],
            resources: [`arn:${Aws.PARTITION}:s3:::${bucketName(names, 'lake')}`],
            conditions: {
              StringLike: { 's3:prefix': tables.map((table) => `${database}/${table}/*`) },
            },
          },
          {
            actions: ['glue:GetTable', 'glue:UpdateTable'],
            resources: glueArns(database, tables),
          },
          {
            actions: ['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:PutLogEvents'],
            resources: [logGroup, `${logGroup}:log-stream:*`],
          },
        ),
      },
    });
    Validations.of(role).acknowledge(...objectAcknowledgements(names, grants), {
      id: 'AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:logs:<AWS::Region>:<AWS::AccountId>:log-group:/aws-glue/iceberg-compaction/logs:log-stream:*]',
      reason: 'Glue names a log stream after each run',
    });
    return role;
  }
}
