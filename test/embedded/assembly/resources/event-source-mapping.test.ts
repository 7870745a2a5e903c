import { describe, expect, it } from 'vitest';
import { deployAssembly } from '#embedded/assembly/deploy-assembly.ts';
import { oneStack, recordingServices, temporaryFolder } from '../assembly-fixture.ts';

const MAPPING = {
  EventSourceArn: 'arn:aws:kinesis:us-east-1:000000000000:stream/local-market',
  FunctionName: 'writer',
  StartingPosition: 'TRIM_HORIZON',
};

async function deployMapping(properties: Readonly<Record<string, unknown>>) {
  const folder = temporaryFolder();
  const { services, calls } = recordingServices();
  const resource = { Type: 'AWS::Lambda::EventSourceMapping', Properties: properties };
  try {
    await deployAssembly(oneStack({ It: resource }), services, {
      stateDir: folder.path,
      endpoint: 'http://127.0.0.1:4566',
      log: () => {},
    });
    return calls;
  } finally {
    folder.remove();
  }
}

describe('AWS::Lambda::EventSourceMapping', () => {
  it('becomes a mapping with the defaults of AWS', async () => {
    expect(await deployMapping(MAPPING)).toEqual([
      [
        'mapping',
        {
          id: expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/),
          streamArn: MAPPING.EventSourceArn,
          streamName: 'local-market',
          functionName: 'writer',
          batchSize: 100,
          batchingWindowMs: 0,
          parallelizationFactor: 1,
          startingPosition: 'TRIM_HORIZON',
          startingTimestampMs: null,
          bisectOnError: false,
          maxRetryAttempts: -1,
          maxRecordAgeSeconds: -1,
          reportBatchItemFailures: false,
          onFailureBucket: null,
          enabled: true,
          countEvents: false,
        },
      ],
    ]);
  });

  it('becomes a mapping as its template says', async () => {
    const [call] = await deployMapping({
      ...MAPPING,
      FunctionName: 'arn:aws:lambda:us-east-1:000000000000:function:writer',
      BatchSize: 10_000,
      MaximumBatchingWindowInSeconds: 30,
      ParallelizationFactor: 10,
      StartingPosition: 'AT_TIMESTAMP',
      StartingPositionTimestamp: 1_763_600_000.5,
      Enabled: false,
      MetricsConfig: { Metrics: ['EventCount'] },
      MaximumRetryAttempts: 5,
      MaximumRecordAgeInSeconds: 3600,
      BisectBatchOnFunctionError: true,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      DestinationConfig: { OnFailure: { Destination: 'arn:aws:s3:::dead-letters' } },
    });
    expect(call?.[1]).toMatchObject({
      functionName: 'writer',
      batchSize: 10_000,
      batchingWindowMs: 30_000,
      parallelizationFactor: 10,
      startingPosition: 'AT_TIMESTAMP',
      startingTimestampMs: 1_763_600_000_500,
      enabled: false,
      countEvents: true,
      bisectOnError: true,
      maxRetryAttempts: 5,
      maxRecordAgeSeconds: 3600,
      reportBatchItemFailures: true,
      onFailureBucket: 'dead-letters',
    });
  });

  it('has the same id at every start', async () => {
    const id = async () => (await deployMapping(MAPPING)).map(([, config]) => config);
    expect(await id()).toEqual(await id());
  });

  it.each([
    [{ ...MAPPING, ParallelizationFactor: 11 }, 'ParallelizationFactor'],
    [{ ...MAPPING, StartingPosition: 'AT_TIMESTAMP' }, 'StartingPositionTimestamp'],
    [{ ...MAPPING, StartingPositionTimestamp: 1_763_600_000 }, 'StartingPositionTimestamp'],
    [{ ...MAPPING, MetricsConfig: { Metrics: ['KafkaMetrics'] } }, 'MetricsConfig.Metrics[0]'],
    [{ ...MAPPING, TumblingWindowInSeconds: 60 }, 'TumblingWindowInSeconds'],
    [{ ...MAPPING, FilterCriteria: {} }, 'FilterCriteria'],
    [{ ...MAPPING, EventSourceArn: 'arn:aws:sqs:us-east-1:000000000000:q' }, 'StartingPosition'],
    [{ ...MAPPING, EventSourceArn: 'arn:aws:mq:us-east-1:000000000000:b' }, 'EventSourceArn'],
    [{ ...MAPPING, MaximumRecordAgeInSeconds: 30 }, 'MaximumRecordAgeInSeconds'],
    [
      {
        ...MAPPING,
        DestinationConfig: { OnFailure: { Destination: 'arn:aws:sns:us-east-1:000000000000:t' } },
      },
      'DestinationConfig.OnFailure.Destination',
    ],
  ])('refuses %j', async (properties, path) => {
    await expect(deployMapping(properties)).rejects.toThrow(`  app/It.${path}: `);
  });

  it('says why it refuses a queue, a filter and a window', async () => {
    const queue = { OnFailure: { Destination: 'arn:aws:sqs:us-east-1:000000000000:q' } };
    const refused = deployMapping({
      ...MAPPING,
      DestinationConfig: queue,
      FilterCriteria: { Filters: [{ Pattern: '{}' }] },
      TumblingWindowInSeconds: 60,
    });
    await expect(refused).rejects.toThrow(/the local cloud has no queues and no topics/);
    await expect(refused).rejects.toThrow(/the local cloud does not filter records/);
    await expect(refused).rejects.toThrow(/the local cloud has no tumbling windows/);
  });
});
