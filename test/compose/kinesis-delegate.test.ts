import { CreateStreamCommand, PutRecordCommand } from '@aws-sdk/client-kinesis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createKinesisEventStream } from '#adapters/aws/kinesis-event-stream.ts';
import { createKinesisService } from '#embedded/kinesis/kinesis-service.ts';
import type { KinesisService } from '#embedded/services.ts';
import { createKinesisClient, localTarget } from '#runtime/aws-clients.ts';
import { describeEventStream } from '#test/contracts/event-stream.contract.ts';
import { kinesisResharding } from '#test/contracts/kinesis-resharding.ts';
import { openKinesisDelegate } from '../../localstack/compose/kinesis-delegate.ts';
import { type DelegatedGateway, startDelegated } from './delegated-gateway.ts';

const startKinesis = (): Promise<DelegatedGateway<KinesisService>> =>
  startDelegated('kinesis', {
    outside: (stateDir) => createKinesisService({ stateDir }),
    delegate: (endpoint, stateDir) =>
      openKinesisDelegate({ endpoint, stateDir, refreshIntervalMs: 50 }),
  });

describeEventStream(
  'delegated Kinesis',
  async () => {
    const started = await startKinesis();
    const client = createKinesisClient(localTarget(started.endpoint));
    await client.send(new CreateStreamCommand({ StreamName: 'events', ShardCount: 2 }));
    return {
      stream: createKinesisEventStream(client),
      name: 'events',
      ...kinesisResharding(client, 'events'),
      async close() {
        client.destroy();
        await started.close();
      },
    };
  },
  { throttle: false, expire: false },
);

describe('delegated Kinesis', () => {
  let started: DelegatedGateway<KinesisService>;
  let client: ReturnType<typeof createKinesisClient>;
  beforeAll(async () => {
    started = await startKinesis();
    client = createKinesisClient(localTarget(started.endpoint));
  });
  afterAll(async () => {
    client.destroy();
    await started.close();
  });
  const stream = (name: string, shardCount: number) => ({ name, shardCount, retentionHours: 24 });
  const put = (name: string, text: string, through = client) =>
    through.send(
      new PutRecordCommand({ StreamName: name, PartitionKey: 'k', Data: Buffer.from(text) }),
    );
  const readAll = (name: string, afterSequenceNumber: string | null, maxBytes = 1000) =>
    started.delegate.readAfter(name, 'shardId-000000000000', {
      afterSequenceNumber,
      limit: 100,
      maxBytes,
    });

  it('creates a stream once, and gives it what the template changes', async () => {
    const { delegate } = started;
    const { arn } = await delegate.ensureStream(stream('grown', 1));
    expect(arn).toBe('arn:aws:kinesis:us-east-1:000000000000:stream/grown');
    await delegate.ensureStream({ ...stream('grown', 2), retentionHours: 48 });
    const open = delegate.listShards('grown').filter(({ closed }) => !closed);
    expect(open).toHaveLength(2);
    expect(open.flatMap(({ parentShardIds }) => parentShardIds)).toContain('shardId-000000000000');
  });

  it('keeps the shards of a reshard by hand', async () => {
    const { delegate } = started;
    await delegate.ensureStream(stream('split', 1));
    await kinesisResharding(client, 'split').split('shardId-000000000000');
    await delegate.ensureStream(stream('split', 1));
    expect(delegate.listShards('split').filter(({ closed }) => !closed)).toHaveLength(2);
  });

  it('reads on from a position, in pieces as large as asked for', async () => {
    await started.delegate.ensureStream(stream('read', 1));
    for (const text of ['one', 'two', 'three']) await put('read', text);
    const all = await readAll('read', null);
    expect(all.map(({ data }) => String(data))).toEqual(['one', 'two', 'three']);
    const [first, ...others] = await readAll('read', null, 1);
    expect([String(first?.data), others.length]).toEqual(['one', 0]);
    const rest = await readAll('read', first?.sequenceNumber ?? null);
    expect(rest.map(({ data }) => String(data))).toEqual(['two', 'three']);
    expect(await readAll('read', rest.at(-1)?.sequenceNumber ?? null)).toEqual([]);
  });

  it('wakes readers for what passes through, and finds what does not', async () => {
    const { delegate, outside } = started;
    await delegate.ensureStream(stream('woken', 1));
    const woken: string[] = [];
    const stop = delegate.onChange('woken', (shardId) => woken.push(shardId));
    await put('woken', 'through');
    expect(woken).toEqual(['shardId-000000000000']);
    const [through] = await readAll('woken', null);
    expect(delegate.latestSequenceNumber('woken', 'shardId-000000000000')).toBe(
      through?.sequenceNumber,
    );
    const past = createKinesisClient(localTarget(outside.url));
    await put('woken', 'past', past);
    past.destroy();
    const [found] = await readAll('woken', through?.sequenceNumber ?? null);
    expect(String(found?.data)).toBe('past');
    stop();
    await put('woken', 'unheard');
    expect(woken).toHaveLength(2);
  });

  it('starts over where the program has forgotten a position', async () => {
    await started.delegate.ensureStream(stream('forgotten', 1));
    await put('forgotten', 'anew');
    const [record] = await readAll(
      'forgotten',
      '49500000000000000000000000000000000000000000000000000099',
    );
    expect(String(record?.data)).toBe('anew');
  });

  it('refuses what the API cannot tell', () => {
    expect(() => started.delegate.positionBefore('read', 'shardId-000000000000', 0)).toThrow(
      'AT_TIMESTAMP needs the embedded kinesis',
    );
    expect(() => started.delegate.listShards('nobody')).toThrow('stream nobody is not known');
  });
});
