import { describe, expect, it } from 'vitest';
import { createIamService } from '#embedded/iam/iam-service.ts';
import type { NamedPolicy } from '#embedded/services.ts';
import { createInProcessLambda, mapping, SHARD_0, SHARD_1, textsOf } from '../start-mappings.ts';
import { startVirtualMapping } from './start-virtual-mapping.ts';

const ROLE_ARN = 'arn:aws:iam::000000000000:role/writer-role';
const STREAM_ACTIONS = [
  'kinesis:DescribeStream',
  'kinesis:DescribeStreamSummary',
  'kinesis:GetRecords',
  'kinesis:GetShardIterator',
  'kinesis:ListShards',
];

function readStream(actions: readonly string[] = STREAM_ACTIONS): NamedPolicy {
  const Statement = [{ Effect: 'Allow', Action: actions, Resource: mapping.streamArn }] as const;
  return { name: 'ReadStream', document: { Statement } };
}

const keepFailures: NamedPolicy = {
  name: 'KeepFailures',
  document: {
    Statement: [
      { Effect: 'Allow', Action: 's3:ListBucket', Resource: 'arn:aws:s3:::dead-letters' },
      { Effect: 'Allow', Action: 's3:PutObject', Resource: 'arn:aws:s3:::dead-letters/aws/*' },
    ],
  },
};

/** A mapping whose function has a role with the given policies; the function fails on `poison`. */
function startWithRole(policies: readonly NamedPolicy[]) {
  const seen: string[] = [];
  const iam = createIamService();
  const trust = {
    Statement: [
      {
        Effect: 'Allow',
        Action: 'sts:AssumeRole',
        Principal: { Service: 'lambda.amazonaws.com' },
      },
    ],
  } as const;
  iam.ensureRole({ name: 'writer-role', arn: ROLE_ARN, trust, policies });
  const identities: string[] = [];
  const lambda = createInProcessLambda((records) => {
    const texts = textsOf(records);
    identities.push(...records.map((record) => String(record.invokeIdentityArn)));
    if (texts.includes('poison')) throw new Error('no');
    seen.push(...texts);
  });
  const running = startVirtualMapping(() => undefined, {
    lambda: { ...lambda, roleArnOf: () => ROLE_ARN },
    iam,
    shardCount: 2,
    mapping: { maxRetryAttempts: 0, batchSize: 1, countEvents: true },
  });
  const result = () => running.mappings.views()[0]?.lastProcessingResult;
  return { ...running, iam, seen, identities, result };
}

describe('the role of the function', () => {
  it('reads the stream, and every kind of call is in the journal', async () => {
    const { clock, source, mappings, iam, seen, identities, result } = startWithRole([
      readStream(),
      keepFailures,
    ]);
    source.put(SHARD_0, 'a', 'one');
    source.put(SHARD_0, 'a', 'poison');
    mappings.start();
    await clock.advance(1000);
    expect(seen).toEqual(['one']);
    expect(identities[0]).toBe(ROLE_ARN);
    expect(result()).toBe('PROBLEM: Function call failed');
    const calls = iam
      .journal()
      .map(({ action, allowed, principal }) => [action, allowed, principal]);
    expect(calls.sort()).toEqual(
      [...STREAM_ACTIONS, 's3:ListBucket', 's3:PutObject']
        .sort()
        .map((action) => [action, true, 'writer-role']),
    );
  });

  it.each(STREAM_ACTIONS)('must have %s when the mapping is created', (missing) => {
    const actions = STREAM_ACTIONS.filter((action) => action !== missing);
    expect(() => startWithRole([readStream(actions), keepFailures])).toThrow(
      /^Cannot access stream arn:aws:kinesis:.* Please ensure the role can perform the GetRecords, .* in IAM/,
    );
  });

  it('must be allowed to see the failure destination when it is set', () => {
    expect(() => startWithRole([readStream()])).toThrow(
      'The provided execution role does not have permissions to call ListBucket on S3',
    );
  });

  it('stops the mapping with a problem when it loses a permission, and lets it go on afterwards', async () => {
    const { clock, source, mappings, iam, seen, result } = startWithRole([
      readStream(),
      keepFailures,
    ]);
    mappings.start();
    await clock.advance(1000);
    iam.ensureRolePolicy(
      'writer-role',
      readStream(STREAM_ACTIONS.filter((action) => action !== 'kinesis:GetRecords')),
    );
    source.put(SHARD_0, 'a', 'one');
    await clock.advance(5000);
    expect(seen).toEqual([]);
    expect(result()).toMatch(
      /^PROBLEM: User: arn:aws:sts::000000000000:assumed-role\/writer-role\/awslambda is not authorized to perform: kinesis:GetRecords on resource: arn:aws:kinesis:us-east-1:000000000000:stream\/orders/,
    );
    expect(mappings.pending()).toBe(true);
    iam.ensureRolePolicy('writer-role', readStream());
    await clock.advance(2000);
    expect(seen).toEqual(['one']);
    expect(result()).toBe('OK');
  });

  it('is well again when the permission comes back, even without records', async () => {
    const { clock, mappings, iam, result } = startWithRole([readStream(), keepFailures]);
    mappings.start();
    iam.ensureRolePolicy('writer-role', readStream(['kinesis:ListShards']));
    await clock.advance(2000);
    expect(result()).toContain('PROBLEM: User: ');
    iam.ensureRolePolicy('writer-role', readStream());
    await clock.advance(2000);
    expect(result()).toBe('OK');
  });

  it('finds no new shards without kinesis:ListShards, and says so', async () => {
    const { clock, source, mappings, iam, seen, result } = startWithRole([
      readStream(),
      keepFailures,
    ]);
    mappings.start();
    await clock.advance(1000);
    const actions = STREAM_ACTIONS.filter((action) => action !== 'kinesis:ListShards');
    iam.ensureRolePolicy('writer-role', readStream(actions));
    const [child = ''] = source.split(SHARD_0);
    source.put(child, 'a', 'one');
    source.put(SHARD_1, 'b', 'two');
    await clock.advance(5000);
    expect(seen).toEqual(['two']);
    expect(result()).toContain('is not authorized to perform: kinesis:ListShards');
    iam.ensureRolePolicy('writer-role', readStream());
    await clock.advance(2000);
    expect(seen).toEqual(['two', 'one']);
    expect(result()).toBe('OK');
  });

  it('loses a batch that it may not store, as AWS does, and says so', async () => {
    const { clock, source, mappings, iam, seen, notices, letters, data } = startWithRole([
      readStream(),
      keepFailures,
    ]);
    iam.ensureRolePolicy('writer-role', { ...keepFailures, document: { Statement: [] } });
    source.put(SHARD_0, 'a', 'poison');
    source.put(SHARD_0, 'a', 'next');
    mappings.start();
    await clock.advance(1000);
    expect(seen).toEqual(['next']);
    expect(letters).toEqual([]);
    expect(notices.join()).toContain(
      'are lost: RetryAttemptsExhausted, and the on-failure destination refused them',
    );
    const lost = data.filter(({ name }) =>
      ['DestinationDeliveryFailures', 'DroppedEventCount'].includes(name),
    );
    expect(lost.map(({ name, value }) => [name, value])).toEqual([
      ['DestinationDeliveryFailures', 1],
      ['DroppedEventCount', 1],
    ]);
  });
});
