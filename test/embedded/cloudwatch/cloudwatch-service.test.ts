import { describe, expect, it, onTestFinished } from 'vitest';
import { createCloudWatchService } from '#embedded/cloudwatch/cloudwatch-service.ts';
import { startGateway } from '#embedded/gateway/gateway.ts';
import type { AlarmConfig } from '#embedded/services.ts';

const NOON = Date.UTC(2026, 0, 31, 12);
const TOPIC = 'arn:aws:sns:us-east-1:000000000000:alarms';

const ALARM: AlarmConfig = {
  name: 'b-errors',
  description: 'The writer fails.',
  namespace: 'AWS/Lambda',
  metricName: 'Errors',
  dimensions: { FunctionName: 'writer' },
  statistic: 'Sum',
  periodSeconds: 60,
  evaluationPeriods: 1,
  datapointsToAlarm: 1,
  comparison: 'GreaterThanThreshold',
  threshold: 0,
  treatMissingData: 'notBreaching',
  actions: { ALARM: [TOPIC], OK: [], INSUFFICIENT_DATA: [] },
};

/** The service behind the gateway, and calls to it in the AWS JSON 1.0 protocol. */
async function startCloudWatch() {
  const cloudWatch = createCloudWatchService({ nowMs: () => NOON, logAlarm: () => undefined });
  const gateway = await startGateway({
    port: 0,
    services: { monitoring: cloudWatch },
    health: () => null,
  });
  onTestFinished(gateway.close);
  cloudWatch.ensureTopic({ arn: TOPIC, key: null });
  const call = async (operation: string, input: unknown) => {
    const response = await fetch(gateway.endpoint, {
      method: 'POST',
      headers: {
        authorization:
          'AWS4-HMAC-SHA256 Credential=test/20260131/us-east-1/monitoring/aws4_request, SignedHeaders=host, Signature=0',
        'content-type': 'application/x-amz-json-1.0',
        'x-amz-target': `GraniteServiceVersion20100801.${operation}`,
      },
      body: JSON.stringify(input),
    });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };
  const measure = (value: number, atMs = NOON): void => {
    const { namespace, metricName: name, dimensions } = ALARM;
    cloudWatch.put({ namespace, name, dimensions, value, atMs });
  };
  return { cloudWatch, call, measure, endpoint: gateway.endpoint };
}

const namesOf = (body: Record<string, unknown>): unknown =>
  (body['MetricAlarms'] as { readonly AlarmName: string }[]).map(({ AlarmName }) => AlarmName);

describe('DescribeAlarms', () => {
  it('shows an alarm with its settings and its state', async () => {
    const { cloudWatch, call, measure } = await startCloudWatch();
    cloudWatch.ensureAlarm(ALARM);
    measure(2);
    cloudWatch.evaluate();
    const { status, body } = await call('DescribeAlarms', {});
    expect(status).toBe(200);
    expect(body).toEqual({
      MetricAlarms: [
        {
          AlarmName: 'b-errors',
          AlarmArn: 'arn:aws:cloudwatch:us-east-1:000000000000:alarm:b-errors',
          AlarmDescription: 'The writer fails.',
          ActionsEnabled: true,
          OKActions: [],
          AlarmActions: [TOPIC],
          InsufficientDataActions: [],
          StateValue: 'ALARM',
          StateReason: 'the last datapoint (2) is above 0',
          StateUpdatedTimestamp: NOON / 1000,
          StateTransitionedTimestamp: NOON / 1000,
          Namespace: 'AWS/Lambda',
          MetricName: 'Errors',
          Dimensions: [{ Name: 'FunctionName', Value: 'writer' }],
          Statistic: 'Sum',
          Period: 60,
          EvaluationPeriods: 1,
          DatapointsToAlarm: 1,
          Threshold: 0,
          ComparisonOperator: 'GreaterThanThreshold',
          TreatMissingData: 'notBreaching',
        },
      ],
      CompositeAlarms: [],
    });
  });

  it('filters, sorts and pages', async () => {
    const { cloudWatch, call, measure } = await startCloudWatch();
    for (const name of ['c-lag', 'a-errors', 'b-errors']) {
      const metricName = name === 'c-lag' ? 'IteratorAge' : 'Errors';
      cloudWatch.ensureAlarm({ ...ALARM, name, metricName });
    }
    measure(1);
    cloudWatch.evaluate();
    const describeNames = async (input: unknown) =>
      namesOf((await call('DescribeAlarms', input)).body);
    expect(await describeNames({})).toEqual(['a-errors', 'b-errors', 'c-lag']);
    expect(await describeNames({ StateValue: 'ALARM' })).toEqual(['a-errors', 'b-errors']);
    expect(await describeNames({ AlarmNames: ['c-lag', 'gone'] })).toEqual(['c-lag']);
    expect(await describeNames({ AlarmNamePrefix: 'b' })).toEqual(['b-errors']);
    expect(await describeNames({ ActionPrefix: 'arn:aws:lambda' })).toEqual([]);
    expect(await describeNames({ AlarmTypes: ['CompositeAlarm'] })).toEqual([]);
    const { body } = await call('DescribeAlarms', { MaxRecords: 2 });
    expect(await describeNames({ NextToken: body['NextToken'] })).toEqual(['c-lag']);
  });

  it('refuses a member it does not know', async () => {
    const { call } = await startCloudWatch();
    expect(await call('DescribeAlarms', { ChildrenOfAlarmName: 'x' })).toMatchObject({
      status: 400,
      body: { __type: 'ValidationError', message: expect.stringContaining('ChildrenOfAlarmName') },
    });
  });
});

describe('ListMetrics', () => {
  it('finds metrics by namespace, name and dimension', async () => {
    const { call, measure } = await startCloudWatch();
    measure(1);
    const metric = {
      Namespace: 'AWS/Lambda',
      MetricName: 'Errors',
      Dimensions: [{ Name: 'FunctionName', Value: 'writer' }],
    };
    const filters = [
      {},
      { Namespace: 'AWS/Lambda', Dimensions: [{ Name: 'FunctionName' }] },
      { Namespace: 'Sluice' },
      { Dimensions: [{ Name: 'FunctionName', Value: 'other' }] },
    ];
    const found = await Promise.all(filters.map((filter) => call('ListMetrics', filter)));
    expect(found.map(({ body }) => body['Metrics'])).toEqual([[metric], [metric], [], []]);
  });
});

describe('GetMetricStatistics', () => {
  const request = {
    Namespace: 'AWS/Lambda',
    MetricName: 'Errors',
    Dimensions: [{ Name: 'FunctionName', Value: 'writer' }],
    StartTime: NOON / 1000 - 300,
    EndTime: NOON / 1000 + 60,
    Period: 60,
    Statistics: ['Sum', 'Maximum'],
    ExtendedStatistics: ['p50'],
  };

  it('has a datapoint per period with data', async () => {
    const { call, measure } = await startCloudWatch();
    measure(1, NOON - 120_000);
    measure(2);
    measure(4);
    const { body } = await call('GetMetricStatistics', request);
    expect(body).toEqual({
      Label: 'Errors',
      Datapoints: [
        datapoint(NOON / 1000 - 120, { Sum: 1, Maximum: 1, p50: 1 }),
        datapoint(NOON / 1000, { Sum: 6, Maximum: 4, p50: 2 }),
      ],
    });
  });

  function datapoint(
    Timestamp: number,
    {
      p50,
      ...statistics
    }: { readonly Sum: number; readonly Maximum: number; readonly p50: number },
  ): unknown {
    return { Timestamp, Unit: 'None', ...statistics, ExtendedStatistics: { p50 } };
  }

  it.each([
    [{ Period: 30 }, 'ValidationError'],
    [{ Statistics: ['Median'] }, 'ValidationError'],
    [{ EndTime: NOON / 1000 + 200_000 }, 'InvalidParameterCombination'],
    [{ EndTime: NOON / 1000 - 400 }, 'InvalidParameterValue'],
  ])('refuses %j', async (change, type) => {
    const { call } = await startCloudWatch();
    const { status, body } = await call('GetMetricStatistics', { ...request, ...change });
    expect({ status, type: body['__type'] }).toEqual({ status: 400, type });
  });
});

it('tells a client that speaks the older query protocol what to do', async () => {
  const { endpoint } = await startCloudWatch();
  const response = await fetch(endpoint, {
    method: 'POST',
    headers: {
      authorization:
        'AWS4-HMAC-SHA256 Credential=test/20260131/us-east-1/monitoring/aws4_request, SignedHeaders=host, Signature=0',
      'content-type': 'application/x-www-form-urlencoded',
    },
    body: 'Action=DescribeAlarms&Version=2010-08-01',
  });
  expect(response.status).toBe(400);
  expect(await response.text()).toMatch(/<Code>InvalidAction<\/Code>.*update the client/);
});

it('refuses other operations by name', async () => {
  const { call } = await startCloudWatch();
  expect((await call('PutDashboard', {})).body).toEqual({
    __type: 'UnknownOperationException',
    message: 'the local cloud does not emulate PutDashboard',
  });
});
