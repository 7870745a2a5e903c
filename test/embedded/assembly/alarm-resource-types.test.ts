import { describe, expect, it } from 'vitest';
import { deployAssembly } from '#embedded/assembly/deploy-assembly.ts';
import {
  oneStack,
  recordingServices,
  type ServiceCall,
  temporaryFolder,
} from './assembly-fixture.ts';

type Properties = Readonly<Record<string, unknown>>;

async function deployOne(type: string, properties: Properties): Promise<ServiceCall[]> {
  const folder = temporaryFolder();
  const { services, calls } = recordingServices();
  try {
    await deployAssembly(oneStack({ It: { Type: type, Properties: properties } }), services, {
      stateDir: folder.path,
      endpoint: 'http://127.0.0.1:4566',
      log: () => {},
    });
    return calls;
  } finally {
    folder.remove();
  }
}

const TOPIC = 'arn:aws:sns:us-east-1:000000000000:alarms';
const ALARM = {
  AlarmName: 'errors',
  Namespace: 'AWS/Lambda',
  MetricName: 'Errors',
  Statistic: 'Sum',
  Period: 60,
  EvaluationPeriods: 3,
  Threshold: 0,
  ComparisonOperator: 'GreaterThanThreshold',
};
const SCHEDULE = {
  Name: 'ledger',
  ScheduleExpression: 'rate(15 minutes)',
  FlexibleTimeWindow: { Mode: 'OFF' },
  Target: {
    Arn: 'arn:aws:lambda:us-east-1:000000000000:function:ledger',
    RoleArn: 'arn:aws:iam::000000000000:role/schedule',
  },
};
const POLICY = {
  Version: '2012-10-17',
  Statement: [
    {
      Effect: 'Allow',
      Action: 'kms:Decrypt',
      Resource: '*',
      Principal: { Service: 'cloudwatch.amazonaws.com' },
    },
  ],
};

describe('an alarm', () => {
  it('gets the defaults of AWS', async () => {
    expect(await deployOne('AWS::CloudWatch::Alarm', ALARM)).toEqual([
      [
        'alarm',
        {
          name: 'errors',
          description: '',
          namespace: 'AWS/Lambda',
          metricName: 'Errors',
          dimensions: {},
          statistic: 'Sum',
          periodSeconds: 60,
          evaluationPeriods: 3,
          datapointsToAlarm: 3,
          comparison: 'GreaterThanThreshold',
          threshold: 0,
          treatMissingData: 'missing',
          actions: { ALARM: [], OK: [], INSUFFICIENT_DATA: [] },
        },
      ],
    ]);
  });

  it('keeps what the template says', async () => {
    const { Statistic: _, ...rest } = ALARM;
    const [call] = await deployOne('AWS::CloudWatch::Alarm', {
      ...rest,
      ExtendedStatistic: 'p99',
      DatapointsToAlarm: 2,
      Dimensions: [{ Name: 'FunctionName', Value: 'writer' }],
      TreatMissingData: 'breaching',
      AlarmActions: [TOPIC],
    });
    expect(call?.[1]).toMatchObject({
      statistic: 'p99',
      datapointsToAlarm: 2,
      dimensions: { FunctionName: 'writer' },
      treatMissingData: 'breaching',
      actions: { ALARM: [TOPIC], OK: [] },
    });
  });

  it.each<[Properties, string]>([
    [{ Metrics: [] }, 'Metrics'],
    [{ Statistic: 'Median' }, 'Statistic'],
    [{ ExtendedStatistic: 'p99' }, 'Statistic'],
    [{ Period: 30 }, 'Period'],
    [{ Period: 90 }, 'Period'],
    [{ DatapointsToAlarm: 4 }, 'DatapointsToAlarm'],
    [{ Period: 86_400 }, 'EvaluationPeriods'],
    [{ ComparisonOperator: 'GreaterThanUpperThreshold' }, 'ComparisonOperator'],
    [{ ThresholdMetricId: 'x' }, 'ThresholdMetricId'],
    [{ EvaluateLowSampleCountPercentile: 'ignore' }, 'EvaluateLowSampleCountPercentile'],
    [{ EvaluationWindow: {} }, 'EvaluationWindow'],
    [{ ActionsEnabled: false }, 'ActionsEnabled'],
    [{ Unit: 'Count' }, 'Unit'],
  ])('refuses %j', async (change, path) => {
    await expect(deployOne('AWS::CloudWatch::Alarm', { ...ALARM, ...change })).rejects.toThrow(
      `  app/It.${path}: `,
    );
  });
});

describe('a topic', () => {
  it('is known by its ARN and its key', async () => {
    const properties = { TopicName: 'alarms', KmsMasterKeyId: 'alias/aws/sns' };
    expect(await deployOne('AWS::SNS::Topic', properties)).toEqual([
      ['topic', { arn: TOPIC, key: 'alias/aws/sns' }],
    ]);
  });

  it('has a policy that IAM knows', async () => {
    const properties = { Topics: [TOPIC], PolicyDocument: POLICY };
    expect(await deployOne('AWS::SNS::TopicPolicy', properties)).toEqual([
      ['resourcePolicy', { resource: TOPIC, name: 'topic policy', document: POLICY }],
    ]);
  });

  it('has e-mail subscriptions', async () => {
    const properties = { TopicArn: TOPIC, Protocol: 'email', Endpoint: 'data@example.com' };
    expect(await deployOne('AWS::SNS::Subscription', properties)).toEqual([
      ['subscription', { topicArn: TOPIC, protocol: 'email', endpoint: 'data@example.com' }],
    ]);
  });

  it.each<[string, Properties, string]>([
    ['AWS::SNS::Topic', { FifoTopic: true }, 'FifoTopic'],
    [
      'AWS::SNS::Subscription',
      { TopicArn: TOPIC, Protocol: 'lambda', Endpoint: 'arn:x' },
      'Protocol',
    ],
    ['AWS::SNS::Subscription', { TopicArn: TOPIC, Protocol: 'email', Endpoint: 'x' }, 'Endpoint'],
  ])('of type %s refuses %j', async (type, properties, path) => {
    await expect(deployOne(type, properties)).rejects.toThrow(`  app/It.${path}: `);
  });
});

describe('a key', () => {
  it('has a policy that IAM knows, under its own ARN', async () => {
    const calls = await deployOne('AWS::KMS::Key', { KeyPolicy: POLICY, EnableKeyRotation: true });
    expect(calls).toEqual([
      [
        'resourcePolicy',
        {
          resource: expect.stringMatching(
            /^arn:aws:kms:us-east-1:000000000000:key\/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
          ),
          name: 'key policy',
          document: POLICY,
        },
      ],
    ]);
  });

  it.each<[string, Properties, string]>([
    ['AWS::KMS::Key', { KeyPolicy: POLICY, KeySpec: 'RSA_2048' }, 'KeySpec'],
    ['AWS::KMS::Alias', { AliasName: 'alias/aws/own', TargetKeyId: 'x' }, 'AliasName'],
    ['AWS::KMS::Alias', { AliasName: 'alarms', TargetKeyId: 'x' }, 'AliasName'],
  ])('of type %s refuses %j', async (type, properties, path) => {
    await expect(deployOne(type, properties)).rejects.toThrow(`  app/It.${path}: `);
  });
});

describe('a schedule', () => {
  it('gets the defaults of AWS', async () => {
    expect(await deployOne('AWS::Scheduler::Schedule', SCHEDULE)).toEqual([
      [
        'schedule',
        {
          name: 'ledger',
          arn: 'arn:aws:scheduler:us-east-1:000000000000:schedule/default/ledger',
          expression: 'rate(15 minutes)',
          timeZone: 'UTC',
          enabled: true,
          targetArn: SCHEDULE.Target.Arn,
          messageGroupId: null,
          deadLetterQueue: null,
          roleArn: SCHEDULE.Target.RoleArn,
          input: null,
          maxRetryAttempts: 185,
          maxEventAgeSeconds: 86_400,
        },
      ],
    ]);
  });

  it('keeps what the template says', async () => {
    const RetryPolicy = { MaximumRetryAttempts: 0, MaximumEventAgeInSeconds: 60 };
    const [call] = await deployOne('AWS::Scheduler::Schedule', {
      ...SCHEDULE,
      ScheduleExpression: 'cron(0 3 * * ? *)',
      ScheduleExpressionTimezone: 'Europe/Berlin',
      State: 'DISABLED',
      Target: { ...SCHEDULE.Target, Input: '{}', RetryPolicy },
    });
    expect(call?.[1]).toMatchObject({
      expression: 'cron(0 3 * * ? *)',
      timeZone: 'Europe/Berlin',
      enabled: false,
      input: '{}',
      maxRetryAttempts: 0,
      maxEventAgeSeconds: 60,
    });
  });

  const target = (change: Properties): Properties => ({
    Target: { ...SCHEDULE.Target, ...change },
  });

  it.each<[Properties, string]>([
    [{ ScheduleExpression: 'at(2026-01-31T12:00:00)' }, 'ScheduleExpression'],
    [{ ScheduleExpression: 'cron(0 3 * * * *)' }, 'ScheduleExpression'],
    [{ ScheduleExpressionTimezone: 'Mars/Base' }, 'ScheduleExpression'],
    [{ FlexibleTimeWindow: { Mode: 'FLEXIBLE' } }, 'FlexibleTimeWindow.Mode'],
    [{ StartDate: '2026-01-31' }, 'StartDate'],
    [{ GroupName: 'mine' }, 'GroupName'],
    [target({ Arn: 'arn:aws:sns:us-east-1:000000000000:topic' }), 'Target.Arn'],
    [target({ Input: 'words' }), 'Target.Input'],
    [target({ DeadLetterConfig: { Arn: 'arn:x' } }), 'Target.DeadLetterConfig'],
    [target({ RetryPolicy: { MaximumRetryAttempts: 186 } }), 'Target.RetryPolicy'],
  ])('refuses %j', async (change, path) => {
    await expect(deployOne('AWS::Scheduler::Schedule', { ...SCHEDULE, ...change })).rejects.toThrow(
      `  app/It.${path}`,
    );
  });
});
