import { Aws } from 'aws-cdk-lib';
import type { ITable } from 'aws-cdk-lib/aws-dynamodb';
import type { PolicyDocument } from 'aws-cdk-lib/aws-iam';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import { bucketName, type NameScope } from '../names.ts';
import {
  allow,
  type Grant,
  glueArns,
  type ObjectGrant,
  objectAcknowledgements,
  objectGrants,
  policyOf,
} from './policy-grants.ts';
import { stagingGrant } from './staging-grants.ts';

export interface MaintenanceResources {
  readonly names: NameScope;
  readonly domain: string;
  /** Bronze database of the domain and its tables, `rejected` among them. */
  readonly database: string;
  readonly tables: readonly string[];
  readonly staging: ITable;
  /** Of the queries that maintain tables; null where there are none. */
  readonly workGroup: string | null;
  readonly logGroup: ILogGroup;
}

const QUERY_RESULTS: ObjectGrant = {
  actions: ['s3:GetObject', 's3:PutObject'],
  bucket: 'results',
  prefix: 'results/',
  reason: 'Athena names the results of each query after the query',
};

function objectGrantsOf({ database, tables, workGroup }: MaintenanceResources): ObjectGrant[] {
  return [
    {
      actions: ['s3:GetObject', 's3:PutObject'],
      bucket: 'lake',
      prefix: `${database}/`,
      reason:
        'rewritten files and metadata get a new name with every commit; the prefix holds the tables of this domain only',
    },
    ...tables.map(
      (table): ObjectGrant => ({
        actions: ['s3:DeleteObject'],
        bucket: 'lake',
        prefix: `${database}/${table}/`,
        reason:
          'files that nothing names any more have names of any batch; the prefix holds this one table',
      }),
    ),
    ...(workGroup === null ? [] : [QUERY_RESULTS]),
  ];
}

/** One inline policy per concern of the maintenance: every action by name, every resource as narrow as its service allows. */
export function maintenancePolicies(
  resources: MaintenanceResources,
): Record<string, PolicyDocument> {
  const { names, domain, database, tables, staging, logGroup } = resources;
  return {
    CommitTables: allow({
      actions: ['glue:GetTable', 'glue:UpdateTable'],
      resources: glueArns(database, tables),
    }),
    ReadStagingLog: allow(stagingGrant(staging, domain, ['Query'])),
    UseLake: allow(...objectGrants(names, objectGrantsOf(resources)), {
      actions: ['s3:ListBucket'],
      resources: [`arn:${Aws.PARTITION}:s3:::${bucketName(names, 'lake')}`],
      conditions: { StringLike: { 's3:prefix': tables.map((table) => `${database}/${table}/*`) } },
    }),
    ...policyOf('Query', queryGrants(resources)),
    WriteLogs: allow({
      actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
      resources: [logGroup.logGroupArn],
    }),
  };
}

/** Source: Amazon Athena user guide, "Access to workgroups and tables"; "VACUUM". */
function queryGrants({
  names,
  database,
  tables,
  workGroup,
}: MaintenanceResources): readonly Grant[] {
  if (workGroup === null) return [];
  return [
    {
      actions: [
        'athena:GetQueryExecution',
        'athena:GetQueryResults',
        'athena:StartQueryExecution',
        'athena:StopQueryExecution',
      ],
      resources: [
        `arn:${Aws.PARTITION}:athena:${Aws.REGION}:${Aws.ACCOUNT_ID}:workgroup/${workGroup}`,
      ],
    },
    {
      actions: ['glue:GetDatabase', 'glue:GetTable', 'glue:UpdateTable'],
      resources: glueArns(database, tables),
    },
    {
      actions: ['s3:GetBucketLocation', 's3:ListBucket'],
      resources: [`arn:${Aws.PARTITION}:s3:::${bucketName(names, 'results')}`],
    },
  ];
}

/** The wildcard findings that these policies raise in AwsSolutions-IAM5, each with its reason. */
export function maintenanceAcknowledgements(
  resources: MaintenanceResources,
): readonly { readonly id: string; readonly reason: string }[] {
  return objectAcknowledgements(resources.names, objectGrantsOf(resources));
}
