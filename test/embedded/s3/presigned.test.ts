import { request } from 'node:http';
import { describe, expect, it } from 'vitest';
import { BUCKET, startS3 } from './local-s3.ts';

const NOW_MS = Date.UTC(2026, 0, 2, 12, 0, 0);

function presigned(
  path: string,
  options: { readonly date: string; readonly more?: string },
): string {
  const credential = encodeURIComponent('test/20260102/us-east-1/s3/aws4_request');
  return `${path}?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=${credential}&X-Amz-Date=${options.date}&X-Amz-Expires=900&X-Amz-SignedHeaders=host&X-Amz-Signature=0${options.more ?? ''}`;
}

describe('presigned URLs', () => {
  it('put and get without any header', async () => {
    const { endpoint } = await startS3({ nowMs: () => NOW_MS });
    const url = `${endpoint}${presigned(`/${BUCKET}/a%20b`, { date: '20260102T115000Z' })}`;
    expect((await fetch(url, { method: 'PUT', body: 'hello' })).status).toBe(200);
    expect(await (await fetch(url)).text()).toBe('hello');
  });

  it('carry headers in their query', async () => {
    const { endpoint } = await startS3({ nowMs: () => NOW_MS });
    const more = '&x-amz-meta-rows=12&x-amz-checksum-crc32=NhCmhg%3D%3D&x-id=PutObject';
    const url = `${endpoint}${presigned(`/${BUCKET}/k`, { date: '20260102T115000Z', more })}`;
    expect((await fetch(url, { method: 'PUT', body: 'hullo' })).status).toBe(400);
    expect((await fetch(url, { method: 'PUT', body: 'hello' })).status).toBe(200);
    const response = await fetch(
      `${endpoint}${presigned(`/${BUCKET}/k`, { date: '20260102T115000Z' })}`,
    );
    expect(response.headers.get('x-amz-meta-rows')).toBe('12');
  });

  it('cannot smuggle headers in by a line break', async () => {
    const { endpoint, service } = await startS3({ nowMs: () => NOW_MS });
    const url = (more: string) =>
      `${endpoint}${presigned(`/${BUCKET}/k`, { date: '20260102T115000Z', more })}`;
    const metadata = url('&x-amz-meta-a=1%0d%0aset-cookie%3A%20x');
    expect((await fetch(metadata, { method: 'PUT', body: 'x' })).status).toBe(400);
    await service.putObject(BUCKET, 'k', { body: Buffer.from('x') });
    const override = await fetch(url('&response-content-type=a%0d%0aset-cookie%3A%20x'));
    expect([override.status, override.headers.get('set-cookie')]).toEqual([400, null]);
  });

  it('expire', async () => {
    const { endpoint } = await startS3({ nowMs: () => NOW_MS });
    const url = `${endpoint}${presigned(`/${BUCKET}/k`, { date: '20260102T114459Z' })}`;
    const response = await fetch(url);
    expect([response.status, await response.text()]).toEqual([
      403,
      expect.stringContaining('Request has expired'),
    ]);
  });

  it('of signature version 2 work until they expire', async () => {
    const { endpoint, service } = await startS3({ nowMs: () => NOW_MS });
    await service.putObject(BUCKET, 'k', { body: Buffer.from('x') });
    const url = (expires: number) =>
      `${endpoint}/${BUCKET}/k?AWSAccessKeyId=test&Signature=0&Expires=${expires}`;
    expect((await fetch(url(NOW_MS / 1000 + 60))).status).toBe(200);
    expect((await fetch(url(NOW_MS / 1000 - 60))).status).toBe(403);
  });
});

describe('addresses', () => {
  const get = (port: string, path: string, host: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const url = presigned(path, { date: '20260102T115000Z' });
      const call = request(
        { host: '127.0.0.1', port, path: url, headers: { host } },
        (response) => {
          let text = `${response.statusCode} `;
          response.on('data', (chunk) => {
            text += chunk;
          });
          response.on('end', () => resolve(text));
        },
      );
      call.on('error', reject).end();
    });

  it('may carry the bucket in the host', async () => {
    const { endpoint, service } = await startS3({ nowMs: () => NOW_MS });
    await service.putObject(BUCKET, 'a/b', { body: Buffer.from('found') });
    const { port } = new URL(endpoint);
    expect(await get(port, '/a/b', `${BUCKET}.localhost:${port}`)).toBe('200 found');
    expect(await get(port, `/${BUCKET}/a/b`, `localhost:${port}`)).toBe('200 found');
    expect(await get(port, `http://127.0.0.1:${port}/${BUCKET}/a/b`, 'localhost')).toBe(
      '200 found',
    );
  });

  it('that are no UTF-8 are refused', async () => {
    const { endpoint } = await startS3({ nowMs: () => NOW_MS });
    const { port } = new URL(endpoint);
    expect(await get(port, `/${BUCKET}/%ff`, 'localhost')).toMatch(/^400 .*InvalidURI/s);
    expect(await get(port, '//key-without-bucket', 'localhost')).toMatch(/^400 .*InvalidURI/s);
  });
});
