import type { ITable } from 'aws-cdk-lib/aws-dynamodb';
import type { PolicyDocument } from 'aws-cdk-lib/aws-iam';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { Environment } from '#core/config/project.ts';
import { REJECTED_TABLE } from '#core/schema/rejected-table.ts';
import { type NameScope, physicalName } from '../names.ts';
import type { TopicStreams } from '../topic-scope.ts';
import { mappingGrants } from './buffer-access.ts';
import {
  allow,
  type Grant,
  glueArns,
  type ObjectGrant,
  objectAcknowledgements,
  objectGrants,
  policyOf,
} from './policy-grants.ts';
import { schemaReaderAcknowledgements, schemaReaderGrants } from './schema-registry-access.ts';
import { stagingGrant } from './staging-grants.ts';

export interface LakeWriterResources {
  readonly names: NameScope;
  readonly environment: Environment;
  readonly domain: string;
  /** Bronze database of the domain. */
  readonly database: string;
  readonly tables: readonly string[];
  readonly streams: TopicStreams;
  readonly deadLetters: IBucket;
  readonly staging: ITable;
  readonly doorbell: IQueue | null;
  readonly logGroup: ILogGroup;
}

// No s3:ListBucket on the lake: the writer reads only keys that table metadata names. S3 then answers 403 instead of
// 404 for a missing one, which means a damaged table and is an error either way.
function lakeGrants(resources: LakeWriterResources): readonly ObjectGrant[] {
  return [
    {
      actions: ['s3:GetObject', 's3:PutObject'],
      bucket: 'lake',
      prefix: `${resources.database}/`,
      reason:
        'data and metadata files get a new name with every commit; the prefix holds the tables of this domain only',
    },
  ];
}

function deadLetterGrants(resources: LakeWriterResources): readonly ObjectGrant[] {
  return [
    {
      actions: ['s3:PutObject'],
      bucket: 'dead-letter',
      prefix: `${resources.domain}/`,
      reason: 'each discarded record is stored under its own name below the prefix of this domain',
    },
    {
      actions: ['s3:PutObject'],
      bucket: 'dead-letter',
      // Source: AWS Lambda, "Retain discarded batch records for a Kinesis Data Streams event source".
      prefix: 'aws/lambda/',
      reason:
        'the event source mapping names the objects of batches it gives up, by mapping id and time',
    },
  ];
}

/** A writer that leaves commits to the committer still brings migrations into tables, before rows that need them. */
function changedTables({ doorbell, tables }: LakeWriterResources): readonly string[] {
  return doorbell === null ? tables : tables.filter((table) => table !== REJECTED_TABLE);
}

function doorbellGrants({ doorbell }: LakeWriterResources): readonly Grant[] {
  return doorbell === null
    ? []
    : [{ actions: ['sqs:SendMessage'], resources: [doorbell.queueArn] }];
}

/** One inline policy per concern of the lake writer: every action by name, every resource as narrow as its service allows. */
export function lakeWriterPolicies(resources: LakeWriterResources): Record<string, PolicyDocument> {
  return {
    ReadStream: allow(
      ...mappingGrants(
        resources.streams,
        physicalName(resources.names, resources.domain, 'lake-writer'),
      ),
    ),
    UseStagingLog: allow(
      stagingGrant(resources.staging, resources.domain, [
        'GetItem',
        'PutItem',
        // A writer that commits takes along what others wait with.
        ...(resources.doorbell === null ? (['Query'] as const) : []),
      ]),
    ),
    ...policyOf('RingCommitter', doorbellGrants(resources)),
    UseTables: allow(
      { actions: ['glue:GetTable'], resources: glueArns(resources.database, resources.tables) },
      {
        actions: ['glue:UpdateTable'],
        resources: glueArns(resources.database, changedTables(resources)),
      },
    ),
    ...policyOf('ReadSchemas', schemaReaderGrants(resources.environment)),
    WriteLake: allow(...objectGrants(resources.names, lakeGrants(resources))),
    KeepFailures: allow(
      ...objectGrants(resources.names, deadLetterGrants(resources)),
      // The mapping checks its failure destination with it.
      { actions: ['s3:ListBucket'], resources: [resources.deadLetters.bucketArn] },
    ),
    WriteLogs: allow({
      actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
      resources: [resources.logGroup.logGroupArn],
    }),
  };
}

/** The wildcard findings that these policies raise in AwsSolutions-IAM5, each with its reason. */
export function lakeWriterAcknowledgements(
  resources: LakeWriterResources,
): readonly { readonly id: string; readonly reason: string }[] {
  const grants = [...lakeGrants(resources), ...deadLetterGrants(resources)];
  return [
    ...objectAcknowledgements(resources.names, grants),
    ...schemaReaderAcknowledgements(resources.environment),
  ];
}
