import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { startLocalCloud } from '#embedded/start-local-cloud.ts';
import { temporaryFolder, writeAssembly } from './assembly/assembly-fixture.ts';

/** Prints a measurement in the embedded metric format, as Powertools does. */
const HANDLER = `exports.handler = async (event) => {
  const metrics = [{ Namespace: 'Test', Dimensions: [['service']], Metrics: [{ Name: 'Lost' }] }];
  console.log(JSON.stringify({
    _aws: { Timestamp: Date.now(), CloudWatchMetrics: metrics }, service: 'counter', Lost: event.lost,
  }));
};`;

const policy = (statement: Readonly<Record<string, unknown>>) => ({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', ...statement }],
});
const role = (service: string, statement: Readonly<Record<string, unknown>>) => ({
  Type: 'AWS::IAM::Role',
  Properties: {
    AssumeRolePolicyDocument: policy({
      Action: 'sts:AssumeRole',
      Principal: { Service: service },
    }),
    Policies: [{ PolicyName: 'only', PolicyDocument: policy(statement) }],
  },
});

const TEMPLATE = {
  Resources: {
    Counter: {
      Type: 'AWS::Lambda::Function',
      Properties: {
        FunctionName: 'counter',
        Runtime: 'nodejs24.x',
        Handler: 'index.handler',
        Code: { S3Bucket: 'assets', S3Key: 'counter.zip' },
        MemorySize: 128,
        Timeout: 10,
        Role: { 'Fn::GetAtt': ['CounterRole', 'Arn'] },
      },
    },
    CounterRole: role('lambda.amazonaws.com', {
      Action: ['logs:CreateLogStream', 'logs:PutLogEvents'],
      Resource: 'arn:aws:logs:us-east-1:000000000000:log-group:/aws/lambda/counter:*',
    }),
    Schedule: {
      Type: 'AWS::Scheduler::Schedule',
      Properties: {
        ScheduleExpression: 'rate(1 hour)',
        FlexibleTimeWindow: { Mode: 'OFF' },
        Target: {
          Arn: { 'Fn::GetAtt': ['Counter', 'Arn'] },
          RoleArn: { 'Fn::GetAtt': ['ScheduleRole', 'Arn'] },
          Input: '{"lost":3}',
        },
      },
    },
    ScheduleRole: role('scheduler.amazonaws.com', {
      Action: 'lambda:InvokeFunction',
      Resource: { 'Fn::GetAtt': ['Counter', 'Arn'] },
    }),
    Topic: { Type: 'AWS::SNS::Topic', Properties: { TopicName: 'alarms' } },
    TopicPolicy: {
      Type: 'AWS::SNS::TopicPolicy',
      Properties: {
        Topics: [{ Ref: 'Topic' }],
        PolicyDocument: policy({
          Action: 'sns:Publish',
          Principal: { Service: 'cloudwatch.amazonaws.com' },
          Resource: { Ref: 'Topic' },
        }),
      },
    },
    Alarm: {
      Type: 'AWS::CloudWatch::Alarm',
      Properties: {
        AlarmName: 'lost',
        AlarmDescription: 'Something is lost.',
        Namespace: 'Test',
        MetricName: 'Lost',
        Dimensions: [{ Name: 'service', Value: 'counter' }],
        Statistic: 'Sum',
        Period: 60,
        EvaluationPeriods: 1,
        Threshold: 0,
        ComparisonOperator: 'GreaterThanThreshold',
        AlarmActions: [{ Ref: 'Topic' }],
      },
    },
  },
};

it('goes from a schedule over a function, its output and a metric to an alarm', async () => {
  const folder = temporaryFolder();
  onTestFinished(() => folder.remove());
  const inFolder = (...names: string[]): string => path.join(folder.path, ...names);
  writeAssembly(inFolder('assembly'), {
    app: { template: TEMPLATE, assets: { 'counter.zip': 'counter' } },
  });
  mkdirSync(inFolder('assembly', 'counter'));
  writeFileSync(inFolder('assembly', 'counter', 'index.js'), HANDLER);
  const cloud = await startLocalCloud({
    assemblyDir: inFolder('assembly'),
    stateDir: inFolder('state'),
    logDir: inFolder('logs'),
    cloudFile: inFolder('cloud.json'),
    port: 0,
  });
  onTestFinished(cloud.close);
  const lost = () => cloud.health().alarms.find(({ name }) => name === 'lost');
  await expect.poll(() => lost()?.state, { timeout: 15_000, interval: 50 }).toBe('ALARM');
  expect(lost()).toMatchObject({
    description: 'Something is lost.',
    reason: 'the last datapoint (3) is above 0',
  });
  await expect
    .poll(() => cloud.health().functions, { timeout: 5_000 })
    .toMatchObject([{ name: 'counter', invocations: 1, errors: 0 }]);
  await cloud.close();
  expect(readFileSync(inFolder('logs', 'alarms.log'), 'utf8')).toMatch(
    /^\S+Z lost: INSUFFICIENT_DATA -> ALARM: .*; told alarms \(no subscription;/m,
  );
});
