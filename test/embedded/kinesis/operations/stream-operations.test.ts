import {
  CreateStreamCommand,
  DecreaseStreamRetentionPeriodCommand,
  DeleteStreamCommand,
  DescribeStreamCommand,
  DescribeStreamSummaryCommand,
  IncreaseStreamRetentionPeriodCommand,
  ListStreamsCommand,
  ListTagsForStreamCommand,
  RegisterStreamConsumerCommand,
} from '@aws-sdk/client-kinesis';
import { describe, expect, it } from 'vitest';
import { startKinesis } from '../start-kinesis.ts';

const StreamName = 'orders';
const StreamARN = 'arn:aws:kinesis:us-east-1:000000000000:stream/orders';

describe('stream operations', () => {
  it('creates a stream that is active at once and shows it', async () => {
    const { client } = await startKinesis({ nowMs: () => 1_763_600_000_000 });
    await client.send(
      new CreateStreamCommand({ StreamName, ShardCount: 2, Tags: { team: 'lake' } }),
    );
    const { StreamDescription } = await client.send(new DescribeStreamCommand({ StreamName }));
    expect(StreamDescription).toMatchObject({
      StreamName,
      StreamARN,
      StreamStatus: 'ACTIVE',
      StreamModeDetails: { StreamMode: 'PROVISIONED' },
      HasMoreShards: false,
      RetentionPeriodHours: 24,
      StreamCreationTimestamp: new Date(1_763_600_000_000),
      EncryptionType: 'NONE',
    });
    expect(StreamDescription?.Shards?.map((shard) => shard.ShardId)).toEqual([
      'shardId-000000000000',
      'shardId-000000000001',
    ]);
    const summary = await client.send(new DescribeStreamSummaryCommand({ StreamARN }));
    expect(summary.StreamDescriptionSummary).toMatchObject({ OpenShardCount: 2, ConsumerCount: 0 });
    const { Tags } = await client.send(new ListTagsForStreamCommand({ StreamName }));
    expect(Tags).toEqual([{ Key: 'team', Value: 'lake' }]);
  });

  it('shows shards in pages', async () => {
    const { client } = await startKinesis();
    await client.send(new CreateStreamCommand({ StreamName, ShardCount: 5 }));
    const first = await client.send(new DescribeStreamCommand({ StreamName, Limit: 3 }));
    expect(first.StreamDescription).toMatchObject({ HasMoreShards: true });
    const ExclusiveStartShardId = first.StreamDescription?.Shards?.at(-1)?.ShardId;
    const rest = await client.send(
      new DescribeStreamCommand({ StreamName, ExclusiveStartShardId }),
    );
    expect(rest.StreamDescription?.Shards).toHaveLength(2);
    expect(rest.StreamDescription?.HasMoreShards).toBe(false);
  });

  it('lists streams by name in pages', async () => {
    const { client } = await startKinesis();
    for (const name of ['c', 'a', 'b']) {
      await client.send(new CreateStreamCommand({ StreamName: name, ShardCount: 1 }));
    }
    const first = await client.send(new ListStreamsCommand({ Limit: 2 }));
    expect(first.StreamNames).toEqual(['a', 'b']);
    expect(first.HasMoreStreams).toBe(true);
    const { NextToken } = first;
    const rest = await client.send(new ListStreamsCommand({ NextToken }));
    expect(rest.StreamNames).toEqual(['c']);
    expect(rest.HasMoreStreams).toBe(false);
    const after = await client.send(new ListStreamsCommand({ ExclusiveStartStreamName: 'a' }));
    expect(after.StreamNames).toEqual(['b', 'c']);
  });

  it('refuses to create a stream twice', async () => {
    const { client } = await startKinesis();
    const create = new CreateStreamCommand({ StreamName, ShardCount: 1 });
    await client.send(create);
    await expect(client.send(create)).rejects.toMatchObject({
      name: 'ResourceInUseException',
      message: 'Stream orders under account 000000000000 already exists.',
    });
  });

  it.each([
    [{ StreamName: 'a/b', ShardCount: 1 }],
    [{ StreamName: 'x'.repeat(129), ShardCount: 1 }],
    [{ StreamName, ShardCount: 0 }],
    [{ StreamName }],
    [{ StreamName, StreamModeDetails: { StreamMode: 'ON_DEMAND' as const } }],
    [{ StreamName, ShardCount: 1, MaxRecordSizeInKiB: 2048 }],
  ])('refuses to create %j', async (input) => {
    const { client } = await startKinesis();
    await expect(client.send(new CreateStreamCommand(input))).rejects.toMatchObject({
      name: 'ValidationException',
    });
  });

  it('keeps streams whose names are paths of a file system apart from the file system', async () => {
    const { client, service } = await startKinesis();
    for (const name of ['..', '.', 'streams.json', 'A', 'a']) {
      await client.send(new CreateStreamCommand({ StreamName: name, ShardCount: 1 }));
      expect(service.latestSequenceNumber(name, 'shardId-000000000000')).toBeNull();
    }
    await client.send(new DeleteStreamCommand({ StreamName: '..' }));
    const { StreamNames } = await client.send(new ListStreamsCommand({}));
    expect(StreamNames).toEqual(['.', 'A', 'a', 'streams.json']);
  });

  it('changes the retention period in the direction that the operation names', async () => {
    const { client } = await startKinesis();
    await client.send(new CreateStreamCommand({ StreamName, ShardCount: 1 }));
    const increase = (RetentionPeriodHours: number) =>
      client.send(new IncreaseStreamRetentionPeriodCommand({ StreamName, RetentionPeriodHours }));
    const decrease = (RetentionPeriodHours: number) =>
      client.send(new DecreaseStreamRetentionPeriodCommand({ StreamName, RetentionPeriodHours }));
    await increase(168);
    await expect(increase(48)).rejects.toMatchObject({
      name: 'InvalidArgumentException',
      message: expect.stringContaining('Use DecreaseRetentionPeriod API.'),
    });
    await decrease(48);
    await expect(decrease(72)).rejects.toMatchObject({
      message: expect.stringContaining('Use IncreaseRetentionPeriod API.'),
    });
    await expect(decrease(23)).rejects.toMatchObject({
      message: expect.stringContaining('Minimum allowed retention period is 24 hours'),
    });
    const { StreamDescription } = await client.send(new DescribeStreamCommand({ StreamName }));
    expect(StreamDescription?.RetentionPeriodHours).toBe(48);
  });

  it('answers an operation that it does not emulate with UnknownOperationException', async () => {
    const { client } = await startKinesis();
    const register = new RegisterStreamConsumerCommand({ StreamARN, ConsumerName: 'fast' });
    await expect(client.send(register)).rejects.toMatchObject({
      name: 'UnknownOperationException',
    });
  });

  it('tells a client that speaks CBOR to speak JSON', async () => {
    const { endpoint } = await startKinesis();
    const response = await fetch(endpoint, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-amz-cbor-1.1',
        'x-amz-target': 'Kinesis_20131202.ListStreams',
      },
      body: new Uint8Array([0xa0]),
    });
    expect(response.status).toBe(415);
    expect(await response.json()).toMatchObject({
      __type: 'UnsupportedMediaTypeException',
      message: expect.stringContaining('AWS_CBOR_DISABLE'),
    });
  });
});
