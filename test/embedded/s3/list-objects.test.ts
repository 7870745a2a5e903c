import {
  type _Object,
  ListObjectsCommand,
  ListObjectsV2Command,
  paginateListObjectsV2,
} from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { BUCKET, failureOf, type RunningS3, startS3 } from './local-s3.ts';

async function startWithKeys(keys: readonly string[]): Promise<RunningS3> {
  const s3 = await startS3();
  for (const key of keys) await s3.service.putObject(BUCKET, key, { body: Buffer.from('x') });
  return s3;
}

const keysOf = (contents: readonly _Object[] | undefined): readonly string[] =>
  (contents ?? []).map((item) => item.Key ?? '');

describe('ListObjectsV2', () => {
  it('pages through 2500 keys without gap or repetition', async () => {
    const keys = Array.from(
      { length: 2500 },
      (_, number) => `k/${String(number).padStart(5, '0')}`,
    );
    const { client } = await startWithKeys(keys);
    const pages: number[] = [];
    const seen: string[] = [];
    for await (const page of paginateListObjectsV2({ client }, { Bucket: BUCKET })) {
      pages.push(page.KeyCount ?? 0);
      seen.push(...keysOf(page.Contents));
    }
    expect(pages).toEqual([1000, 1000, 500]);
    expect(seen).toEqual(keys);
  });

  it('rolls keys up into folders, page by page', async () => {
    const keys = Array.from({ length: 300 }, (_, number) => `day=${number % 50}/part-${number}`);
    const { client } = await startWithKeys([...keys, 'readme', 'day=7']);
    const prefixes: string[] = [];
    const files: string[] = [];
    const paging = { client, pageSize: 7 };
    for await (const page of paginateListObjectsV2(paging, { Bucket: BUCKET, Delimiter: '/' })) {
      prefixes.push(...(page.CommonPrefixes ?? []).map((item) => item.Prefix ?? ''));
      files.push(...keysOf(page.Contents));
    }
    const folders = Array.from({ length: 50 }, (_, day) => `day=${day}/`);
    expect(prefixes).toEqual(folders.toSorted());
    expect(files).toEqual(['day=7', 'readme']);
  });

  it('orders keys by their UTF-8 bytes', async () => {
    const { client } = await startWithKeys(['𐀀', '\uffff', 'Z', 'a', 'é']);
    const { Contents } = await client.send(new ListObjectsV2Command({ Bucket: BUCKET }));
    expect(keysOf(Contents)).toEqual(['Z', 'a', 'é', '\uffff', '𐀀']);
  });

  it('lists below a prefix, behind a key, with size, ETag and owner', async () => {
    const { client } = await startWithKeys(['a/1', 'a/2', 'a/3', 'b/1']);
    const output = await client.send(
      new ListObjectsV2Command({
        Bucket: BUCKET,
        Prefix: 'a/',
        StartAfter: 'a/1',
        FetchOwner: true,
      }),
    );
    expect(keysOf(output.Contents)).toEqual(['a/2', 'a/3']);
    expect(output).toMatchObject({ KeyCount: 2, IsTruncated: false, StartAfter: 'a/1' });
    expect(output.Contents?.[0]).toMatchObject({
      Size: 1,
      ETag: '"9dd4e461268c8034f5c8564e155c67a6"',
      StorageClass: 'STANDARD',
      Owner: { ID: '000000000000' },
    });
  });

  it('continues from a token even when the key it names is gone', async () => {
    const { client, service } = await startWithKeys(['a', 'b', 'c', 'd']);
    const first = await client.send(new ListObjectsV2Command({ Bucket: BUCKET, MaxKeys: 2 }));
    await service.putObject(BUCKET, 'bb', { body: Buffer.from('x') });
    const second = await client.send(
      new ListObjectsV2Command({ Bucket: BUCKET, ContinuationToken: first.NextContinuationToken }),
    );
    expect(keysOf(second.Contents)).toEqual(['bb', 'c', 'd']);
  });

  it('encodes names for encoding-type url', async () => {
    const { client } = await startWithKeys(['a b+c/d', 'x\u0001']);
    const output = await client.send(
      new ListObjectsV2Command({ Bucket: BUCKET, EncodingType: 'url', Delimiter: '/' }),
    );
    expect(keysOf(output.Contents)).toEqual(['x%01']);
    expect(output.CommonPrefixes).toEqual([{ Prefix: 'a%20b%2Bc/' }]);
  });

  it('limits pages to 1000 and lists nothing for zero', async () => {
    const { client } = await startWithKeys(['a']);
    const large = await client.send(new ListObjectsV2Command({ Bucket: BUCKET, MaxKeys: 5000 }));
    expect(large.MaxKeys).toBe(1000);
    const none = await client.send(new ListObjectsV2Command({ Bucket: BUCKET, MaxKeys: 0 }));
    expect(none).toMatchObject({ KeyCount: 0, IsTruncated: false });
  });

  it('refuses foreign tokens and negative page sizes', async () => {
    const { client } = await startS3();
    const list = (input: object) =>
      failureOf(client.send(new ListObjectsV2Command({ Bucket: BUCKET, ...input })));
    expect(await list({ ContinuationToken: '*' })).toMatchObject({ code: 'InvalidArgument' });
    expect(await list({ MaxKeys: -1 })).toMatchObject({ code: 'InvalidArgument' });
  });
});

describe('ListObjects', () => {
  it('continues by marker, which may be a common prefix', async () => {
    const { client } = await startWithKeys(['a/1', 'a/2', 'b', 'c/1', 'd']);
    const list = (Marker?: string) =>
      client.send(new ListObjectsCommand({ Bucket: BUCKET, Delimiter: '/', MaxKeys: 2, Marker }));
    const first = await list();
    expect(first).toMatchObject({
      IsTruncated: true,
      NextMarker: 'b',
      CommonPrefixes: [{ Prefix: 'a/' }],
    });
    const second = await list(first.NextMarker);
    expect(second.CommonPrefixes).toEqual([{ Prefix: 'c/' }]);
    expect(keysOf(second.Contents)).toEqual(['d']);
    const behindPrefix = await list('a/');
    expect(keysOf(behindPrefix.Contents)).toEqual(['b']);
  });

  it('leaves the next marker out without a delimiter', async () => {
    const { client } = await startWithKeys(['a', 'b']);
    const output = await client.send(new ListObjectsCommand({ Bucket: BUCKET, MaxKeys: 1 }));
    expect(output.IsTruncated).toBe(true);
    expect(output.NextMarker).toBeUndefined();
  });
});
