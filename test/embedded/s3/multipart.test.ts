import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  AbortMultipartUploadCommand,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  type CreateMultipartUploadCommandInput,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListPartsCommand,
  PutObjectCommand,
  type S3Client,
  UploadPartCommand,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { BUCKET, failureOf, type RunningS3, startS3 } from './local-s3.ts';

const KEY = { Bucket: BUCKET, Key: 'large.parquet' };
const MIN_PART_BYTES = 5 * 1024 * 1024;
const PARTS = [
  Buffer.alloc(MIN_PART_BYTES, 'a'),
  Buffer.alloc(MIN_PART_BYTES + 1, 'b'),
  Buffer.from('end'),
];
const WHOLE = Buffer.concat(PARTS);

async function createUpload(
  client: S3Client,
  options: Partial<CreateMultipartUploadCommandInput> = {},
) {
  const { UploadId } = await client.send(new CreateMultipartUploadCommand({ ...KEY, ...options }));
  return { ...KEY, UploadId };
}

type Upload = Awaited<ReturnType<typeof createUpload>>;

async function uploadParts(
  client: S3Client,
  upload: Upload,
  options: { readonly bodies: readonly Buffer[]; readonly input?: object },
): Promise<CompletedPart[]> {
  const parts: CompletedPart[] = [];
  for (const [index, Body] of options.bodies.entries()) {
    const PartNumber = index + 1;
    const part = { ...upload, PartNumber, Body, ...options.input };
    const output = await client.send(new UploadPartCommand(part));
    const { ETag, ChecksumCRC32, ChecksumSHA256 } = output;
    parts.push({ PartNumber, ETag, ChecksumCRC32, ChecksumSHA256 });
  }
  return parts;
}

const complete = (client: S3Client, upload: Upload, Parts: CompletedPart[], options: object = {}) =>
  client.send(
    new CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts }, ...options }),
  );

const fileCount = ({ stateDir }: RunningS3): number =>
  readdirSync(join(stateDir, 'blobs')).flatMap((name) => readdirSync(join(stateDir, 'blobs', name)))
    .length;

const md5 = (bytes: Buffer): Buffer => createHash('md5').update(bytes).digest();

describe('multipart uploads', () => {
  it('join their parts under the ETag of the parts, with the headers of the start', async () => {
    const s3 = await startS3();
    const { client } = s3;
    const upload = await createUpload(client, { ContentType: 'x/y', Metadata: { m: '1' } });
    const parts = await uploadParts(client, upload, { bodies: PARTS });
    const output = await complete(client, upload, parts);
    expect(output.ETag).toBe(`"${md5(Buffer.concat(PARTS.map(md5))).toString('hex')}-3"`);
    const head = await client.send(new HeadObjectCommand(KEY));
    expect(head).toMatchObject({ ETag: output.ETag, ContentType: 'x/y', Metadata: { m: '1' } });
    expect((await s3.service.getObject(BUCKET, KEY.Key))?.equals(WHOLE)).toBe(true);
    await expect.poll(() => fileCount(s3)).toBe(1);
  });

  it('take only the listed parts, the last upload of each', async () => {
    const { client, service } = await startS3();
    const upload = await createUpload(client);
    await uploadParts(client, upload, { bodies: [PARTS[0] ?? Buffer.alloc(0)] });
    const [part] = await uploadParts(client, upload, {
      bodies: [Buffer.from('x'), Buffer.from('y')],
    });
    await complete(client, upload, part === undefined ? [] : [part]);
    expect((await service.getObject(BUCKET, KEY.Key))?.toString()).toBe('x');
  });

  it('refuse wrong order, unknown parts, changed parts, small parts and an empty list', async () => {
    const { client } = await startS3();
    const upload = await createUpload(client);
    const [first = {}, second = {}] = await uploadParts(client, upload, {
      bodies: [Buffer.from('x'), Buffer.from('y')],
    });
    const refused = async (parts: CompletedPart[]) =>
      (await failureOf(complete(client, upload, parts))).code;
    expect(await refused([second, first])).toBe('InvalidPartOrder');
    expect(await refused([first, first])).toBe('InvalidPartOrder');
    expect(await refused([{ PartNumber: 3, ETag: first.ETag }])).toBe('InvalidPart');
    expect(await refused([{ PartNumber: 1, ETag: second.ETag }])).toBe('InvalidPart');
    expect(await refused([first, second])).toBe('EntityTooSmall');
    expect(await refused([])).toBe('MalformedXML');
    expect(await failureOf(complete(client, upload, [first], { MpuObjectSize: 9 }))).toMatchObject({
      code: 'InvalidRequest',
    });
    await complete(client, upload, [first], { MpuObjectSize: 1 });
  });

  it('end once: completing, aborting or adding to an ended upload is NoSuchUpload', async () => {
    const { client } = await startS3();
    const upload = await createUpload(client);
    const parts = await uploadParts(client, upload, { bodies: [Buffer.from('x')] });
    await complete(client, upload, parts);
    const calls = [
      () => complete(client, upload, parts),
      () => client.send(new AbortMultipartUploadCommand(upload)),
      () => client.send(new UploadPartCommand({ ...upload, PartNumber: 1, Body: 'x' })),
      () => client.send(new ListPartsCommand(upload)),
      () => client.send(new ListPartsCommand({ ...upload, Key: 'other' })),
    ];
    for (const call of calls) {
      expect(await failureOf(call())).toMatchObject({ status: 404, code: 'NoSuchUpload' });
    }
  });

  it('complete once when the same completion is sent five times at once', async () => {
    const { client, service } = await startS3();
    const upload = await createUpload(client);
    const parts = await uploadParts(client, upload, { bodies: PARTS });
    const outcomes = await Promise.allSettled(
      Array.from({ length: 5 }, () => complete(client, upload, parts)),
    );
    expect(outcomes.filter((outcome) => outcome.status === 'fulfilled')).toHaveLength(1);
    expect((await service.getObject(BUCKET, KEY.Key))?.equals(WHOLE)).toBe(true);
  });

  it('leave nothing behind when aborted', async () => {
    const s3 = await startS3();
    const upload = await createUpload(s3.client);
    await uploadParts(s3.client, upload, { bodies: [Buffer.from('x'), Buffer.from('y')] });
    expect(fileCount(s3)).toBe(2);
    await s3.client.send(new AbortMultipartUploadCommand(upload));
    await expect.poll(() => fileCount(s3)).toBe(0);
  });

  it('list their parts page by page', async () => {
    const { client } = await startS3();
    const upload = await createUpload(client);
    await uploadParts(client, upload, { bodies: PARTS });
    const first = await client.send(new ListPartsCommand({ ...upload, MaxParts: 2 }));
    expect(first.Parts?.map((part) => part.Size)).toEqual([MIN_PART_BYTES, MIN_PART_BYTES + 1]);
    expect(first.IsTruncated).toBe(true);
    const PartNumberMarker = first.NextPartNumberMarker;
    const rest = await client.send(new ListPartsCommand({ ...upload, PartNumberMarker }));
    expect(rest.Parts?.map((part) => part.PartNumber)).toEqual([3]);
    expect(rest.IsTruncated).toBe(false);
  });

  it('are listed by key while they are open, page by page', async () => {
    const { client } = await startS3();
    for (const Key of ['b', 'a', 'b', 'c']) await createUpload(client, { Key });
    const list = (input: object) =>
      client.send(new ListMultipartUploadsCommand({ Bucket: BUCKET, MaxUploads: 2, ...input }));
    const first = await list({});
    const { NextKeyMarker: KeyMarker, NextUploadIdMarker: UploadIdMarker } = first;
    const second = await list({ KeyMarker, UploadIdMarker });
    const keys = [first, second].map((page) => page.Uploads?.map((upload) => upload.Key));
    expect(keys).toEqual([
      ['a', 'b'],
      ['b', 'c'],
    ]);
    expect([first.IsTruncated, second.IsTruncated]).toEqual([true, false]);
    expect((await list({ Prefix: 'c' })).Uploads).toHaveLength(1);
  });

  it('carry a composite checksum over the checksums of the parts', async () => {
    const { client } = await startS3();
    const upload = await createUpload(client, { ChecksumAlgorithm: 'SHA256' });
    const input = { ChecksumAlgorithm: 'SHA256' };
    const parts = await uploadParts(client, upload, { bodies: PARTS, input });
    const output = await complete(client, upload, parts);
    const sha256 = (bytes: Buffer): Buffer => createHash('sha256').update(bytes).digest();
    const expected = `${sha256(Buffer.concat(PARTS.map(sha256))).toString('base64')}-3`;
    expect(output).toMatchObject({ ChecksumSHA256: expected, ChecksumType: 'COMPOSITE' });
    const get = await client.send(new GetObjectCommand({ ...KEY, ChecksumMode: 'ENABLED' }));
    expect((await get.Body?.transformToByteArray())?.length).toBe(WHOLE.length);
  });

  it('carry a full-object checksum that the client may verify at the end', async () => {
    const { client } = await startS3();
    const plan = { ChecksumAlgorithm: 'CRC32', ChecksumType: 'FULL_OBJECT' } as const;
    const upload = await createUpload(client, plan);
    const parts = await uploadParts(client, upload, { bodies: [Buffer.from('hello')] });
    const wrong = complete(client, upload, parts, { ChecksumCRC32: 'AAAAAA==' });
    expect(await failureOf(wrong)).toMatchObject({ code: 'BadDigest' });
    const output = await complete(client, upload, parts, { ChecksumCRC32: 'NhCmhg==' });
    expect(output).toMatchObject({ ChecksumCRC32: 'NhCmhg==', ChecksumType: 'FULL_OBJECT' });
  });

  it('refuse impossible checksum plans and parts without the planned checksum', async () => {
    const { client } = await startS3();
    const start = (options: Partial<CreateMultipartUploadCommandInput>) =>
      failureOf(createUpload(client, options));
    expect(await start({ ChecksumAlgorithm: 'SHA256', ChecksumType: 'FULL_OBJECT' })).toMatchObject(
      { code: 'InvalidRequest' },
    );
    expect(
      await start({ ChecksumAlgorithm: 'CRC64NVME', ChecksumType: 'COMPOSITE' }),
    ).toMatchObject({ code: 'InvalidRequest' });
    const upload = await createUpload(client, { ChecksumAlgorithm: 'SHA256' });
    const part = uploadParts(client, upload, { bodies: [Buffer.from('x')] });
    expect(await failureOf(part)).toMatchObject({ code: 'InvalidRequest' });
  });

  it('copy ranges of other objects into parts', async () => {
    const { client, service } = await startS3();
    const source = { Bucket: BUCKET, Key: 'source', Body: '0123456789' };
    await client.send(new PutObjectCommand(source));
    const upload = await createUpload(client);
    const copy = { ...upload, PartNumber: 1, CopySource: `${BUCKET}/source` };
    const { CopyPartResult } = await client.send(
      new UploadPartCopyCommand({ ...copy, CopySourceRange: 'bytes=2-5' }),
    );
    await complete(client, upload, [{ PartNumber: 1, ETag: CopyPartResult?.ETag }]);
    expect((await service.getObject(BUCKET, KEY.Key))?.toString()).toBe('2345');
    const outside = new UploadPartCopyCommand({ ...copy, CopySourceRange: 'bytes=2-50' });
    await client.send(new DeleteObjectCommand(KEY));
    expect((await failureOf(client.send(outside))).code).toBe('NoSuchUpload');
  });

  it('give copies of joined objects the ETag of their bytes', async () => {
    const { client } = await startS3();
    const upload = await createUpload(client);
    await complete(client, upload, await uploadParts(client, upload, { bodies: PARTS }));
    const copy = { Bucket: BUCKET, Key: 'copy', CopySource: `${BUCKET}/${KEY.Key}` };
    const output = await client.send(new CopyObjectCommand(copy));
    const expected = md5(WHOLE).toString('hex');
    expect(output.CopyObjectResult?.ETag).toBe(`"${expected}"`);
  });
});
