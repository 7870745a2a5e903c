import {
  CreateStreamCommand,
  GetRecordsCommand,
  GetShardIteratorCommand,
  type KinesisClient,
  ListShardsCommand,
  PutRecordCommand,
  PutRecordsCommand,
} from '@aws-sdk/client-kinesis';
import { describe, expect, it } from 'vitest';
import { startKinesis } from '../start-kinesis.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const StreamName = 'orders';
const MIB = 1024 * 1024;

async function createStream(client: KinesisClient, ShardCount = 1): Promise<void> {
  await client.send(new CreateStreamCommand({ StreamName, ShardCount }));
}

async function readAll(client: KinesisClient): Promise<Map<string, string[]>> {
  const { Shards = [] } = await client.send(new ListShardsCommand({ StreamName }));
  const found = new Map<string, string[]>();
  for (const { ShardId = '' } of Shards) {
    const type = { StreamName, ShardId, ShardIteratorType: 'TRIM_HORIZON' } as const;
    const { ShardIterator } = await client.send(new GetShardIteratorCommand(type));
    const { Records = [] } = await client.send(new GetRecordsCommand({ ShardIterator }));
    found.set(
      ShardId,
      Records.map((record) => Buffer.from(record.Data ?? []).toString()),
    );
  }
  return found;
}

describe.each(['client', 'defaultClient'] as const)(
  'PutRecord and PutRecords by the %s',
  (kind) => {
    it('stores records in the order of the request and answers in the same order', async () => {
      const { [kind]: client } = await startKinesis();
      await createStream(client, 4);
      const texts = Array.from({ length: 500 }, (_, i) => `record-${i}`.padEnd(1024, '.'));
      const Records = texts.map((text, i) => ({
        PartitionKey: `key-${i % 50}`,
        Data: Buffer.from(text),
      }));
      const answer = await client.send(new PutRecordsCommand({ StreamName, Records }));
      expect(answer.FailedRecordCount).toBe(0);
      const found = await readAll(client);
      const expected = new Map([...found.keys()].map((shardId) => [shardId, [] as string[]]));
      for (const [i, result] of (answer.Records ?? []).entries()) {
        expect(result.SequenceNumber).toMatch(/^\d{56}$/);
        expected.get(result.ShardId ?? '')?.push(texts[i] ?? '');
      }
      expect(found).toEqual(expected);
      expect([...found.values()].every((shard) => shard.length > 0)).toBe(true);
    });

    it('takes a full-size record', async () => {
      const { [kind]: client } = await startKinesis();
      await createStream(client);
      const Data = Buffer.alloc(MIB - 3, 'x');
      await client.send(new PutRecordCommand({ StreamName, PartitionKey: 'key', Data }));
      const [texts] = (await readAll(client)).values();
      expect(texts).toEqual([Data.toString()]);
    });
  },
);

describe('PutRecord and PutRecords', () => {
  it('places the MD5 of the partition key, as the service does', async () => {
    const { client } = await startKinesis();
    await createStream(client, 2);
    // MD5: 'a' = 0cc1…, 'b' = 92eb…
    const Records = ['a', 'b'].map((PartitionKey) => ({ PartitionKey, Data: Buffer.from('') }));
    const answer = await client.send(new PutRecordsCommand({ StreamName, Records }));
    expect(answer.Records?.map((record) => record.ShardId)).toEqual([
      'shardId-000000000000',
      'shardId-000000000001',
    ]);
  });

  it('places an explicit hash key whatever the partition key', async () => {
    const { client } = await startKinesis();
    await createStream(client, 2);
    const put = (ExplicitHashKey: string) =>
      client.send(
        new PutRecordCommand({
          StreamName,
          PartitionKey: 'a',
          ExplicitHashKey,
          Data: Buffer.from('x'),
        }),
      );
    expect((await put('0')).ShardId).toBe('shardId-000000000000');
    expect((await put((2n ** 128n - 1n).toString())).ShardId).toBe('shardId-000000000001');
  });

  it.each([
    ['01', 'ValidationException', "Value '01' at 'explicitHashKey' failed"],
    ['-1', 'ValidationException', "Value '-1' at 'explicitHashKey' failed"],
    [(2n ** 128n).toString(), 'InvalidArgumentException', 'must be in the range: [0, 2^128-1]'],
  ])('refuses the explicit hash key %s', async (ExplicitHashKey, name, message) => {
    const { client } = await startKinesis();
    await createStream(client);
    const Data = Buffer.from('x');
    const put = new PutRecordCommand({ StreamName, PartitionKey: 'a', ExplicitHashKey, Data });
    await expect(client.send(put)).rejects.toMatchObject({
      name,
      message: expect.stringContaining(message),
    });
  });

  it.each([
    ['an empty key', '', Buffer.from('x'), 'greater than or equal to 1'],
    ['257 characters', 'k'.repeat(257), Buffer.from('x'), 'less than or equal to 256'],
    ['257 code points', '😀'.repeat(257), Buffer.from('x'), 'less than or equal to 256'],
    ['a byte too many', 'key', Buffer.alloc(MIB - 2), 'less than or equal to 1048576'],
  ])('refuses %s', async (_name, PartitionKey, Data, message) => {
    const { client } = await startKinesis();
    await createStream(client);
    const put = new PutRecordCommand({ StreamName, PartitionKey, Data });
    await expect(client.send(put)).rejects.toMatchObject({
      name: 'ValidationException',
      message: expect.stringContaining(message),
    });
    expect([...(await readAll(client)).values()]).toEqual([[]]);
  });

  it('counts 256 code points outside the basic plane as 256 characters', async () => {
    const { client } = await startKinesis();
    await createStream(client);
    const PartitionKey = '😀'.repeat(256);
    const put = new PutRecordCommand({ StreamName, PartitionKey, Data: Buffer.alloc(0) });
    expect((await client.send(put)).ShardId).toBe('shardId-000000000000');
  });

  it('refuses 501 records and an empty request', async () => {
    const { client } = await startKinesis();
    await createStream(client);
    const record = { PartitionKey: 'a', Data: Buffer.from('x') };
    const tooMany = new PutRecordsCommand({ StreamName, Records: new Array(501).fill(record) });
    await expect(client.send(tooMany)).rejects.toMatchObject({
      name: 'ValidationException',
      message: expect.stringContaining('length less than or equal to 500'),
    });
    const none = new PutRecordsCommand({ StreamName, Records: [] });
    await expect(client.send(none)).rejects.toMatchObject({
      message: expect.stringContaining('length greater than or equal to 1'),
    });
  });

  it('takes 10 MiB in one request and not a byte more', async () => {
    const { client } = await startKinesis();
    await createStream(client);
    const record = { PartitionKey: 'k', Data: Buffer.alloc(MIB - 1) };
    const full = new PutRecordsCommand({ StreamName, Records: new Array(10).fill(record) });
    expect((await client.send(full)).FailedRecordCount).toBe(0);
    const Records = [...new Array(10).fill(record), { PartitionKey: 'k', Data: Buffer.alloc(0) }];
    await expect(client.send(new PutRecordsCommand({ StreamName, Records }))).rejects.toMatchObject(
      {
        name: 'InvalidArgumentException',
        message: 'Records size exceeds 10 MB limit',
      },
    );
  });

  it('takes a record of 10 MiB when the stream allows it, and still has it after a restart', async () => {
    const stateDir = temporaryFolder();
    const { client } = await startKinesis({ stateDir });
    await client.send(
      new CreateStreamCommand({ StreamName, ShardCount: 1, MaxRecordSizeInKiB: 10_240 }),
    );
    const Data = Buffer.alloc(10 * MIB - 1, 'x');
    await client.send(new PutRecordCommand({ StreamName, PartitionKey: 'k', Data }));
    const oneMore = { StreamName, PartitionKey: 'k', Data: Buffer.alloc(10 * MIB) };
    await expect(client.send(new PutRecordCommand(oneMore))).rejects.toMatchObject({
      message: expect.stringContaining('less than or equal to 10485760'),
    });
    const [texts] = (await readAll((await startKinesis({ stateDir })).client)).values();
    expect(texts?.map((text) => text.length)).toEqual([Data.length]);
  });

  it('refuses a stream that does not exist', async () => {
    const { client } = await startKinesis();
    const put = new PutRecordCommand({ StreamName, PartitionKey: 'a', Data: Buffer.from('x') });
    await expect(client.send(put)).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
      message: 'Stream orders under account 000000000000 not found.',
    });
  });

  it('takes the stream by ARN and refuses one of another account', async () => {
    const { client } = await startKinesis();
    await createStream(client);
    const record = { PartitionKey: 'a', Data: Buffer.from('x') };
    const own = 'arn:aws:kinesis:us-east-1:000000000000:stream/orders';
    const answer = await client.send(new PutRecordCommand({ StreamARN: own, ...record }));
    expect(answer.ShardId).toBe('shardId-000000000000');
    const foreign = 'arn:aws:kinesis:us-east-1:111111111111:stream/orders';
    await expect(
      client.send(new PutRecordCommand({ StreamARN: foreign, ...record })),
    ).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  });

  it('fails single records beyond 1000 a second when throttling is on, and admits them later', async () => {
    let nowMs = 1_000_000;
    const { client } = await startKinesis({ throttle: true, nowMs: () => nowMs });
    await createStream(client);
    const Records = Array.from({ length: 400 }, () => ({
      PartitionKey: 'a',
      Data: Buffer.from('x'),
    }));
    const put = () => client.send(new PutRecordsCommand({ StreamName, Records }));
    expect((await put()).FailedRecordCount).toBe(0);
    expect((await put()).FailedRecordCount).toBe(0);
    const third = await put();
    expect(third.FailedRecordCount).toBe(200);
    expect(third.Records?.at(-1)).toMatchObject({
      ErrorCode: 'ProvisionedThroughputExceededException',
      ErrorMessage:
        'Rate exceeded for shard shardId-000000000000 in stream orders under account 000000000000.',
    });
    nowMs += 1000;
    expect((await put()).FailedRecordCount).toBe(0);
    const stored = [...(await readAll(client)).values()].flat();
    expect(stored).toHaveLength(1400);
  });

  it('lets a large record overdraw the second, and makes up for it, when throttling is on', async () => {
    let nowMs = 1_000_000;
    const { client } = await startKinesis({ throttle: true, nowMs: () => nowMs });
    await client.send(
      new CreateStreamCommand({ StreamName, ShardCount: 1, MaxRecordSizeInKiB: 10_240 }),
    );
    const put = (sizeBytes: number) =>
      client.send(
        new PutRecordCommand({ StreamName, PartitionKey: 'k', Data: Buffer.alloc(sizeBytes) }),
      );
    await put(4 * MIB - 1);
    nowMs += 2000;
    await expect(put(1)).rejects.toMatchObject({ name: 'ProvisionedThroughputExceededException' });
    nowMs += 1001;
    await put(1);
  });

  it('fails a whole PutRecord beyond 1 MiB a second when throttling is on', async () => {
    const { client } = await startKinesis({ throttle: true, nowMs: () => 1_000_000 });
    await createStream(client);
    const Data = Buffer.alloc(MIB - 1);
    const put = new PutRecordCommand({ StreamName, PartitionKey: 'a', Data });
    await client.send(put);
    await expect(client.send(put)).rejects.toMatchObject({
      name: 'ProvisionedThroughputExceededException',
    });
  });
});
