import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  PutObjectCommand,
  type S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { BUCKET, failureOf, startS3 } from './local-s3.ts';

const RACERS = 20;
const KEY = { Bucket: BUCKET, Key: 'metadata/v2.json' };

const put = (client: S3Client, body: string, conditions: object = {}) =>
  client.send(new PutObjectCommand({ ...KEY, Body: body, ...conditions }));

async function preparedUpload(client: S3Client, body: string) {
  const { UploadId } = await client.send(new CreateMultipartUploadCommand(KEY));
  const part = { ...KEY, UploadId, PartNumber: 1, Body: body };
  const { ETag } = await client.send(new UploadPartCommand(part));
  return { ...KEY, UploadId, MultipartUpload: { Parts: [{ PartNumber: 1, ETag }] } };
}

/** Names of the racers that won, and the error codes of the others. */
async function race(start: (racer: string) => Promise<unknown>) {
  const racers = Array.from({ length: RACERS }, (_, number) => `racer ${number}`);
  const outcomes = await Promise.allSettled(racers.map(start));
  const winners = racers.filter((_, number) => outcomes[number]?.status === 'fulfilled');
  const losses = outcomes.flatMap((outcome) =>
    outcome.status === 'rejected' ? [String(outcome.reason.name)] : [],
  );
  return { winners, losses: [...new Set(losses)] };
}

describe('conditional writes', () => {
  it('let exactly one of 20 racing If-None-Match writers create an object', async () => {
    const { client, service } = await startS3();
    const { winners, losses } = await race((racer) => put(client, racer, { IfNoneMatch: '*' }));
    expect(winners).toHaveLength(1);
    expect(losses).toEqual(['PreconditionFailed']);
    expect((await service.getObject(BUCKET, KEY.Key))?.toString()).toBe(winners[0]);
  });

  it('let exactly one of 20 racing If-Match writers replace an object', async () => {
    const { client, service } = await startS3();
    const { ETag } = await put(client, 'first');
    const { winners, losses } = await race((racer) => put(client, racer, { IfMatch: ETag }));
    expect(winners).toHaveLength(1);
    expect(losses).toEqual(['PreconditionFailed']);
    expect((await service.getObject(BUCKET, KEY.Key))?.toString()).toBe(winners[0]);
  });

  it('let exactly one of 20 racing multipart uploads complete', async () => {
    const { client, service } = await startS3();
    const uploads = new Map<string, Awaited<ReturnType<typeof preparedUpload>>>();
    for (let number = 0; number < RACERS; number += 1) {
      uploads.set(`racer ${number}`, await preparedUpload(client, `racer ${number}`));
    }
    const { winners, losses } = await race(async (racer) => {
      const upload = uploads.get(racer) ?? { ...KEY, UploadId: undefined };
      return client.send(new CompleteMultipartUploadCommand({ ...upload, IfNoneMatch: '*' }));
    });
    expect(winners).toHaveLength(1);
    expect(losses).toEqual(['PreconditionFailed']);
    expect((await service.getObject(BUCKET, KEY.Key))?.toString()).toBe(winners[0]);
  });

  it('let exactly one of 20 racing embedded writers win', async () => {
    const { service } = await startS3();
    const outcomes = await Promise.all(
      Array.from({ length: RACERS }, () =>
        service.putObject(BUCKET, 'k', { body: Buffer.from('x'), ifNoneMatch: '*' }),
      ),
    );
    expect(outcomes.filter(Boolean)).toHaveLength(1);
  });

  it('leave a refused multipart upload open', async () => {
    const { client } = await startS3();
    const upload = await preparedUpload(client, 'late');
    await put(client, 'early');
    const complete = new CompleteMultipartUploadCommand({ ...upload, IfNoneMatch: '*' });
    expect(await failureOf(client.send(complete))).toMatchObject({ status: 412 });
    const { UploadId } = upload;
    await client.send(new AbortMultipartUploadCommand({ ...KEY, UploadId }));
  });

  it('answer 404 when the object to replace is missing', async () => {
    const { client } = await startS3();
    expect(await failureOf(put(client, 'x', { IfMatch: '"etag"' }))).toMatchObject({
      status: 404,
      code: 'NoSuchKey',
    });
  });

  it('refuse a condition S3 does not have', async () => {
    const { client } = await startS3();
    expect(await failureOf(put(client, 'x', { IfNoneMatch: '"etag"' }))).toMatchObject({
      status: 501,
    });
  });

  it('delete only the object they name', async () => {
    const { client, service } = await startS3();
    const { ETag } = await put(client, 'x');
    const remove = (IfMatch: string | undefined) =>
      client.send(new DeleteObjectCommand({ ...KEY, IfMatch }));
    expect(await failureOf(remove('"other"'))).toMatchObject({ status: 412 });
    await remove(ETag);
    expect(service.objectFile(BUCKET, KEY.Key)).toBeNull();
  });
});
