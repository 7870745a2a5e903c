import { Match } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import type { DomainSettings } from '#core/config/project.ts';
import { marketDeployment, PROD_ENVIRONMENT } from '../deployment-fixture.ts';
import { synthesizeTemplates } from '../market-templates.ts';

function processingWith(writer: Partial<DomainSettings['writer']>) {
  const deployment = marketDeployment(PROD_ENVIRONMENT);
  const domains = deployment.domains.map((part) => ({
    ...part,
    domain: { ...part.domain, writer: { ...part.domain.writer, ...writer } },
  }));
  return synthesizeTemplates({ ...deployment, domains }).processing;
}

const group = processingWith({ commit: 'group', commitIntervalSeconds: 45 });
const direct = processingWith({ commit: 'direct' });

interface Statement {
  readonly Action: string | readonly string[];
  readonly Condition?: unknown;
}

function statementsOf(template: typeof group, description: string) {
  const roles = template.findResources('AWS::IAM::Role', {
    Properties: { Description: description },
  });
  const policies = Object.values(roles)[0]?.['Properties'].Policies as readonly {
    readonly PolicyName: string;
    readonly PolicyDocument: { readonly Statement: readonly Statement[] };
  }[];
  return Object.fromEntries(
    policies.map(({ PolicyName, PolicyDocument }) => [PolicyName, PolicyDocument.Statement]),
  );
}

const CONDITION = { 'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': ['market'] } };
const COMMITTER = 'Execution role of the market committer';
const WRITER = 'Execution role of the market lake writer';

describe('committer', () => {
  it('is rung by a queue whose window is the commit interval', () => {
    group.hasResourceProperties('AWS::Lambda::EventSourceMapping', {
      EventSourceArn: { 'Fn::GetAtt': [Match.stringLikeRegexp('^CommitterQueue'), 'Arn'] },
      FunctionName: { Ref: Match.stringLikeRegexp('^CommitterFunction') },
      BatchSize: 1_000,
      MaximumBatchingWindowInSeconds: 45,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      ScalingConfig: { MaximumConcurrency: 2 },
    });
  });

  it('hides messages for six timeouts and keeps them for 14 days', () => {
    group.hasResourceProperties('AWS::SQS::Queue', {
      QueueName: 'sluice-prod-market-committer',
      SqsManagedSseEnabled: true,
      VisibilityTimeout: 1_800,
      MessageRetentionPeriod: 1_209_600,
      RedrivePolicy: { maxReceiveCount: 5 },
    });
    group.hasResourceProperties('AWS::Lambda::Function', {
      FunctionName: 'sluice-prod-market-committer',
      Timeout: 300,
      MemorySize: 1_024,
    });
  });

  it.each([
    ['group', group],
    ['direct', direct],
  ])('is started every minute with commit: %s', (_mode, template) => {
    template.hasResourceProperties('AWS::Scheduler::Schedule', {
      Name: 'sluice-prod-market-committer',
      ScheduleExpression: 'rate(1 minute)',
      Target: {
        Arn: { 'Fn::GetAtt': [Match.stringLikeRegexp('^CommitterFunction'), 'Arn'] },
        RetryPolicy: { MaximumRetryAttempts: 0 },
      },
    });
  });

  it('has no queue where writers commit themselves', () => {
    direct.resourceCountIs('AWS::SQS::Queue', 0);
    expect(Object.keys(statementsOf(direct, COMMITTER))).toEqual([
      'UseStagingLog',
      'CommitTables',
      'UseLake',
      'WriteLogs',
    ]);
    expect(statementsOf(direct, WRITER)).not.toHaveProperty('RingCommitter');
    direct.hasResourceProperties('AWS::Lambda::Function', {
      FunctionName: 'sluice-prod-market-lake-writer',
      Environment: { Variables: { COMMIT_QUEUE_URL: Match.absent() } },
    });
  });

  it('and writers reach what their own domain has staged alone', () => {
    expect(statementsOf(group, COMMITTER)['UseStagingLog']).toMatchObject([
      {
        Action: ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:Query'],
        Condition: CONDITION,
      },
    ]);
    expect(statementsOf(group, WRITER)['UseStagingLog']).toMatchObject([
      { Action: ['dynamodb:GetItem', 'dynamodb:PutItem'], Condition: CONDITION },
    ]);
  });

  it.each([
    [1, 300],
    [30, 300],
    [120, 1_200],
  ])('that commits every %i s is late after %i s', (commitIntervalSeconds, Threshold) => {
    processingWith({ commitIntervalSeconds }).hasResourceProperties('AWS::CloudWatch::Alarm', {
      AlarmName: 'sluice-prod-market-committer-staged-age',
      MetricName: 'OldestStagedAge',
      Threshold,
      TreatMissingData: 'breaching',
    });
  });
});
