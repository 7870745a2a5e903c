import { Buffer } from 'node:buffer';
import { existsSync, readFileSync } from 'node:fs';
import {
  CopyObjectCommand,
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetBucketLocationCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { BUCKET, failureOf, SIGNED, startS3 } from './local-s3.ts';

const put = (client: S3Client, key: string, body: string | Buffer) =>
  client.send(new PutObjectCommand({ Bucket: BUCKET, Key: key, Body: body }));
const getText = async (client: S3Client, key: string): Promise<string> => {
  const output = await client.send(new GetObjectCommand({ Bucket: BUCKET, Key: key }));
  return (await output.Body?.transformToString()) ?? '';
};

describe('objects', () => {
  it('returns what was put, with ETag, length, time and content type', async () => {
    const { client } = await startS3({ nowMs: () => Date.UTC(2026, 0, 2, 3, 4, 5, 678) });
    const written = await put(client, 'a.txt', 'hello');
    const output = await client.send(new GetObjectCommand({ Bucket: BUCKET, Key: 'a.txt' }));
    expect(await output.Body?.transformToString()).toBe('hello');
    expect(output).toMatchObject({
      ETag: '"5d41402abc4b2a76b9719d911017c592"',
      ContentLength: 5,
      LastModified: new Date('2026-01-02T03:04:05Z'),
      ContentType: 'application/octet-stream',
      ChecksumCRC32: 'NhCmhg==',
      ChecksumType: 'FULL_OBJECT',
    });
    expect(written).toMatchObject({ ETag: output.ETag, ChecksumCRC32: 'NhCmhg==' });
  });

  it('keeps content headers and user metadata', async () => {
    const { client } = await startS3();
    const given = {
      ContentType: 'text/csv; charset=utf-8',
      CacheControl: 'no-cache',
      ContentDisposition: 'attachment; filename="a.csv"',
      ContentEncoding: 'gzip',
      ContentLanguage: 'de',
      Metadata: { rows: '12', 'load-id': 'x/y' },
    };
    await client.send(new PutObjectCommand({ Bucket: BUCKET, Key: 'k', Body: 'x', ...given }));
    expect(await client.send(new HeadObjectCommand({ Bucket: BUCKET, Key: 'k' }))).toMatchObject(
      given,
    );
  });

  it('serves an empty object', async () => {
    const { client, service } = await startS3();
    const empty = { Bucket: BUCKET, Key: 'empty', Body: '', ContentLength: 0 };
    await client.send(new PutObjectCommand(empty));
    expect(await getText(client, 'empty')).toBe('');
    expect(service.objectFile(BUCKET, 'empty')).toMatchObject({ sizeBytes: 0 });
  });

  it.each([
    ['unicode', 'täglich/größe=ß/𝄞😀.parquet'],
    ['spaces and marks', 'with space/and+plus & amp;%20"quotes"'],
    ['empty segments', 'double//slash///'],
    ['a leading slash', '/leading/slash'],
    ['dot segments', './dot/../dot-dot/.'],
    ['dots only', '..'],
    ['partitions', 'year=2026/month=01/part-0.parquet'],
    ['1024 bytes', `${'k'.repeat(1022)}é`],
    ['control characters', 'line\nbreak\tand\u0001control'],
  ])('round-trips keys with %s', async (_what, key) => {
    const { client } = await startS3();
    await put(client, key, key);
    expect(await getText(client, key)).toBe(key);
    const listing = await client.send(
      new ListObjectsV2Command({ Bucket: BUCKET, EncodingType: 'url' }),
    );
    expect(listing.Contents?.map((item) => decodeURIComponent(item.Key ?? ''))).toEqual([key]);
    await client.send(
      new DeleteObjectsCommand({ Bucket: BUCKET, Delete: { Objects: [{ Key: key }] } }),
    );
    expect(await failureOf(getText(client, key))).toMatchObject({ status: 404, code: 'NoSuchKey' });
  });

  it('refuses keys beyond 1024 bytes', async () => {
    const { client } = await startS3();
    expect(await failureOf(put(client, 'ü'.repeat(513), 'x'))).toMatchObject({
      status: 400,
      code: 'KeyTooLongError',
    });
  });

  it('answers NoSuchKey, NoSuchBucket and NotFound', async () => {
    const { client } = await startS3();
    const missing = { Bucket: BUCKET, Key: 'missing' };
    expect(await failureOf(client.send(new GetObjectCommand(missing)))).toMatchObject({
      status: 404,
      code: 'NoSuchKey',
    });
    expect(await failureOf(client.send(new HeadObjectCommand(missing)))).toMatchObject({
      status: 404,
      code: 'NotFound',
    });
    const elsewhere = { Bucket: 'no-such-bucket', Key: 'k', Body: 'x' };
    expect(await failureOf(client.send(new PutObjectCommand(elsewhere)))).toMatchObject({
      status: 404,
      code: 'NoSuchBucket',
    });
  });

  it('overwrites, and removes the old contents', async () => {
    const { client, service } = await startS3();
    await put(client, 'k', 'first');
    const before = service.objectFile(BUCKET, 'k')?.path ?? '';
    await put(client, 'k', 'second');
    expect(await getText(client, 'k')).toBe('second');
    await expect.poll(() => existsSync(before)).toBe(false);
  });

  it('deletes, and calls deleting nothing a success', async () => {
    const { client, service } = await startS3();
    await put(client, 'k', 'x');
    const command = new DeleteObjectCommand({ Bucket: BUCKET, Key: 'k' });
    expect((await client.send(command)).$metadata.httpStatusCode).toBe(204);
    expect((await client.send(command)).$metadata.httpStatusCode).toBe(204);
    expect(service.objectFile(BUCKET, 'k')).toBeNull();
  });

  it('deletes many keys and reports those it refuses', async () => {
    const { client } = await startS3();
    await put(client, 'a', 'x');
    await put(client, 'b<&>', 'x');
    const Objects = [{ Key: 'a' }, { Key: 'b<&>', ETag: '"wrong"' }, { Key: 'never there' }];
    const output = await client.send(
      new DeleteObjectsCommand({ Bucket: BUCKET, Delete: { Objects } }),
    );
    expect(output.Deleted?.map((item) => item.Key)).toEqual(['a', 'never there']);
    expect(output.Errors).toMatchObject([{ Key: 'b<&>', Code: 'PreconditionFailed' }]);
    expect(await getText(client, 'b<&>')).toBe('x');
  });

  it('says nothing about deleted keys when asked to be quiet', async () => {
    const { client } = await startS3();
    const Delete = { Objects: [{ Key: 'a' }], Quiet: true };
    const output = await client.send(new DeleteObjectsCommand({ Bucket: BUCKET, Delete }));
    expect(output.Deleted).toBeUndefined();
  });

  it('gives embedded callers a file that holds exactly the bytes', async () => {
    const { client, service } = await startS3();
    const body = Buffer.alloc(700_000, 'abc');
    await put(client, 'k', body);
    const file = service.objectFile(BUCKET, 'k');
    expect(readFileSync(file?.path ?? '')).toEqual(body);
    expect(file?.sizeBytes).toBe(700_000);
  });

  it('shows embedded writes to clients and client writes to the embedding', async () => {
    const { client, service } = await startS3();
    const options = { body: Buffer.from('in process'), contentType: 'text/plain' };
    expect(await service.putObject(BUCKET, 'k', options)).toBe(true);
    expect(await service.putObject(BUCKET, 'k', { ...options, ifNoneMatch: '*' })).toBe(false);
    expect(await getText(client, 'k')).toBe('in process');
    await put(client, 'a/𐀀', '12');
    await put(client, 'a/\uffff', '1');
    expect(service.listObjects(BUCKET, 'a/')).toMatchObject([
      { key: 'a/\uffff', sizeBytes: 1 },
      { key: 'a/𐀀', sizeBytes: 2 },
    ]);
    expect((await service.getObject(BUCKET, 'a/𐀀'))?.toString()).toBe('12');
    expect(await service.getObject(BUCKET, 'nothing')).toBeNull();
  });
});

describe('ranges and read conditions', () => {
  it('serves ranges as 206 without the checksum of the whole object', async () => {
    const { client } = await startS3();
    await put(client, 'k', '0123456789');
    const get = (Range: string) =>
      client.send(new GetObjectCommand({ Bucket: BUCKET, Key: 'k', Range }));
    const middle = await get('bytes=2-4');
    expect(await middle.Body?.transformToString()).toBe('234');
    expect(middle).toMatchObject({ ContentRange: 'bytes 2-4/10', ContentLength: 3 });
    expect(middle.$metadata.httpStatusCode).toBe(206);
    expect(middle.ChecksumCRC32).toBeUndefined();
    expect(await (await get('bytes=-3')).Body?.transformToString()).toBe('789');
    expect(await (await get('bytes=8-')).Body?.transformToString()).toBe('89');
    expect(await failureOf(get('bytes=10-'))).toMatchObject({ status: 416, code: 'InvalidRange' });
  });

  it('answers 304 and 412 as the conditions say', async () => {
    const { client } = await startS3({ nowMs: () => Date.UTC(2026, 0, 1) });
    const { ETag } = await put(client, 'k', 'x');
    const get = (conditions: object) =>
      failureOf(client.send(new GetObjectCommand({ Bucket: BUCKET, Key: 'k', ...conditions })));
    const before = new Date('2025-12-31T00:00:00Z');
    const after = new Date('2026-01-02T00:00:00Z');
    expect(await get({ IfNoneMatch: ETag })).toMatchObject({ status: 304 });
    expect(await get({ IfModifiedSince: after })).toMatchObject({ status: 304 });
    expect(await get({ IfMatch: '"other"' })).toMatchObject({ status: 412 });
    expect(await get({ IfUnmodifiedSince: before })).toMatchObject({ status: 412 });
    const matching = { IfMatch: ETag, IfUnmodifiedSince: before, IfModifiedSince: before };
    const output = await client.send(
      new GetObjectCommand({ Bucket: BUCKET, Key: 'k', ...matching }),
    );
    expect(output.$metadata.httpStatusCode).toBe(200);
  });

  it('replaces response headers the URL asks to replace', async () => {
    const { client } = await startS3();
    await put(client, 'k', 'x');
    const output = await client.send(
      new GetObjectCommand({
        Bucket: BUCKET,
        Key: 'k',
        ResponseContentType: 'text/html',
        ResponseContentDisposition: 'inline',
      }),
    );
    expect(output).toMatchObject({ ContentType: 'text/html', ContentDisposition: 'inline' });
  });
});

describe('copies', () => {
  it('copies contents, headers and checksum', async () => {
    const { client } = await startS3();
    const source = { Bucket: BUCKET, Key: 'a b/ü', Body: 'hello', Metadata: { m: '1' } };
    await client.send(new PutObjectCommand(source));
    const CopySource = `${BUCKET}/${encodeURIComponent('a b/ü')}`;
    const output = await client.send(
      new CopyObjectCommand({ Bucket: BUCKET, Key: 'b', CopySource }),
    );
    expect(output.CopyObjectResult).toMatchObject({
      ETag: '"5d41402abc4b2a76b9719d911017c592"',
      ChecksumCRC32: 'NhCmhg==',
    });
    const copy = await client.send(new GetObjectCommand({ Bucket: BUCKET, Key: 'b' }));
    expect(await copy.Body?.transformToString()).toBe('hello');
    expect(copy.Metadata).toEqual({ m: '1' });
  });

  it('keeps the copy when the source is overwritten and deleted', async () => {
    const { client } = await startS3();
    await put(client, 'a', 'original');
    const CopySource = `${BUCKET}/a`;
    await client.send(new CopyObjectCommand({ Bucket: BUCKET, Key: 'b', CopySource }));
    await put(client, 'a', 'changed');
    await client.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: 'a' }));
    expect(await getText(client, 'b')).toBe('original');
  });

  it('replaces metadata on request, also in place', async () => {
    const { client } = await startS3();
    await put(client, 'a', 'x');
    const copy = { Bucket: BUCKET, Key: 'a', CopySource: `${BUCKET}/a` };
    expect(await failureOf(client.send(new CopyObjectCommand(copy)))).toMatchObject({
      code: 'InvalidRequest',
    });
    const replacing = { ...copy, MetadataDirective: 'REPLACE', Metadata: { v: '2' } } as const;
    await client.send(new CopyObjectCommand(replacing));
    const head = await client.send(new HeadObjectCommand({ Bucket: BUCKET, Key: 'a' }));
    expect(head.Metadata).toEqual({ v: '2' });
  });

  it('judges the conditions of source and target', async () => {
    const { client } = await startS3();
    await put(client, 'a', 'x');
    await put(client, 'b', 'y');
    const copy = { Bucket: BUCKET, Key: 'b', CopySource: `${BUCKET}/a` };
    const fail = (conditions: object) =>
      failureOf(client.send(new CopyObjectCommand({ ...copy, ...conditions })));
    expect(await fail({ CopySourceIfMatch: '"other"' })).toMatchObject({ status: 412 });
    expect(await fail({ CopySourceIfNoneMatch: '*' })).toMatchObject({ status: 412 });
    expect(await fail({ IfNoneMatch: '*' })).toMatchObject({ status: 412 });
    expect(await getText(client, 'b')).toBe('y');
  });
});

describe('buckets', () => {
  it('creates, lists, locates and deletes buckets', async () => {
    const { client } = await startS3();
    await client.send(new CreateBucketCommand({ Bucket: 'another-bucket' }));
    await client.send(new CreateBucketCommand({ Bucket: 'another-bucket' }));
    const { Buckets } = await client.send(new ListBucketsCommand({}));
    expect(Buckets?.map((bucket) => bucket.Name)).toEqual(['another-bucket', BUCKET]);
    const location = await client.send(new GetBucketLocationCommand({ Bucket: BUCKET }));
    expect(location.LocationConstraint).toBeUndefined();
    await client.send(new DeleteBucketCommand({ Bucket: 'another-bucket' }));
    const head = client.send(new HeadBucketCommand({ Bucket: 'another-bucket' }));
    expect(await failureOf(head)).toMatchObject({ status: 404 });
  });

  it('refuses to delete a bucket that holds objects', async () => {
    const { client } = await startS3();
    await put(client, 'k', 'x');
    expect(await failureOf(client.send(new DeleteBucketCommand({ Bucket: BUCKET })))).toMatchObject(
      {
        status: 409,
        code: 'BucketNotEmpty',
      },
    );
  });

  it('refuses names and regions AWS would not take', async () => {
    const { client, endpoint } = await startS3();
    const response = await fetch(`${endpoint}/Bad_Name`, { method: 'PUT', headers: SIGNED });
    expect([response.status, await response.text()]).toEqual([
      400,
      expect.stringContaining('InvalidBucketName'),
    ]);
    const CreateBucketConfiguration = { LocationConstraint: 'eu-west-1' } as const;
    const call = client.send(
      new CreateBucketCommand({ Bucket: 'eu-bucket', CreateBucketConfiguration }),
    );
    expect(await failureOf(call)).toMatchObject({ code: 'InvalidLocationConstraint' });
  });

  it('keeps the objects of an ensured bucket and refuses to switch versioning off', async () => {
    const { client, service } = await startS3();
    await put(client, 'k', 'x');
    service.ensureBucket({ name: BUCKET, versioned: false });
    service.ensureBucket({ name: BUCKET, versioned: true });
    expect(await getText(client, 'k')).toBe('x');
    expect(() => service.ensureBucket({ name: BUCKET, versioned: false })).toThrow(
      /VersioningConfiguration/,
    );
    expect([service.hasBucket(BUCKET), service.hasBucket('other')]).toEqual([true, false]);
  });
});
