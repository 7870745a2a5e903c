import type http from 'node:http';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createHttpClient } from '#adapters/http/node-http-client.ts';
import type { PollAnswer } from '#core/poll/poll-answer.ts';
import type { PollRequest } from '#core/poll/poll-request.ts';
import type { HttpLimits } from '#ports/http-client.ts';
import { type FaultySource, startFaultySource } from './faulty-source.ts';

let source: FaultySource;
const client = createHttpClient();

beforeAll(async () => {
  source = await startFaultySource();
});
beforeEach(() => {
  source.requests.length = 0;
});
afterAll(async () => {
  client.close();
  await source.close();
});

const LIMITS: HttpLimits = { timeoutMs: 150, maxResponseBytes: 1_000, allow: ['loopback'] };

function get(path: string, limits: Partial<HttpLimits> = {}, request: Partial<PollRequest> = {}) {
  const url = path.startsWith('/') ? `${source.origin}${path}` : path;
  return client.send(
    { method: 'GET', url, headers: {}, body: null, ...request },
    { ...LIMITS, ...limits },
  );
}

function answering(handle: (response: http.ServerResponse) => void): void {
  source.handle = (_request, response) => handle(response);
}

function textOf(answer: PollAnswer): string {
  return answer.kind === 'response' ? Buffer.from(answer.body).toString() : answer.kind;
}

describe('the HTTP client', () => {
  it('sends the request as it is and gives the whole answer', async () => {
    answering((response) => {
      response.writeHead(201, { 'content-type': 'text/plain', link: ['<a>', '<b>'] });
      response.end('an ä');
    });
    const headers = { 'x-api-key': 'key', 'content-type': 'application/json' };
    const answer = await get('/a?b=%C3%A4', {}, { method: 'POST', headers, body: '{"ä":1}' });
    expect(answer).toMatchObject({
      kind: 'response',
      status: 201,
      headers: { 'content-type': 'text/plain', link: '<a>, <b>' },
    });
    expect(textOf(answer)).toBe('an ä');
    expect(source.requests[0]).toMatchObject({ method: 'POST', url: '/a?b=%C3%A4' });
    expect(source.requests[0]?.headers).toMatchObject({ ...headers, 'content-length': '8' });
  });

  it('keeps the connection for the next request', async () => {
    answering((response) => response.end('x'));
    await get('/');
    const before = source.connections;
    await get('/');
    expect(source.connections).toBe(before);
  });

  it.each([
    ['gzip', gzipSync('text')],
    ['deflate', deflateSync('text')],
  ])('reads %s', async (encoding, body) => {
    answering((response) => response.writeHead(200, { 'content-encoding': encoding }).end(body));
    expect(textOf(await get('/'))).toBe('text');
  });

  it('does not follow a redirect, and reads no body of a failure', async () => {
    answering((response) => {
      response.writeHead(302, { location: '/there' });
      response.write('never ends');
    });
    expect(await get('/')).toMatchObject({ status: 302, headers: { location: '/there' } });
    expect(source.requests).toHaveLength(1);
  });

  it('takes an answer that is cut off for none', async () => {
    answering((response) => {
      response.writeHead(200, { 'content-length': '10' });
      response.write('half', () => response.destroy());
    });
    expect(await get('/')).toMatchObject({ kind: 'no-answer' });
    answering((response) => {
      response.write('chunked', () => response.destroy());
    });
    expect(await get('/')).toMatchObject({ kind: 'no-answer' });
    answering((response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' });
      response.end(gzipSync('a longer text').subarray(0, -6));
    });
    expect(await get('/')).toMatchObject({ kind: 'no-answer' });
  });

  it('waits for one that hangs no longer than it may', async () => {
    answering(() => {});
    expect(await get('/')).toEqual({
      kind: 'no-answer',
      reason: 'no whole answer within 150 ms',
    });
  });

  it('counts the whole answer: one that comes byte by byte is too slow', async () => {
    answering((response) => {
      const timer = setInterval(() => response.write('x'), 10);
      response.on('close', () => clearInterval(timer));
    });
    expect(await get('/')).toEqual({
      kind: 'no-answer',
      reason: 'no whole answer within 150 ms',
    });
    answering((response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' });
      response.write(gzipSync('half').subarray(0, 8));
    });
    expect(await get('/')).toMatchObject({ kind: 'no-answer' });
  });

  it('reads no more than it may, whatever the answer inflates to', async () => {
    const refused = {
      kind: 'refused',
      reason: 'the response is larger than 1000 bytes; see max_response',
    };
    answering((response) => response.writeHead(200, { 'content-length': '5000' }).write('x'));
    expect(await get('/')).toEqual(refused);
    answering((response) => {
      for (let part = 0; part < 20; part++) response.write('x'.repeat(100));
    });
    expect(await get('/')).toEqual(refused);
    answering((response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' });
      response.end(gzipSync(Buffer.alloc(10_000_000)));
    });
    expect(await get('/', { timeoutMs: 2_000, maxResponseBytes: 100_000 })).toMatchObject({
      kind: 'refused',
    });
  });

  it('refuses an encoding that it did not ask for', async () => {
    answering((response) =>
      response.writeHead(200, { 'content-encoding': 'br' }).end(brotliCompressSync('text')),
    );
    expect(await get('/')).toMatchObject({ kind: 'refused' });
  });

  it('gives no answer when nobody listens, and tells nothing of the URL', async () => {
    const answer = await get('http://127.0.0.1:1/?key=hidden');
    expect(answer).toEqual({ kind: 'no-answer', reason: 'no whole answer: ECONNREFUSED' });
  });

  it('refuses a header that would become two', async () => {
    const answer = await get('/', {}, { headers: { 'x-key': 'a\r\nb: c' } });
    expect(answer).toEqual({
      kind: 'refused',
      reason: 'a header has a character that HTTP does not allow',
    });
    expect(source.requests).toEqual([]);
  });
});

describe('addresses that requests may not go to', () => {
  it.each([
    ['http://127.0.0.1:9001/', [], 'loopback'],
    ['https://127.1.2.3/', [], 'loopback'],
    ['https://[::1]/', [], 'loopback'],
    ['https://[::ffff:127.0.0.1]/', [], 'loopback'],
    ['https://localhost/', [], 'loopback'],
    ['https://2130706433/', [], 'loopback'],
    ['http://169.254.169.254/latest/meta-data/', ['http'], 'link-local'],
    ['http://169.254.169.254/', ['http', 'private', 'loopback'], 'link-local'],
    ['https://[fd00:ec2::254]/', ['private'], 'link-local'],
    ['https://[fe80::1]/', [], 'link-local'],
    ['https://10.1.2.3/', [], 'private'],
    ['https://[fc00::1]/', ['loopback'], 'private'],
    ['https://0.0.0.0/', ['loopback', 'private', 'link-local'], 'reserved'],
    ['https://[64:ff9b::a9fe:a9fe]/', ['link-local'], 'reserved'],
  ] as const)('%s with %j', async (url, allow, kind) => {
    const answer = await get(url, { allow });
    expect(answer).toMatchObject({ kind: 'refused', reason: expect.stringContaining(kind) });
  });

  it('may be allowed, by name of the guard', async () => {
    answering((response) => response.end('x'));
    expect(await get('/')).toMatchObject({ kind: 'response' });
    expect(await get('/', { allow: ['http'] })).toMatchObject({ kind: 'refused' });
    const { port } = new URL(source.origin);
    expect(await get(`http://localhost:${port}/`)).toMatchObject({ kind: 'response' });
    expect(await get(`http://localhost:${port}/`, { allow: ['http'] })).toMatchObject({
      kind: 'refused',
      reason: expect.stringContaining('loopback'),
    });
  });

  it('are not spoken to without TLS, unless that is allowed', async () => {
    expect(await get('http://api.example.invalid/')).toEqual({
      kind: 'refused',
      reason: 'expected https; allow: [http] lets requests go unencrypted',
    });
    expect(await get('ftp://api.example.invalid/')).toMatchObject({ kind: 'refused' });
  });
});
