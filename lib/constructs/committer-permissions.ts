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

export interface CommitterResources {
  readonly names: NameScope;
  readonly domain: string;
  /** Bronze database of the domain and its tables, `rejected` among them. */
  readonly database: string;
  readonly tables: readonly string[];
  /** Null where writers commit themselves. */
  readonly queue: IQueue | null;
  readonly staging: ITable;
  readonly logGroup: ILogGroup;
}

function lakeGrants({ database }: CommitterResources): readonly ObjectGrant[] {
  return [
    {
      actions: ['s3:GetObject', 's3:PutObject'],
      bucket: 'lake',
      prefix: `${database}/`,
      reason:
        'staged files and metadata get a new name with every batch and commit; the prefix holds the tables of this domain only',
    },
  ];
}

/** One inline policy per concern of the committer: every action by name, every resource as narrow as its service allows. */
export function committerPolicies(resources: CommitterResources): Record<string, PolicyDocument> {
  const { names, domain, queue, staging, logGroup } = resources;
  return {
    ...(queue === null
      ? {}
      : {
          TakeMessages: allow({
            actions: ['sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:ReceiveMessage'],
            resources: [queue.queueArn],
          }),
        }),
    UseStagingLog: allow(stagingGrant(staging, domain, ['GetItem', 'PutItem', 'Query'])),
    CommitTables: allow({
      actions: ['glue:GetTable', 'glue:UpdateTable'],
      resources: glueArns(resources.database, resources.tables),
    }),
    UseLake: allow(...objectGrants(names, lakeGrants(resources))),
    WriteLogs: allow({
      actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
      resources: [logGroup.logGroupArn],
    }),
  };
}

/** The wildcard findings that these policies raise in AwsSolutions-IAM5, each with its reason. */
export function committerAcknowledgements(
  resources: CommitterResources,
): readonly { readonly id: string; readonly reason: string }[] {
  return objectAcknowledgements(resources.names, lakeGrants(resources));
}
