import { describe, expect, it } from 'vitest';
import { checkTemplates } from '#core/plan/check-names.ts';
import { countTypes, readTemplate, workersOf } from '#core/plan/template-resources.ts';

function stackOf(resources: Readonly<Record<string, unknown>>) {
  return readTemplate('sluice-dev-market-processing', { Resources: resources });
}

const FUNCTION = {
  Type: 'AWS::Lambda::Function',
  Properties: { FunctionName: 'sluice-dev-market-lake-writer', MemorySize: 1024, Timeout: 120 },
};
const BUCKET = {
  Type: 'AWS::S3::Bucket',
  Properties: {
    BucketName: {
      'Fn::Join': [
        '',
        ['sluice-dev-lake-', { Ref: 'AWS::AccountId' }, '-', { Ref: 'AWS::Region' }],
      ],
    },
  },
};

describe('the resources of a template', () => {
  it('are counted by type, in the order of the types', () => {
    const stack = stackOf({ b: FUNCTION, a: BUCKET, c: FUNCTION });
    expect(countTypes(stack)).toEqual({ 'AWS::Lambda::Function': 2, 'AWS::S3::Bucket': 1 });
    expect(Object.keys(countTypes(stack))).toEqual(['AWS::Lambda::Function', 'AWS::S3::Bucket']);
  });

  it('are none where a template has none', () => {
    expect(readTemplate('empty', {}).resources).toEqual([]);
  });

  it('name functions, schedules, rules and queues with what they are', () => {
    const stack = stackOf({
      a: FUNCTION,
      b: {
        Type: 'AWS::Scheduler::Schedule',
        Properties: { Name: 'poll', ScheduleExpression: 'rate(1 minute)', State: 'DISABLED' },
      },
      c: { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'files' } },
      d: { Type: 'AWS::SQS::Queue', Properties: {} },
      e: BUCKET,
    });
    expect(workersOf(stack)).toEqual([
      { kind: 'function', name: 'sluice-dev-market-lake-writer', detail: '1024 MB, at most 120 s' },
      { kind: 'schedule', name: 'poll', detail: 'rate(1 minute), off' },
      { kind: 'queue', name: 'files', detail: '' },
    ]);
  });
});

describe('a queue that a function reads', () => {
  const queue = { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'committer' } };
  const detailOf = (mapping: Readonly<Record<string, unknown>>) => {
    const EventSourceArn = { 'Fn::GetAtt': ['q', 'Arn'] };
    const Properties = { EventSourceArn, ...mapping };
    return workersOf(
      stackOf({ q: queue, m: { Type: 'AWS::Lambda::EventSourceMapping', Properties } }),
    );
  };

  it('shows batches, window and concurrency', () => {
    const detail = 'at most 1,000 per batch, gathered 30 s, 2 at a time';
    expect(
      detailOf({
        BatchSize: 1_000,
        MaximumBatchingWindowInSeconds: 30,
        ScalingConfig: { MaximumConcurrency: 2 },
      }),
    ).toEqual([{ kind: 'queue', name: 'committer', detail }]);
  });

  it('shows what AWS takes where the template says nothing', () => {
    expect(detailOf({})).toMatchObject([{ detail: 'at most 10 per batch' }]);
    expect(detailOf({ EventSourceArn: { 'Fn::ImportValue': 'q' } })).toMatchObject([
      { detail: '' },
    ]);
  });
});

describe('names in templates', () => {
  it('are held against the longest that the service takes', () => {
    const name = 'x'.repeat(65);
    const long = { ...FUNCTION, Properties: { ...FUNCTION.Properties, FunctionName: name } };
    expect(checkTemplates([stackOf({ a: long, b: BUCKET })])[0]).toEqual({
      domain: null,
      subject: 'name of AWS::Lambda::Function',
      state: 'broken',
      figures: `${name} has 65 of 64 characters`,
      advice: 'shorten the name of the platform, the environment, the domain or the connector',
    });
  });

  it('count the longest account and region where a template joins them', () => {
    // 16 characters, an account of 12, a hyphen, the longest region of 14.
    expect(checkTemplates([stackOf({ b: BUCKET })])[0]?.figures).toBe(
      '43 of 63 characters, closest to its limit: sluice-dev-lake-<AWS::AccountId>-<AWS::Region> (AWS::S3::Bucket)',
    );
  });

  it('name the one that is closest to its limit', () => {
    expect(checkTemplates([stackOf({ a: FUNCTION, b: BUCKET })])[0]?.figures).toContain('43 of 63');
  });
});

describe('a stack', () => {
  it('has at most 500 resources', () => {
    const many = Object.fromEntries(
      Array.from({ length: 501 }, (_, index) => [`r${index}`, FUNCTION]),
    );
    const limits = checkTemplates([stackOf(many), stackOf({ a: BUCKET })]);
    expect(limits.at(-1)).toMatchObject({
      subject: 'resources of a stack',
      state: 'broken',
      figures: 'the largest, sluice-dev-market-processing, has 501 of 500',
    });
  });
});
