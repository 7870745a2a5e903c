import { type ClientHttp2Session, connect } from 'node:http2';
import { describe, expect, it, onTestFinished } from 'vitest';
import { BUCKET, SIGNED, startS3 } from './local-s3.ts';

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: Buffer;
}

function openSession(endpoint: string): ClientHttp2Session {
  const session = connect(endpoint);
  onTestFinished(() => session.destroy());
  return session;
}

function send(
  session: ClientHttp2Session,
  head: { readonly method: string; readonly path: string; readonly headers?: object },
  body?: Buffer,
): Promise<Answer> {
  const { method, path } = head;
  return new Promise((resolve, reject) => {
    const stream = session.request({
      ':method': method,
      ':path': path,
      ...SIGNED,
      ...head.headers,
    });
    let answer: Omit<Answer, 'body'> = { status: 0, headers: {} };
    const chunks: Buffer[] = [];
    stream.on('response', (headers) => {
      answer = { status: Number(headers[':status']), headers };
    });
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.on('error', reject);
    stream.on('close', () => resolve({ ...answer, body: Buffer.concat(chunks) }));
    stream.end(body);
  });
}

describe('S3 over HTTP/2', () => {
  it('puts, heads, reads, ranges and deletes without a content length', async () => {
    const { endpoint } = await startS3();
    const session = openSession(endpoint);
    const path = `/${BUCKET}/k`;
    const body = Buffer.alloc(3_000_000, 'abcdef');
    expect((await send(session, { method: 'PUT', path }, body)).status).toBe(200);
    const head = await send(session, { method: 'HEAD', path });
    expect(head).toMatchObject({ status: 200, headers: { 'content-length': '3000000' } });
    expect((await send(session, { method: 'GET', path })).body.equals(body)).toBe(true);
    const range = { range: 'bytes=6-8' };
    const part = await send(session, { method: 'GET', path, headers: range });
    expect([part.status, part.body.toString()]).toEqual([206, 'abc']);
    expect((await send(session, { method: 'DELETE', path })).status).toBe(204);
    expect((await send(session, { method: 'HEAD', path })).status).toBe(404);
  });

  it('answers an error before the body is read, and keeps the connection usable', async () => {
    const { endpoint } = await startS3();
    const session = openSession(endpoint);
    // Node's HTTP/2 client holds at most 10 MB.
    const body = Buffer.alloc(8_000_000);
    const refused = await send(session, { method: 'PUT', path: '/no-such-bucket/k' }, body);
    expect(refused.status).toBe(404);
    expect(refused.body.toString()).toContain('NoSuchBucket');
    const path = `/${BUCKET}/k`;
    expect((await send(session, { method: 'PUT', path }, Buffer.from('x'))).status).toBe(200);
  });

  it('survives a client that resets a download', async () => {
    const { endpoint, service } = await startS3();
    await service.putObject(BUCKET, 'k', { body: Buffer.alloc(40_000_000) });
    const session = openSession(endpoint);
    const stream = session.request({ ':path': `/${BUCKET}/k`, ...SIGNED });
    await new Promise((resolve) => stream.once('data', resolve));
    stream.close(8);
    const path = `/${BUCKET}/k`;
    const again = await send(session, { method: 'GET', path, headers: { range: 'bytes=0-0' } });
    expect(again.status).toBe(206);
  });
});
