import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { crc32 } from 'node:zlib';
import {
  ChecksumAlgorithm,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { BUCKET, type RunningS3, SIGNED, startS3 } from './local-s3.ts';

/** Pseudo-random, so that no encoding mistake goes unnoticed. */
function randomBody(sizeBytes: number): Buffer {
  const body = Buffer.alloc(sizeBytes);
  let state = 12345;
  for (let index = 0; index + 4 <= sizeBytes; index += 4) {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    body.writeUInt32LE(state, index);
  }
  return body;
}

function* inPieces(body: Buffer, pieceBytes: number): Generator<Buffer> {
  for (let start = 0; start < body.length; start += pieceBytes) {
    yield body.subarray(start, start + pieceBytes);
  }
}

function contentFiles({ stateDir }: RunningS3): readonly string[] {
  const folder = join(stateDir, 'blobs');
  return readdirSync(folder).flatMap((name) => readdirSync(join(folder, name)));
}

async function rawPut(
  s3: RunningS3,
  key: string,
  request: { readonly body: Buffer | string; readonly headers: Record<string, string> },
): Promise<{ readonly status: number; readonly text: string }> {
  const response = await fetch(`${s3.endpoint}/${BUCKET}/${key}`, {
    method: 'PUT',
    headers: { ...SIGNED, ...request.headers },
    body: request.body,
  });
  return { status: response.status, text: await response.text() };
}

const crc32Of = (body: Buffer | string): string => {
  const digest = Buffer.alloc(4);
  digest.writeUInt32BE(crc32(body));
  return digest.toString('base64');
};

describe('bodies', () => {
  it('stores a stream of unknown chunks with its trailing checksum', async () => {
    const s3 = await startS3();
    const body = randomBody(300_001);
    const output = await s3.client.send(
      new PutObjectCommand({
        Bucket: BUCKET,
        Key: 'stream',
        Body: Readable.from(inPieces(body, 7919)),
        ContentLength: body.length,
      }),
    );
    expect(output.ChecksumCRC32).toBe(crc32Of(body));
    expect((await s3.service.getObject(BUCKET, 'stream'))?.equals(body)).toBe(true);
    const head = await s3.client.send(new HeadObjectCommand({ Bucket: BUCKET, Key: 'stream' }));
    expect(head.ContentEncoding).toBeUndefined();
  });

  it('stores and returns 30 MB as a stream', async () => {
    const { client } = await startS3();
    const body = randomBody(30_000_000);
    const Body = Readable.from(inPieces(body, 100_000));
    const key = { Bucket: BUCKET, Key: 'large' };
    await client.send(new PutObjectCommand({ ...key, Body, ContentLength: body.length }));
    const output = await client.send(new GetObjectCommand(key));
    const sha256 = createHash('sha256');
    for await (const chunk of output.Body as Readable) sha256.update(chunk as Buffer);
    expect(sha256.digest()).toEqual(createHash('sha256').update(body).digest());
    expect(output.ETag).toBe(`"${createHash('md5').update(body).digest('hex')}"`);
  });

  it.each([
    ChecksumAlgorithm.CRC32,
    ChecksumAlgorithm.CRC32C,
    ChecksumAlgorithm.SHA1,
    ChecksumAlgorithm.SHA256,
  ])('verifies and keeps a %s the SDK computed', async (algorithm) => {
    const { client } = await startS3();
    const key = { Bucket: BUCKET, Key: 'k' };
    const body = randomBody(1000);
    const written = await client.send(
      new PutObjectCommand({ ...key, Body: body, ChecksumAlgorithm: algorithm }),
    );
    const field = `Checksum${algorithm}` as const;
    expect(written[field]).toMatch(/=$/);
    const read = await client.send(new GetObjectCommand({ ...key, ChecksumMode: 'ENABLED' }));
    expect(read[field]).toBe(written[field]);
    expect(Buffer.from((await read.Body?.transformToByteArray()) ?? [])).toEqual(body);
  });

  it('verifies a CRC-64/NVME, the default of the AWS CLI', async () => {
    const s3 = await startS3();
    const headers = { 'x-amz-checksum-crc64nvme': 'rosUhgp5mIg=' };
    expect((await rawPut(s3, 'k', { body: '123456789', headers })).status).toBe(200);
    expect((await rawPut(s3, 'k', { body: '123456780', headers })).text).toContain('BadDigest');
  });

  it('decodes a signed aws-chunked body', async () => {
    const s3 = await startS3();
    const signature = `;chunk-signature=${'0'.repeat(64)}`;
    const result = await rawPut(s3, 'k', {
      body: `5${signature}\r\nhello\r\n0${signature}\r\n\r\n`,
      headers: {
        'x-amz-content-sha256': 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD',
        'x-amz-decoded-content-length': '5',
        'content-encoding': 'aws-chunked',
      },
    });
    expect(result.status).toBe(200);
    expect((await s3.service.getObject(BUCKET, 'k'))?.toString()).toBe('hello');
  });
});

describe('bodies that do not match their digest', () => {
  const trailing = (body: string, crc: string) => ({
    body: `${body.length.toString(16)}\r\n${body}\r\n0\r\nx-amz-checksum-crc32:${crc}\r\n\r\n`,
    headers: {
      'x-amz-content-sha256': 'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
      'x-amz-trailer': 'x-amz-checksum-crc32',
    },
  });
  const cases: readonly (readonly [string, string, Parameters<typeof rawPut>[2]])[] = [
    [
      'checksum header',
      'BadDigest',
      { body: 'x', headers: { 'x-amz-checksum-crc32': crc32Of('y') } },
    ],
    ['checksum trailer', 'BadDigest', trailing('x', crc32Of('y'))],
    [
      'Content-MD5',
      'BadDigest',
      { body: 'x', headers: { 'content-md5': createHash('md5').update('y').digest('base64') } },
    ],
    ['malformed Content-MD5', 'InvalidDigest', { body: 'x', headers: { 'content-md5': 'AAAA' } }],
    [
      'content SHA-256',
      'XAmzContentSHA256Mismatch',
      {
        body: 'x',
        headers: { 'x-amz-content-sha256': createHash('sha256').update('y').digest('hex') },
      },
    ],
    [
      'decoded length',
      'IncompleteBody',
      {
        ...trailing('x', crc32Of('x')),
        headers: { ...trailing('', '').headers, 'x-amz-decoded-content-length': '2' },
      },
    ],
    [
      'missing trailer',
      'InvalidRequest',
      { body: '1\r\nx\r\n0\r\n\r\n', headers: trailing('', '').headers },
    ],
    [
      'checksum of the wrong length',
      'InvalidRequest',
      { body: 'x', headers: { 'x-amz-checksum-crc32': 'AAA=' } },
    ],
    [
      'two checksums',
      'InvalidRequest',
      {
        body: 'x',
        headers: { 'x-amz-checksum-crc32': crc32Of('x'), 'x-amz-checksum-crc32c': 'AAAAAA==' },
      },
    ],
    [
      'unknown algorithm',
      'InvalidRequest',
      { body: 'x', headers: { 'x-amz-checksum-xxhash64': 'AAAAAA==' } },
    ],
  ];

  it.each(cases)(
    'are refused by their %s and leave nothing behind',
    async (_name, code, request) => {
      const s3 = await startS3();
      const result = await rawPut(s3, 'k', request);
      expect(result.status).toBe(400);
      expect(result.text).toContain(`<Code>${code}</Code>`);
      expect(s3.service.objectFile(BUCKET, 'k')).toBeNull();
      expect(contentFiles(s3)).toEqual([]);
    },
  );

  it('keep the object that was there', async () => {
    const s3 = await startS3();
    await rawPut(s3, 'k', { body: 'good', headers: {} });
    await rawPut(s3, 'k', { body: 'bad', headers: { 'x-amz-checksum-crc32': crc32Of('other') } });
    expect((await s3.service.getObject(BUCKET, 'k'))?.toString()).toBe('good');
  });
});

describe('clients that go away', () => {
  it('leave no object and no file when they stop in the middle of a body', async () => {
    const s3 = await startS3();
    const { port } = new URL(s3.endpoint);
    const socket = connect(Number(port), '127.0.0.1');
    const head = `PUT /${BUCKET}/k HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: ${SIGNED.authorization}\r\nContent-Length: 1000000\r\n\r\n`;
    socket.write(head);
    socket.write(Buffer.alloc(500_000));
    await expect.poll(() => contentFiles(s3).length).toBe(1);
    socket.destroy();
    await expect.poll(() => contentFiles(s3).length).toBe(0);
    expect(s3.service.objectFile(BUCKET, 'k')).toBeNull();
  });

  it('do not disturb others when they stop in the middle of a download', async () => {
    const s3 = await startS3();
    await s3.service.putObject(BUCKET, 'k', { body: Buffer.alloc(20_000_000) });
    const aborting = new AbortController();
    const response = await fetch(`${s3.endpoint}/${BUCKET}/k`, {
      headers: SIGNED,
      signal: aborting.signal,
    });
    await response.body?.getReader().read();
    aborting.abort();
    expect((await rawPut(s3, 'after', { body: 'x', headers: {} })).status).toBe(200);
  });

  it('are told that a length is missing', async () => {
    const s3 = await startS3();
    const { port } = new URL(s3.endpoint);
    const socket = connect(Number(port), '127.0.0.1');
    socket.write(
      `PUT /${BUCKET}/k HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: ${SIGNED.authorization}\r\nConnection: close\r\n\r\n`,
    );
    let answer = '';
    for await (const chunk of socket) answer += String(chunk);
    expect(answer).toMatch(/^HTTP\/1.1 411 .*MissingContentLength/s);
  });
});

describe('a bucket that is deleted during an upload', () => {
  it('refuses the object', async () => {
    const s3 = await startS3();
    async function* slowly(): AsyncGenerator<Buffer> {
      yield Buffer.alloc(400_000);
      await expect.poll(() => contentFiles(s3).length).toBe(1);
      await fetch(`${s3.endpoint}/${BUCKET}`, { method: 'DELETE', headers: SIGNED });
      yield Buffer.alloc(400_000);
    }
    const body = Readable.toWeb(Readable.from(slowly()));
    const upload = { method: 'PUT', headers: SIGNED, body, duplex: 'half' as const };
    const response = await fetch(`${s3.endpoint}/${BUCKET}/k`, upload);
    expect(await response.text()).toContain('NoSuchBucket');
    await expect.poll(() => contentFiles(s3)).toEqual([]);
  });
});
