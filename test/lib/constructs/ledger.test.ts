import { Match } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { LOCAL_ENVIRONMENT, marketDeployment, PROD_ENVIRONMENT } from '../deployment-fixture.ts';
import { synthesizeTemplates } from '../market-templates.ts';

const { processing } = synthesizeTemplates(marketDeployment(PROD_ENVIRONMENT));
const local = synthesizeTemplates(marketDeployment(LOCAL_ENVIRONMENT)).processing;

interface Statement {
  readonly Action: string | readonly string[];
  readonly Resource: unknown;
  readonly Condition?: unknown;
}

interface Role {
  readonly Policies: readonly {
    readonly PolicyName: string;
    readonly PolicyDocument: { readonly Statement: readonly Statement[] };
  }[];
}

/** Joins, imports and pseudo parameters as one readable text. */
function flatten(value: unknown): string {
  if (typeof value === 'string') return value;
  const [name, argument] = Object.entries(value as object)[0] ?? [];
  if (name === 'Fn::Join') return argument[1].map(flatten).join(argument[0]);
  if (name === 'Ref') return `{${argument}}`;
  if (name === 'Fn::ImportValue') return `{import ${String(argument).replace(/[0-9A-F]{8}/g, '')}}`;
  return `{${JSON.stringify(argument)}}`;
}

function roleOf(description: string): Role {
  const roles = processing.findResources('AWS::IAM::Role', {
    Properties: { Description: description },
  });
  return Object.values(roles)[0]?.['Properties'] as Role;
}

function grants({ Policies }: Role): Record<string, readonly string[]> {
  return Object.fromEntries(
    Policies.map(({ PolicyName, PolicyDocument }) => [
      PolicyName,
      PolicyDocument.Statement.flatMap(({ Action, Resource }) =>
        [Resource]
          .flat()
          .flatMap((resource) => [Action].flat().map((action) => `${action} ${flatten(resource)}`)),
      ),
    ]),
  );
}

describe('ledger', () => {
  it('may read stream, tables, failed batches, staged batches and receipts, and write its own table alone', () => {
    const glue = 'arn:{AWS::Partition}:glue:{AWS::Region}:{AWS::AccountId}';
    const lake = 'arn:{AWS::Partition}:s3:::sluice-prod-lake-{AWS::AccountId}-{AWS::Region}';
    const deadLetter =
      'arn:{AWS::Partition}:s3:::sluice-prod-dead-letter-{AWS::AccountId}-{AWS::Region}';
    const stream = '{import sluice-prod-market-ingestion:ExportsOutputFnGetAttStreamArn}';
    expect(grants(roleOf('Execution role of the market ledger'))).toEqual({
      ReadStream: [
        `kinesis:GetRecords ${stream}`,
        `kinesis:GetShardIterator ${stream}`,
        `kinesis:ListShards ${stream}`,
      ],
      ReadTables: [
        'catalog',
        'database/prod_market_bronze',
        'table/prod_market_bronze/quote',
        'table/prod_market_bronze/trade',
      ].map((resource) => `glue:GetTable ${glue}:${resource}`),
      CommitLedger: ['catalog', 'database/prod_ops', 'table/prod_ops/ledger'].flatMap(
        (resource) => [`glue:GetTable ${glue}:${resource}`, `glue:UpdateTable ${glue}:${resource}`],
      ),
      UseLake: [
        `s3:GetObject ${lake}/prod_market_bronze/*`,
        `s3:GetObject ${lake}/prod_ops/ledger/*`,
        `s3:PutObject ${lake}/prod_ops/ledger/*`,
      ],
      ReadFailures: [
        `s3:GetObject ${deadLetter}/aws/lambda/*`,
        's3:ListBucket {import sluice-prod-storage:ExportsOutputFnGetAttDeadLettersArn}',
      ],
      ReadReceipts: [
        'dynamodb:Query {import sluice-prod-storage:ExportsOutputFnGetAttReceiptsArn}',
      ],
      ReadStagingLog: [
        'dynamodb:Query {import sluice-prod-storage:ExportsOutputFnGetAttStagingArn}',
      ],
      WriteLogs: [
        expect.stringContaining('logs:CreateLogStream'),
        expect.stringContaining('logs:PutLogEvents'),
      ],
    });
  });

  it('may list no other prefix of the dead letters', () => {
    const { Policies } = roleOf('Execution role of the market ledger');
    const statements = Policies.flatMap(({ PolicyDocument }) => PolicyDocument.Statement);
    expect(statements.filter(({ Action }) => Action === 's3:ListBucket')).toMatchObject([
      { Condition: { StringLike: { 's3:prefix': 'aws/lambda/*' } } },
    ]);
  });

  it('is started by a schedule whose role may do nothing else', () => {
    processing.hasResourceProperties('AWS::Scheduler::Schedule', {
      Name: 'sluice-prod-market-ledger',
      ScheduleExpression: 'rate(15 minutes)',
      FlexibleTimeWindow: { Mode: 'OFF' },
      Target: {
        Arn: { 'Fn::GetAtt': [Match.stringLikeRegexp('^LedgerFunction'), 'Arn'] },
        Input: '{}',
        RetryPolicy: { MaximumRetryAttempts: 0 },
      },
    });
    expect(grants(roleOf('Starts the market ledger'))).toEqual({
      Invoke: [expect.stringMatching(/^lambda:InvokeFunction \{\["LedgerFunction\w+","Arn"\]\}$/)],
    });
  });

  it('knows stream, receipts, dead letters and the mapping of the writer', () => {
    processing.hasResourceProperties('AWS::Lambda::Function', {
      FunctionName: 'sluice-prod-market-ledger',
      Timeout: 900,
      Environment: {
        Variables: {
          RECEIPTS_TABLE: { 'Fn::ImportValue': Match.stringLikeRegexp('RefReceipts') },
          STAGING_TABLE: { 'Fn::ImportValue': Match.stringLikeRegexp('RefStaging') },
          DEAD_LETTER_BUCKET: { 'Fn::ImportValue': Match.stringLikeRegexp('RefDeadLetters') },
          WRITER_MAPPING_IDS: { Ref: Match.stringLikeRegexp('^LakeWriterStreamMapping') },
          POWERTOOLS_SERVICE_NAME: 'sluice-prod-market-ledger',
          POWERTOOLS_METRICS_NAMESPACE: 'Sluice',
        },
      },
    });
  });

  it('never runs into its next run', () => {
    local.hasResourceProperties('AWS::Lambda::Function', {
      FunctionName: 'sluice-local-market-ledger',
      Timeout: 300,
    });
  });
});
