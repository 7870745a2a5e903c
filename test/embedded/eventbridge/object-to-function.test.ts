import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  GetEventSourceMappingCommand,
  LambdaClient,
  ListEventSourceMappingsCommand,
  UpdateEventSourceMappingCommand,
} from '@aws-sdk/client-lambda';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { expect, it, onTestFinished } from 'vitest';
import { type RunningLocalCloud, startLocalCloud } from '#embedded/start-local-cloud.ts';
import { temporaryFolder, writeAssembly } from '../assembly/assembly-fixture.ts';

const ACCOUNT = '000000000000';

/** Fails for keys that end in .bad; keeps what it saw beside itself. */
const HANDLER = `
const { appendFileSync } = require('node:fs');
exports.handler = async (event) => {
  const batchItemFailures = [];
  for (const record of event.Records) {
    const { key } = JSON.parse(record.body).detail.object;
    if (key.endsWith('.bad')) batchItemFailures.push({ itemIdentifier: record.messageId });
    else appendFileSync(__dirname + '/seen', key + '\\n');
  }
  return { batchItemFailures };
};
`;

function allow(action: string | readonly string[], resource: unknown): unknown {
  return { Effect: 'Allow', Action: action, Resource: resource };
}

const queueArn = { 'Fn::GetAtt': ['Queue', 'Arn'] };

const RESOURCES = {
  Landing: {
    Type: 'AWS::S3::Bucket',
    Properties: {
      BucketName: 'landing',
      VersioningConfiguration: { Status: 'Enabled' },
      NotificationConfiguration: { EventBridgeConfiguration: { EventBridgeEnabled: true } },
    },
  },
  Letters: { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'letters' } },
  Queue: {
    Type: 'AWS::SQS::Queue',
    Properties: {
      QueueName: 'files',
      VisibilityTimeout: 1,
      RedrivePolicy: {
        deadLetterTargetArn: { 'Fn::GetAtt': ['Letters', 'Arn'] },
        maxReceiveCount: 1,
      },
    },
  },
  QueuePolicy: {
    Type: 'AWS::SQS::QueuePolicy',
    Properties: {
      Queues: [{ Ref: 'Queue' }],
      PolicyDocument: {
        Version: '2012-10-17',
        Statement: [
          {
            Effect: 'Allow',
            Principal: { Service: 'events.amazonaws.com' },
            Action: 'sqs:SendMessage',
            Resource: queueArn,
            Condition: { ArnEquals: { 'aws:SourceArn': { 'Fn::GetAtt': ['Rule', 'Arn'] } } },
          },
        ],
      },
    },
  },
  Rule: {
    Type: 'AWS::Events::Rule',
    Properties: {
      Name: 'files',
      EventPattern: {
        source: ['aws.s3'],
        'detail-type': ['Object Created'],
        detail: { bucket: { name: [{ Ref: 'Landing' }] }, object: { key: [{ prefix: 'in/' }] } },
      },
      Targets: [{ Id: 'queue', Arn: queueArn }],
    },
  },
  Role: {
    Type: 'AWS::IAM::Role',
    Properties: {
      AssumeRolePolicyDocument: {
        Version: '2012-10-17',
        Statement: [
          {
            Effect: 'Allow',
            Principal: { Service: 'lambda.amazonaws.com' },
            Action: 'sts:AssumeRole',
          },
        ],
      },
      Policies: [
        {
          PolicyName: 'queue',
          PolicyDocument: {
            Version: '2012-10-17',
            Statement: [
              allow(
                ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'],
                queueArn,
              ),
            ],
          },
        },
      ],
    },
  },
  Function: {
    Type: 'AWS::Lambda::Function',
    Properties: {
      FunctionName: 'ingest',
      Runtime: 'nodejs24.x',
      Handler: 'index.handler',
      Code: { S3Bucket: 'assets', S3Key: 'code.zip' },
      MemorySize: 128,
      Timeout: 1,
      Role: { 'Fn::GetAtt': ['Role', 'Arn'] },
    },
  },
  Mapping: {
    Type: 'AWS::Lambda::EventSourceMapping',
    Properties: {
      EventSourceArn: queueArn,
      FunctionName: { Ref: 'Function' },
      BatchSize: 1,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      ScalingConfig: { MaximumConcurrency: 2 },
    },
  },
};

async function startCloud(): Promise<{ cloud: RunningLocalCloud; seen: () => string[] }> {
  const folder = temporaryFolder();
  const inFolder = (name: string): string => path.join(folder.path, name);
  writeAssembly(inFolder('assembly'), {
    app: { template: { Resources: RESOURCES }, assets: { 'code.zip': 'code' } },
  });
  mkdirSync(inFolder('assembly/code'), { recursive: true });
  writeFileSync(inFolder('assembly/code/index.js'), HANDLER);
  const cloud = await startLocalCloud({
    assemblyDir: inFolder('assembly'),
    stateDir: inFolder('state'),
    logDir: inFolder('logs'),
    cloudFile: inFolder('cloud.json'),
    port: 0,
  });
  onTestFinished(async () => {
    await cloud.close();
    folder.remove();
  });
  writeFileSync(inFolder('assembly/code/seen'), '');
  const seen = (): string[] =>
    readFileSync(inFolder('assembly/code/seen'), 'utf8').split('\n').filter(Boolean).sort();
  return { cloud, seen };
}

async function drained(cloud: RunningLocalCloud): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (cloud.health().pending && Date.now() < deadline) await sleep(20);
}

it('brings objects to a function through rule and queue, and what the function refuses to the dead-letter queue', async () => {
  const { cloud, seen } = await startCloud();
  const client = {
    endpoint: cloud.endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  };
  const s3 = new S3Client(client);
  const put = (Key: string) =>
    s3.send(new PutObjectCommand({ Bucket: 'landing', Key, Body: 'row' }));
  await Promise.all([put('in/1.csv'), put('in/2.csv'), put('out/3.csv'), put('in/4.bad')]);
  expect(cloud.health().pending).toBe(true);
  await drained(cloud);
  expect(seen()).toEqual(['in/1.csv', 'in/2.csv']);
  const lambda = new LambdaClient(client);
  const { EventSourceMappings } = await lambda.send(
    new ListEventSourceMappingsCommand({ FunctionName: 'ingest' }),
  );
  expect(EventSourceMappings).toMatchObject([
    {
      EventSourceArn: `arn:aws:sqs:us-east-1:${ACCOUNT}:files`,
      State: 'Enabled',
      BatchSize: 1,
      ScalingConfig: { MaximumConcurrency: 2 },
    },
  ]);
  const UUID = EventSourceMappings?.[0]?.UUID;
  const change = new UpdateEventSourceMappingCommand({ UUID, Enabled: false });
  expect(await lambda.send(change)).toMatchObject({ State: 'Disabling' });
  const state = async () => (await lambda.send(new GetEventSourceMappingCommand({ UUID }))).State;
  await expect.poll(state).toBe('Disabled');
  const sqs = new SQSClient(client);
  const { Attributes } = await sqs.send(
    new GetQueueAttributesCommand({
      QueueUrl: `${cloud.endpoint}/${ACCOUNT}/letters`,
      AttributeNames: ['ApproximateNumberOfMessages'],
    }),
  );
  expect(Attributes).toEqual({ ApproximateNumberOfMessages: '1' });
});
