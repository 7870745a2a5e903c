import { describe, expect, it } from 'vitest';
import { deployAssembly } from '#embedded/assembly/deploy-assembly.ts';
import {
  oneStack,
  recordingServices,
  type ServiceCall,
  temporaryFolder,
} from '../assembly-fixture.ts';

const ACCOUNT = '000000000000';
const QUEUE = `arn:aws:sqs:us-east-1:${ACCOUNT}:work`;

async function deploy(
  resources: Readonly<Record<string, { readonly Type: string; readonly Properties: unknown }>>,
): Promise<readonly ServiceCall[]> {
  const folder = temporaryFolder();
  const { services, calls } = recordingServices();
  try {
    await deployAssembly(oneStack(resources), services, {
      stateDir: folder.path,
      endpoint: 'http://127.0.0.1:4566',
      log: () => undefined,
    });
    return calls;
  } finally {
    folder.remove();
  }
}

const deployOne = (Type: string, Properties: unknown) => deploy({ It: { Type, Properties } });

describe('AWS::SQS::Queue', () => {
  it('is a URL to Ref, and sets its attributes as texts', async () => {
    const statement = {
      Effect: 'Allow',
      Principal: { Service: 'events.amazonaws.com' },
      Action: 'sqs:SendMessage',
      Resource: { 'Fn::GetAtt': ['Queue', 'Arn'] },
    };
    const calls = await deploy({
      Queue: {
        Type: 'AWS::SQS::Queue',
        Properties: {
          QueueName: 'work',
          VisibilityTimeout: 60,
          SqsManagedSseEnabled: true,
          RedrivePolicy: { deadLetterTargetArn: `${QUEUE}-dead`, maxReceiveCount: 3 },
        },
      },
      Policy: {
        Type: 'AWS::SQS::QueuePolicy',
        Properties: {
          Queues: [{ Ref: 'Queue' }],
          PolicyDocument: { Version: '2012-10-17', Statement: [statement] },
        },
      },
    });
    const attributes = {
      VisibilityTimeout: '60',
      SqsManagedSseEnabled: 'true',
      RedrivePolicy: JSON.stringify({ deadLetterTargetArn: `${QUEUE}-dead`, maxReceiveCount: 3 }),
    };
    const policy = { Version: '2012-10-17', Statement: [{ ...statement, Resource: QUEUE }] };
    expect(calls).toEqual([
      ['queue', { name: 'work', attributes }],
      ['queuePolicy', { arn: QUEUE, policy }],
    ]);
  });

  it.each([
    [{ KmsMasterKeyId: 'alias/own' }, /It.KmsMasterKeyId: .*does not emulate this property/],
    [{ QueueName: 'a.fifo' }, /It.*hyphens/],
    [{ VisibilityTimeout: 50_000 }, /It.VisibilityTimeout/],
    [
      { QueueName: 'work', RedrivePolicy: { deadLetterTargetArn: 'x', maxReceiveCount: 1 } },
      /deadLetterTargetArn names no other queue/,
    ],
  ])('is refused with %j', async (properties, message) => {
    await expect(deployOne('AWS::SQS::Queue', properties)).rejects.toThrow(message);
  });
});

describe('AWS::Events::Rule', () => {
  const rule = { Name: 'files', EventPattern: { source: ['aws.s3'] } };

  it('gets its pattern as JSON, its targets as they are', async () => {
    const Targets = [{ Id: 'queue', Arn: QUEUE, RetryPolicy: { MaximumRetryAttempts: 2 } }];
    expect(await deployOne('AWS::Events::Rule', { ...rule, Targets })).toEqual([
      [
        'rule',
        {
          busName: 'default',
          name: 'files',
          description: null,
          eventPattern: '{"source":["aws.s3"]}',
          schedule: null,
          state: 'ENABLED',
          targets: Targets,
        },
      ],
    ]);
  });

  it('of another bus names it in its ARN', async () => {
    const calls = await deploy({
      Bus: { Type: 'AWS::Events::EventBus', Properties: { Name: 'own' } },
      Rule: { Type: 'AWS::Events::Rule', Properties: { ...rule, EventBusName: { Ref: 'Bus' } } },
      Permission: {
        Type: 'AWS::Lambda::Permission',
        Properties: {
          Action: 'lambda:InvokeFunction',
          FunctionName: 'writer',
          Principal: 'events.amazonaws.com',
          SourceArn: { 'Fn::GetAtt': ['Rule', 'Arn'] },
        },
      },
    });
    expect(calls[0]).toEqual(['bus', 'own']);
    const sourceArn = `arn:aws:events:us-east-1:${ACCOUNT}:rule/own/files`;
    expect(JSON.stringify(calls[2])).toContain(`"aws:SourceArn":"${sourceArn}"`);
  });

  it.each([
    [{ EventPattern: undefined }, /expected an event pattern or a schedule expression/],
    [{ EventPattern: { source: 'aws.s3' } }, /It.EventPattern: .*must be an object or an array/],
    [{ ScheduleExpression: 'at(2026-01-01T00:00:00)' }, /It.ScheduleExpression/],
    [{ RoleArn: 'x' }, /It.RoleArn: .*does not emulate this property/],
    [
      { Targets: [{ Id: '1', Arn: `arn:aws:states:us-east-1:${ACCOUNT}:stateMachine:x` }] },
      /does not emulate Step Functions/,
    ],
    [{ Targets: [{ Id: '1', Arn: QUEUE, EcsParameters: {} }] }, /It.Targets.*EcsParameters/],
  ])('is refused with %j', async (properties, message) => {
    const given = { ...rule, ...properties };
    await expect(deployOne('AWS::Events::Rule', given)).rejects.toThrow(message);
  });
});

describe('a bucket', () => {
  it('sends events when its notification configuration says so', async () => {
    const NotificationConfiguration = {
      EventBridgeConfiguration: { EventBridgeEnabled: true },
    };
    const bucket = { BucketName: 'landing', NotificationConfiguration };
    expect(await deployOne('AWS::S3::Bucket', bucket)).toEqual([
      ['bucket', { name: 'landing', versioned: false, sendsEvents: true }],
    ]);
    const QueueConfigurations = [{ Event: 's3:ObjectCreated:*', Queue: QUEUE }];
    const direct = { ...bucket, NotificationConfiguration: { QueueConfigurations } };
    await expect(deployOne('AWS::S3::Bucket', direct)).rejects.toThrow(
      /NotificationConfiguration.QueueConfigurations/,
    );
  });
});

describe('AWS::Lambda::EventInvokeConfig', () => {
  it('gets the defaults of AWS, and queues as destinations only', async () => {
    const config = { FunctionName: 'writer', Qualifier: '$LATEST' };
    const onFailure = (Destination: string) => ({
      ...config,
      DestinationConfig: { OnFailure: { Destination } },
    });
    expect(await deployOne('AWS::Lambda::EventInvokeConfig', onFailure(QUEUE))).toEqual([
      [
        'eventInvokeConfig',
        {
          functionName: 'writer',
          maxRetryAttempts: 2,
          maxEventAgeSeconds: 21_600,
          onSuccessQueue: null,
          onFailureQueue: QUEUE,
        },
      ],
    ]);
    await expect(
      deployOne('AWS::Lambda::EventInvokeConfig', onFailure('arn:aws:sns:us-east-1:1:t')),
    ).rejects.toThrow(/expected the ARN of a queue/);
  });
});

describe('AWS::Lambda::EventSourceMapping on a queue', () => {
  const mapping = { EventSourceArn: QUEUE, FunctionName: 'writer' };

  it('gets the defaults of AWS for queues', async () => {
    expect(await deployOne('AWS::Lambda::EventSourceMapping', mapping)).toEqual([
      [
        'queueMapping',
        {
          id: expect.stringMatching(/^[0-9a-f-]{36}$/),
          queueArn: QUEUE,
          functionName: 'writer',
          batchSize: 10,
          batchingWindowMs: 0,
          reportBatchItemFailures: false,
          maxConcurrency: null,
          enabled: true,
          countEvents: false,
        },
      ],
    ]);
  });

  it('refuses what only streams have, and filters', async () => {
    const type = 'AWS::Lambda::EventSourceMapping';
    await expect(deployOne(type, { ...mapping, ParallelizationFactor: 2 })).rejects.toThrow(
      /It.ParallelizationFactor/,
    );
    await expect(deployOne(type, { ...mapping, FilterCriteria: {} })).rejects.toThrow(
      /does not filter messages/,
    );
  });
});
