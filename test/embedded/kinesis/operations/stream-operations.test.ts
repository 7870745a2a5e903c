import {
  CreateStreamCommand,
  DecreaseStreamRetentionPeriodCommand,
  DeleteStreamCommand,
  DescribeStreamCommand,
  DescribeStreamSummaryCommand,
  IncreaseStreamRetentionPeriodCommand,
  ListStreamsCommand,
  ListTagsForStreamCommand,
  PutRecordCommand,
  UpdateMaxRecordSizeCommand,
} from '@aws-sdk/client-kinesis';
import { describe, expect, it } from 'vitest';
import { callKinesis } from '../call-kinesis.ts';
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
    [{ StreamName, ShardCount: 1, MaxRecordSizeInKiB: 1023 }],
    [{ StreamName, ShardCount: 1, MaxRecordSizeInKiB: 10_241 }],
    [{ StreamName, ShardCount: 1, WarmThroughputMiBps: 4 }],
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

  it('does not bring back what a shorter retention cut off when it becomes longer again', async () => {
    let nowMs = 1_763_600_000_000;
    const { client, service } = await startKinesis({ nowMs: () => nowMs });
    service.ensureStream({ name: StreamName, shardCount: 1, retentionHours: 72 });
    const Data = Buffer.from('old');
    await client.send(new PutRecordCommand({ StreamName, PartitionKey: 'k', Data }));
    const shardId = 'shardId-000000000000';
    const read = { afterSequenceNumber: null, limit: 10, maxBytes: 1000 };
    nowMs += 48 * 3_600_000;
    expect(await service.readAfter(StreamName, shardId, read)).toHaveLength(1);
    const shorter = { StreamName, RetentionPeriodHours: 24 };
    await client.send(new DecreaseStreamRetentionPeriodCommand(shorter));
    expect(await service.readAfter(StreamName, shardId, read)).toEqual([]);
    const longer = { StreamName, RetentionPeriodHours: 168 };
    await client.send(new IncreaseStreamRetentionPeriodCommand(longer));
    expect(await service.readAfter(StreamName, shardId, read)).toEqual([]);
  });

  it('sets the largest record of a stream, at its creation and later', async () => {
    const { client } = await startKinesis();
    await client.send(
      new CreateStreamCommand({ StreamName, ShardCount: 1, MaxRecordSizeInKiB: 2048 }),
    );
    const shown = async () => {
      const summary = await client.send(new DescribeStreamSummaryCommand({ StreamName }));
      return summary.StreamDescriptionSummary?.MaxRecordSizeInKiB;
    };
    expect(await shown()).toBe(2048);
    await client.send(new UpdateMaxRecordSizeCommand({ StreamARN, MaxRecordSizeInKiB: 10_240 }));
    expect(await shown()).toBe(10_240);
    const tooLarge = new UpdateMaxRecordSizeCommand({ StreamARN, MaxRecordSizeInKiB: 10_241 });
    await expect(client.send(tooLarge)).rejects.toMatchObject({ name: 'ValidationException' });
  });

  it.each([
    ['RegisterStreamConsumer', { StreamARN, ConsumerName: 'fast' }],
    ['SubscribeToShard', { ConsumerARN: `${StreamARN}/consumer/fast:1` }],
    ['EnableEnhancedMonitoring', { StreamName, ShardLevelMetrics: ['ALL'] }],
    ['UpdateStreamMode', { StreamARN, StreamModeDetails: { StreamMode: 'ON_DEMAND' } }],
  ])('says that it does not emulate %s', async (operation, input) => {
    const { service } = await startKinesis();
    const { status, body } = await callKinesis(service, operation, input);
    expect(status).toBe(400);
    expect(body).toEqual({
      __type: 'UnknownOperationException',
      message: `the local cloud does not emulate ${operation}`,
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
