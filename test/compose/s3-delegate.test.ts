import { existsSync, readFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import {
  CopyObjectCommand,
  DeleteBucketCommand,
  GetObjectCommand,
  ListObjectVersionsCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createS3ObjectStore } from '#adapters/aws/s3-object-store.ts';
import { openS3Service } from '#embedded/s3/s3-service.ts';
import type { S3Service } from '#embedded/services.ts';
import { createS3Client, localTarget } from '#runtime/aws-clients.ts';
import { describeObjectStore } from '#test/contracts/object-store.contract.ts';
import { openS3Delegate } from '../../localstack/compose/s3-delegate.ts';
import { type DelegatedGateway, startDelegated } from './delegated-gateway.ts';
import { signedChunks } from './signed-chunks.ts';

const startS3 = (): Promise<DelegatedGateway<S3Service>> =>
  startDelegated('s3', {
    outside: (stateDir) => openS3Service({ stateDir }),
    delegate: (endpoint, cacheDir) => openS3Delegate({ endpoint, cacheDir }),
  });

describeObjectStore('delegated S3', async () => {
  const started = await startS3();
  await started.delegate.ensureBucket({ name: 'lake', versioned: false });
  const client = createS3Client(localTarget(started.endpoint));
  return {
    store: createS3ObjectStore(client),
    uri: (key) => `s3://lake/${key}`,
    pageSize: 1000,
    async close() {
      client.destroy();
      await started.close();
    },
  };
});

describe('delegated S3', () => {
  let started: DelegatedGateway<S3Service>;
  let client: ReturnType<typeof createS3Client>;
  beforeAll(async () => {
    started = await startS3();
    await started.delegate.ensureBucket({ name: 'lake', versioned: true });
    client = createS3Client(localTarget(started.endpoint));
  });
  afterAll(async () => {
    client.destroy();
    await started.close();
  });
  const put = (key: string, text: string) =>
    client.send(new PutObjectCommand({ Bucket: 'lake', Key: key, Body: text }));

  it('creates what is missing only, with versions', async () => {
    await started.delegate.ensureBucket({ name: 'lake', versioned: true });
    await put('twice', 'one');
    await put('twice', 'two');
    const { Versions } = await client.send(
      new ListObjectVersionsCommand({ Bucket: 'lake', Prefix: 'twice' }),
    );
    expect(Versions).toHaveLength(2);
  });

  it('knows buckets that clients create and delete', async () => {
    await started.delegate.ensureBucket({ name: 'passing', versioned: false });
    expect(started.delegate.hasBucket('passing')).toBe(true);
    await client.send(new DeleteBucketCommand({ Bucket: 'passing' }));
    expect(started.delegate.hasBucket('passing')).toBe(false);
  });

  it('brings an object to this machine once, and again after it changed', async () => {
    await put('data', 'first');
    const first = await started.delegate.objectFile('lake', 'data');
    expect(readFileSync(first?.path ?? '', 'utf8')).toBe('first');
    expect(await started.delegate.objectFile('lake', 'data')).toEqual(first);
    await put('data', 'second');
    const second = await started.delegate.objectFile('lake', 'data');
    expect(readFileSync(second?.path ?? '', 'utf8')).toBe('second');
    expect(existsSync(first?.path ?? '')).toBe(true);
  });

  it('answers null for what is missing, and false for a key that is taken', async () => {
    const { delegate } = started;
    expect(await delegate.getObject('lake', 'nothing')).toBeNull();
    expect(await delegate.objectFile('lake', 'nothing')).toBeNull();
    const body = Buffer.from('x');
    expect(await delegate.putObject('lake', 'taken', { body, ifNoneMatch: '*' })).toBe(true);
    expect(await delegate.putObject('lake', 'taken', { body, ifNoneMatch: '*' })).toBe(false);
    expect(await delegate.getObject('lake', 'taken')).toEqual(body);
  });

  it('passes streams, ranges and copies on', async () => {
    const pieces = Array.from({ length: 50 }, (_, index) => Buffer.alloc(10_000, index));
    const Body = Readable.from(pieces);
    await client.send(
      new PutObjectCommand({ Bucket: 'lake', Key: 'a b+/ü', Body, ContentLength: 500_000 }),
    );
    await client.send(
      new CopyObjectCommand({
        Bucket: 'lake',
        Key: 'copy',
        CopySource: `lake/${encodeURIComponent('a b+/ü')}`,
      }),
    );
    const answer = await client.send(
      new GetObjectCommand({ Bucket: 'lake', Key: 'copy', Range: 'bytes=9999-10000' }),
    );
    expect(await answer.Body?.transformToByteArray()).toEqual(Uint8Array.of(0, 1));
  });

  it('takes chunks that are signed one by one', async () => {
    const { body, headers } = signedChunks(['signed ', 'chunks']);
    const response = await fetch(`${started.endpoint}/lake/chunked`, {
      method: 'PUT',
      body,
      headers,
    });
    expect([response.status, await response.text()]).toEqual([200, '']);
    expect(String(await started.delegate.getObject('lake', 'chunked'))).toBe('signed chunks');
  });

  it('sends an event for each object that clients create in a bucket that wants it', async () => {
    const { delegate } = started;
    await delegate.ensureBucket({ name: 'landing', versioned: false, sendsEvents: true });
    const events: { readonly [member: string]: unknown }[] = [];
    delegate.sendEventsTo((event) => events.push(event));
    await put('elsewhere', 'no event');
    await client.send(new PutObjectCommand({ Bucket: 'landing', Key: 'a.csv', Body: 'four' }));
    await client.send(
      new CopyObjectCommand({ Bucket: 'landing', Key: 'b.csv', CopySource: 'landing/a.csv' }),
    );
    expect(events.map((event) => event['detail'])).toMatchObject([
      { bucket: { name: 'landing' }, object: { key: 'a.csv', size: 4 }, reason: 'PutObject' },
      { object: { key: 'b.csv', etag: expect.stringMatching(/^\w+$/) }, reason: 'CopyObject' },
    ]);
  });

  it('has the client repeat what EventBridge could not keep', async () => {
    const other = await startS3();
    await other.delegate.ensureBucket({ name: 'landing', versioned: false, sendsEvents: true });
    other.delegate.sendEventsTo(() => {
      throw new Error('disk full');
    });
    const once = new S3Client({ ...localTarget(other.endpoint), maxAttempts: 1 });
    const upload = new PutObjectCommand({ Bucket: 'landing', Key: 'a.csv', Body: 'x' });
    await expect(once.send(upload)).rejects.toThrow('disk full');
    once.destroy();
    await other.close();
  });

  it('says which program does not answer', async () => {
    const other = await startS3();
    await other.stopOutside();
    const response = await fetch(`${other.endpoint}/lake/key`, {
      headers: {
        authorization: 'AWS4-HMAC-SHA256 Credential=a/20260101/us-east-1/s3/aws4_request',
      },
    });
    expect(response.status).toBe(503);
    expect(await response.text()).toContain(`s3 is served by ${other.outside.url}, which does not`);
    const { endpoint: _, ...open } = { endpoint: other.outside, cacheDir: other.folder };
    await expect(openS3Delegate({ ...open, endpoint: other.outside })).rejects.toMatchObject({
      code: 'SOURCE_UNAVAILABLE',
    });
    await other.close();
  });
});
