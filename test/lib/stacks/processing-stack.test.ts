import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { Match } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { marketDeployment, PROD_ENVIRONMENT } from '../deployment-fixture.ts';
import { synthesizeTemplates, withAssembly } from '../market-templates.ts';

const { processing } = synthesizeTemplates(marketDeployment(PROD_ENVIRONMENT));

interface Statement {
  readonly Effect: string;
  readonly Action: string | readonly string[];
  readonly Resource: unknown;
}

interface Role {
  readonly Properties: {
    readonly Description: string;
    readonly Policies: readonly {
      readonly PolicyName: string;
      readonly PolicyDocument: { readonly Statement: readonly Statement[] };
    }[];
  };
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

/** Execution role of a function, as its description names it. */
function roleOf(subject: string): Role {
  const Description = `Execution role of the market ${subject}`;
  const roles = processing.findResources('AWS::IAM::Role', { Properties: { Description } });
  return Object.values(roles)[0] as Role;
}

function grants(policyName: string, subject = 'lake writer'): readonly string[] {
  const policy = roleOf(subject).Properties.Policies.find(
    ({ PolicyName }) => PolicyName === policyName,
  );
  return (policy?.PolicyDocument.Statement ?? []).flatMap(({ Action, Resource }) =>
    [Resource]
      .flat()
      .flatMap((resource) => [Action].flat().map((action) => `${action} ${flatten(resource)}`)),
  );
}

describe('processing stack', () => {
  it('has writer, committer, ledger and maintenance: functions, roles, log groups, mappings, queues and schedules', () => {
    const types = Object.values(processing.toJSON().Resources as Record<string, { Type: string }>);
    const other = types.filter(({ Type }) => Type !== 'AWS::CloudWatch::Alarm');
    expect(other.map(({ Type }) => Type).sort()).toEqual([
      'AWS::IAM::Role',
      'AWS::IAM::Role',
      'AWS::IAM::Role',
      'AWS::IAM::Role',
      'AWS::IAM::Role',
      'AWS::IAM::Role',
      'AWS::IAM::Role',
      'AWS::Lambda::EventSourceMapping',
      'AWS::Lambda::EventSourceMapping',
      'AWS::Lambda::Function',
      'AWS::Lambda::Function',
      'AWS::Lambda::Function',
      'AWS::Lambda::Function',
      'AWS::Logs::LogGroup',
      'AWS::Logs::LogGroup',
      'AWS::Logs::LogGroup',
      'AWS::Logs::LogGroup',
      'AWS::SQS::Queue',
      'AWS::SQS::Queue',
      'AWS::SQS::QueuePolicy',
      'AWS::SQS::QueuePolicy',
      'AWS::Scheduler::Schedule',
      'AWS::Scheduler::Schedule',
      'AWS::Scheduler::Schedule',
    ]);
  });

  it('runs the writer on Node 24, ARM, with names in its environment', () => {
    processing.hasResourceProperties('AWS::Lambda::Function', {
      FunctionName: 'sluice-prod-market-lake-writer',
      Runtime: 'nodejs24.x',
      Architectures: ['arm64'],
      Handler: 'index.handler',
      MemorySize: 1024,
      Timeout: 300,
      Environment: {
        Variables: {
          LAKE_BUCKET: { 'Fn::ImportValue': Match.stringLikeRegexp('RefLake') },
          DEAD_LETTER_BUCKET: { 'Fn::ImportValue': Match.stringLikeRegexp('RefDeadLetters') },
          STAGING_TABLE: { 'Fn::ImportValue': Match.stringLikeRegexp('RefStaging') },
          COMMIT_QUEUE_URL: { Ref: Match.stringLikeRegexp('^CommitterQueue') },
          POWERTOOLS_SERVICE_NAME: 'sluice-prod-market-lake-writer',
          POWERTOOLS_METRICS_NAMESPACE: 'Sluice',
          POWERTOOLS_LOG_LEVEL: 'INFO',
        },
      },
    });
  });

  it('maps the stream in order, from its start, with every discarded batch kept', () => {
    const [mapping] = Object.values(
      processing.findResources('AWS::Lambda::EventSourceMapping', {
        Properties: { StartingPosition: 'TRIM_HORIZON' },
      }),
    );
    const { Tags, ...properties } = mapping!['Properties'];
    expect(Tags).toHaveLength(3);
    expect(properties).toEqual({
      EventSourceArn: {
        'Fn::ImportValue': expect.stringMatching(/^sluice-prod-market-ingestion:/),
      },
      FunctionName: { Ref: expect.stringMatching(/^LakeWriterFunction/) },
      StartingPosition: 'TRIM_HORIZON',
      BatchSize: 10_000,
      MaximumBatchingWindowInSeconds: 30,
      ParallelizationFactor: 1,
      MaximumRetryAttempts: 10,
      MaximumRecordAgeInSeconds: 86_400,
      BisectBatchOnFunctionError: true,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      DestinationConfig: {
        OnFailure: {
          Destination: { 'Fn::ImportValue': expect.stringMatching(/GetAttDeadLetters.*Arn/) },
        },
      },
      MetricsConfig: { Metrics: ['EventCount'] },
    });
  });

  it('creates the role with its policies before the function', () => {
    processing.hasResource('AWS::Lambda::Function', {
      DependsOn: [Match.stringLikeRegexp('^LakeWriterRole')],
    });
    processing.hasResourceProperties('AWS::IAM::Role', { ManagedPolicyArns: Match.absent() });
  });

  it('reads its own stream only', () => {
    const stream = '{import sluice-prod-market-ingestion:ExportsOutputFnGetAttStreamArn}';
    expect(grants('ReadStream')).toEqual([
      `kinesis:DescribeStream ${stream}`,
      `kinesis:DescribeStreamSummary ${stream}`,
      `kinesis:GetRecords ${stream}`,
      `kinesis:GetShardIterator ${stream}`,
      `kinesis:ListShards ${stream}`,
    ]);
  });

  it('reads and changes its own tables only', () => {
    const glue = 'arn:{AWS::Partition}:glue:{AWS::Region}:{AWS::AccountId}';
    const resources = [
      'catalog',
      'database/prod_market_bronze',
      'table/prod_market_bronze/quote',
      'table/prod_market_bronze/trade',
    ];
    const expected = resources.flatMap((resource) => [
      `glue:GetTable ${glue}:${resource}`,
      `glue:UpdateTable ${glue}:${resource}`,
    ]);
    expect(grants('UseTables')).toEqual(expected);
    expect(grants('CommitTables', 'committer')).toEqual(expected);
  });

  it('reads and writes lake objects below its own database only, and deletes none', () => {
    const objects =
      'arn:{AWS::Partition}:s3:::sluice-prod-lake-{AWS::AccountId}-{AWS::Region}/prod_market_bronze/*';
    expect(grants('WriteLake')).toEqual([`s3:GetObject ${objects}`, `s3:PutObject ${objects}`]);
  });

  it('adds dead letters below its own prefix and that of the mapping', () => {
    const bucket =
      'arn:{AWS::Partition}:s3:::sluice-prod-dead-letter-{AWS::AccountId}-{AWS::Region}';
    expect(grants('KeepFailures')).toEqual([
      `s3:PutObject ${bucket}/aws/lambda/*`,
      `s3:PutObject ${bucket}/market/*`,
      's3:ListBucket {import sluice-prod-storage:ExportsOutputFnGetAttDeadLettersArn}',
    ]);
  });

  it('grants nothing else', () => {
    const { Policies } = roleOf('lake writer').Properties;
    expect(Policies.map(({ PolicyName }) => PolicyName)).toEqual([
      'ReadStream',
      'UseStagingLog',
      'RingCommitter',
      'UseTables',
      'WriteLake',
      'KeepFailures',
      'WriteLogs',
    ]);
    expect(grants('WriteLogs').map((grant) => grant.split(' ')[0])).toEqual([
      'logs:CreateLogStream',
      'logs:PutLogEvents',
    ]);
  });

  it('keeps logs as long as configured', () => {
    processing.hasResourceProperties('AWS::Logs::LogGroup', {
      LogGroupName: '/aws/lambda/sluice-prod-market-lake-writer',
      RetentionInDays: 90,
    });
  });

  it('ships the bundle with the configuration of the domain beside it', () => {
    withAssembly(
      marketDeployment(PROD_ENVIRONMENT, { lakeWriterConfig: '{"domain":"market"}' }),
      (directory) => {
        const assets = readdirSync(directory).filter((name) => name.startsWith('asset.'));
        const folders = assets.map((name) => path.join(directory, name));
        const configs = folders.map((folder) =>
          readFileSync(path.join(folder, 'config.json'), 'utf8'),
        );
        for (const folder of folders) {
          expect(readdirSync(folder).sort()).toEqual(['config.json', 'index.mjs']);
        }
        const own = '{"domain":"market"}';
        expect(configs.sort()).toEqual([own, own, `${own}\n`, `${own}\n`]);
      },
    );
  });
});
