import type { ITable } from 'aws-cdk-lib/aws-dynamodb';
import type { PolicyDocument } from 'aws-cdk-lib/aws-iam';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { Environment } from '#core/config/project.ts';
import { LEDGER_TABLE } from '#core/ledger/ledger-table.ts';
import type { NameScope } from '../names.ts';
import type { TopicStreams } from '../topic-scope.ts';
import { readerGrants } from './buffer-access.ts';
import {
  allow,
  glueArns,
  type ObjectGrant,
  objectAcknowledgements,
  objectGrants,
  policyOf,
} from './policy-grants.ts';
import { schemaReaderAcknowledgements, schemaReaderGrants } from './schema-registry-access.ts';
import { stagingGrant } from './staging-grants.ts';

export interface LedgerResources {
  readonly names: NameScope;
  readonly domain: string;
  readonly environment: Environment;
  /** Bronze database of the domain and its tables, `rejected` among them. */
  readonly database: string;
  readonly tables: readonly string[];
  readonly opsDatabase: string;
  readonly streams: TopicStreams;
  readonly receipts: ITable;
  readonly staging: ITable;
  readonly fileRuns: ITable | null;
  readonly deadLetters: IBucket;
  readonly logGroup: ILogGroup;
}

/** Where the event source mappings leave failed batches. Source: AWS Lambda, "Retain discarded batch records for a Kinesis Data Streams event source". */
const FAILURE_PREFIX = 'aws/lambda/';

function lakeGrants(resources: LedgerResources): readonly ObjectGrant[] {
  return [
    {
      actions: ['s3:GetObject'],
      bucket: 'lake',
      prefix: `${resources.database}/`,
      reason:
        'commits are booked from metadata files, and every commit writes one under a new name; the prefix holds the tables of this domain only',
    },
    {
      actions: ['s3:GetObject', 's3:PutObject'],
      bucket: 'lake',
      prefix: `${resources.opsDatabase}/${LEDGER_TABLE}/`,
      reason:
        'entries and metadata get a new name with every commit; the prefix holds the ledger alone',
    },
  ];
}

function failureGrants(): readonly ObjectGrant[] {
  return [
    {
      actions: ['s3:GetObject'],
      bucket: 'dead-letter',
      prefix: FAILURE_PREFIX,
      reason: 'failed batches are named by mapping, shard and time, as Lambda chooses',
    },
  ];
}

/** One inline policy per concern of the ledger: every action by name, every resource as narrow as its service allows. */
export function ledgerPolicies(resources: LedgerResources): Record<string, PolicyDocument> {
  const { names } = resources;
  return {
    ReadStream: allow(...readerGrants(resources.streams)),
    ReadTables: allow({
      actions: ['glue:GetTable'],
      resources: glueArns(resources.database, resources.tables),
    }),
    CommitLedger: allow({
      actions: ['glue:GetTable', 'glue:UpdateTable'],
      resources: glueArns(resources.opsDatabase, [LEDGER_TABLE]),
    }),
    ...policyOf('ReadSchemas', schemaReaderGrants(resources.environment)),
    UseLake: allow(...objectGrants(names, lakeGrants(resources))),
    ReadFailures: allow(...objectGrants(names, failureGrants()), {
      actions: ['s3:ListBucket'],
      resources: [resources.deadLetters.bucketArn],
      conditions: { StringLike: { 's3:prefix': `${FAILURE_PREFIX}*` } },
    }),
    ReadReceipts: allow({
      actions: ['dynamodb:Query'],
      resources: [resources.receipts.tableArn],
    }),
    ReadStagingLog: allow(stagingGrant(resources.staging, resources.domain, ['Query'])),
    ...(resources.fileRuns === null
      ? {}
      : {
          BookFiles: allow({
            actions: [
              'dynamodb:DeleteItem',
              'dynamodb:GetItem',
              'dynamodb:Query',
              'dynamodb:UpdateItem',
            ],
            resources: [resources.fileRuns.tableArn],
          }),
        }),
    WriteLogs: allow({
      actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
      resources: [resources.logGroup.logGroupArn],
    }),
  };
}

/** The wildcard findings that these policies raise in AwsSolutions-IAM5, each with its reason. */
export function ledgerAcknowledgements(
  resources: LedgerResources,
): readonly { readonly id: string; readonly reason: string }[] {
  const grants = [...lakeGrants(resources), ...failureGrants()];
  return [
    ...objectAcknowledgements(resources.names, grants),
    ...schemaReaderAcknowledgements(resources.environment),
  ];
}
