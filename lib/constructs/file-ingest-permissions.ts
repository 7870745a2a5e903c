import type { ITable } from 'aws-cdk-lib/aws-dynamodb';
import type { PolicyDocument } from 'aws-cdk-lib/aws-iam';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { NameScope } from '../names.ts';
import {
  allow,
  glueArns,
  type ObjectGrant,
  objectAcknowledgements,
  objectGrants,
} from './policy-grants.ts';
import { stagingGrant } from './staging-grants.ts';

export interface FileIngestResources {
  readonly names: NameScope;
  readonly domain: string;
  /** Bronze database of the domain and its tables, `rejected` among them. */
  readonly database: string;
  readonly tables: readonly string[];
  readonly queue: IQueue;
  readonly connectorState: ITable;
  readonly staging: ITable;
  readonly logGroup: ILogGroup;
}

function grants({ domain, database }: FileIngestResources): readonly ObjectGrant[] {
  return [
    {
      // Of the version that a notice names, whatever has become of the key since.
      actions: ['s3:GetObjectVersion'],
      bucket: 'landing',
      prefix: `${domain}/`,
      reason: 'users name the files they upload; the prefix holds those of this domain only',
    },
    {
      actions: ['s3:PutObject'],
      bucket: 'landing',
      prefix: `errors/${domain}/`,
      reason: 'each run has an error file and a report of its own name',
    },
    {
      actions: ['s3:GetObject', 's3:PutObject'],
      bucket: 'lake',
      prefix: `${database}/`,
      reason:
        'data and metadata files get a new name with every commit; the prefix holds the tables of this domain only',
    },
  ];
}

/** One inline policy per concern of the file-ingest function: every action by name, every resource as narrow as its service allows. */
export function fileIngestPolicies(resources: FileIngestResources): Record<string, PolicyDocument> {
  const { names, queue, connectorState, logGroup } = resources;
  return {
    TakeMessages: allow({
      actions: [
        'sqs:DeleteMessage',
        'sqs:GetQueueAttributes',
        'sqs:ReceiveMessage',
        // A file that takes longer than an invocation.
        'sqs:SendMessage',
      ],
      resources: [queue.queueArn],
    }),
    UseObjects: allow(...objectGrants(names, grants(resources))),
    CommitTables: allow({
      actions: ['glue:GetTable', 'glue:UpdateTable'],
      resources: glueArns(resources.database, resources.tables),
    }),
    RememberRuns: allow({
      actions: ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem'],
      resources: [connectorState.tableArn],
    }),
    UseStagingLog: allow(
      stagingGrant(resources.staging, resources.domain, ['DeleteItem', 'GetItem', 'PutItem']),
    ),
    WriteLogs: allow({
      actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
      resources: [logGroup.logGroupArn],
    }),
  };
}

/** The wildcard findings that these policies raise in AwsSolutions-IAM5, each with its reason. */
export function fileIngestAcknowledgements(
  resources: FileIngestResources,
): readonly { readonly id: string; readonly reason: string }[] {
  return objectAcknowledgements(resources.names, grants(resources));
}
