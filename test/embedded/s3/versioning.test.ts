import {
  CopyObjectCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetBucketVersioningCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { BUCKET, failureOf, type RunningS3, startS3 } from './local-s3.ts';

async function startVersioned(): Promise<RunningS3> {
  const s3 = await startS3();
  s3.service.ensureBucket({ name: BUCKET, versioned: true });
  return s3;
}

const put = async (client: S3Client, Key: string, Body: string): Promise<string> => {
  const output = await client.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body }));
  return output.VersionId ?? '';
};
const read = async (client: S3Client, Key: string, VersionId?: string): Promise<string> => {
  const output = await client.send(new GetObjectCommand({ Bucket: BUCKET, Key, VersionId }));
  return (await output.Body?.transformToString()) ?? '';
};

describe('versioning', () => {
  it('is off at first, can be enabled, and cannot be suspended', async () => {
    const { client } = await startS3();
    const get = () => client.send(new GetBucketVersioningCommand({ Bucket: BUCKET }));
    const set = (Status: 'Enabled' | 'Suspended') =>
      client.send(
        new PutBucketVersioningCommand({ Bucket: BUCKET, VersioningConfiguration: { Status } }),
      );
    expect((await get()).Status).toBeUndefined();
    await set('Enabled');
    expect((await get()).Status).toBe('Enabled');
    expect(await failureOf(set('Suspended'))).toMatchObject({ status: 501 });
  });

  it('keeps every version readable, the one from before as null', async () => {
    const s3 = await startS3();
    expect(await put(s3.client, 'k', 'unversioned')).toBe('');
    s3.service.ensureBucket({ name: BUCKET, versioned: true });
    const first = await put(s3.client, 'k', 'first');
    const second = await put(s3.client, 'k', 'second');
    expect(await read(s3.client, 'k')).toBe('second');
    expect(await read(s3.client, 'k', first)).toBe('first');
    expect(await read(s3.client, 'k', second)).toBe('second');
    expect(await read(s3.client, 'k', 'null')).toBe('unversioned');
    expect(await failureOf(read(s3.client, 'k', 'no-such-version'))).toMatchObject({
      status: 404,
      code: 'NoSuchVersion',
    });
  });

  it('hides a deleted object behind a marker that can be removed again', async () => {
    const { client, service } = await startVersioned();
    const version = await put(client, 'k', 'x');
    const marker = await client.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: 'k' }));
    expect(marker.DeleteMarker).toBe(true);
    expect(await failureOf(read(client, 'k'))).toMatchObject({ status: 404, code: 'NoSuchKey' });
    expect(service.objectFile(BUCKET, 'k')).toBeNull();
    const listing = await client.send(new ListObjectsV2Command({ Bucket: BUCKET }));
    expect(listing.KeyCount).toBe(0);
    expect(await read(client, 'k', version)).toBe('x');
    expect(await failureOf(read(client, 'k', marker.VersionId))).toMatchObject({ status: 405 });
    const undo = { Bucket: BUCKET, Key: 'k', VersionId: marker.VersionId };
    expect((await client.send(new DeleteObjectCommand(undo))).DeleteMarker).toBe(true);
    expect(await read(client, 'k')).toBe('x');
  });

  it('lists versions and markers, newest first, page by page', async () => {
    const { client } = await startVersioned();
    const [a1, a2] = [await put(client, 'a', '1'), await put(client, 'a', '2')];
    await client.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: 'a' }));
    const b1 = await put(client, 'b', '1');
    const list = (input: object) =>
      client.send(new ListObjectVersionsCommand({ Bucket: BUCKET, ...input }));
    const all = await list({});
    expect(all.Versions?.map((item) => [item.VersionId, item.IsLatest])).toEqual([
      [a2, false],
      [a1, false],
      [b1, true],
    ]);
    expect(all.DeleteMarkers).toMatchObject([{ Key: 'a', IsLatest: true }]);
    const first = await list({ MaxKeys: 2 });
    expect(first).toMatchObject({ IsTruncated: true, NextKeyMarker: 'a', NextVersionIdMarker: a2 });
    const rest = await list({
      KeyMarker: first.NextKeyMarker,
      VersionIdMarker: first.NextVersionIdMarker,
    });
    expect(rest.Versions?.map((item) => item.VersionId)).toEqual([a1, b1]);
    expect((await list({ Prefix: 'b' })).Versions).toHaveLength(1);
    expect((await list({ KeyMarker: 'a' })).Versions).toMatchObject([{ Key: 'b' }]);
  });

  it('deletes single versions for good, until the bucket is empty', async () => {
    const { client } = await startVersioned();
    const VersionId = await put(client, 'k', 'x');
    const { VersionId: markerId } = await client.send(
      new DeleteObjectCommand({ Bucket: BUCKET, Key: 'k' }),
    );
    const removeBucket = () => client.send(new DeleteBucketCommand({ Bucket: BUCKET }));
    expect(await failureOf(removeBucket())).toMatchObject({ code: 'BucketNotEmpty' });
    const Objects = [
      { Key: 'k', VersionId },
      { Key: 'k', VersionId: markerId },
    ];
    await client.send(new DeleteObjectsCommand({ Bucket: BUCKET, Delete: { Objects } }));
    await removeBucket();
  });

  it('restores an older version by copying it over the newest', async () => {
    const { client } = await startVersioned();
    const older = await put(client, 'k', 'older');
    await put(client, 'k', 'newer');
    const CopySource = `${BUCKET}/k?versionId=${older}`;
    await client.send(new CopyObjectCommand({ Bucket: BUCKET, Key: 'k', CopySource }));
    expect(await read(client, 'k')).toBe('older');
  });

  it('counts a deleted object as absent in conditional writes', async () => {
    const { client } = await startVersioned();
    await put(client, 'k', 'x');
    const create = () =>
      client.send(new PutObjectCommand({ Bucket: BUCKET, Key: 'k', Body: 'y', IfNoneMatch: '*' }));
    expect(await failureOf(create())).toMatchObject({ status: 412 });
    await client.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: 'k' }));
    await create();
    expect(await read(client, 'k')).toBe('y');
  });
});
