import { connect as connectHttp2 } from 'node:http2';
import { connect } from 'node:net';
import { KinesisClient, ListStreamsCommand } from '@aws-sdk/client-kinesis';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { describe, expect, it, onTestFinished } from 'vitest';
import { hasCode } from '#core/errors.ts';
import { type Gateway, type GatewayOptions, startGateway } from '#embedded/gateway/gateway.ts';
import type { HttpService } from '#embedded/services.ts';

const SCOPE = (service: string) => ({
  authorization: `AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/${service}/aws4_request, SignedHeaders=host, Signature=0`,
});

/** Answers with method, path and body length, after reading the whole body. */
const echo: HttpService = {
  async handle(request, response) {
    let bodyBytes = 0;
    for await (const chunk of request) bodyBytes += (chunk as Buffer).length;
    const { method, url } = request;
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(
      JSON.stringify({ method, url, bodyBytes, StreamNames: [], HasMoreStreams: false }),
    );
  },
  async close() {},
};

async function start(options: Partial<GatewayOptions> = {}): Promise<Gateway> {
  const services = { s3: echo, kinesis: echo };
  const gateway = await startGateway({ port: 0, services, health: () => null, ...options });
  onTestFinished(gateway.close);
  return gateway;
}

/** Sends raw bytes, and returns what came back until the server closed or `untilText` was seen. */
async function sendRaw(port: number, bytes: string, untilText = '\r\n\r\n'): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  socket.write(bytes);
  let answer = '';
  for await (const chunk of socket) {
    answer += String(chunk);
    if (answer.includes(untilText)) break;
  }
  socket.destroy();
  return answer;
}

function requestHttp2(
  endpoint: string,
  options: { readonly headers: Record<string, string>; readonly body?: Buffer },
): Promise<{ readonly status: number; readonly text: string }> {
  const session = connectHttp2(endpoint);
  return new Promise((resolve, reject) => {
    session.on('error', reject);
    const stream = session.request(options.headers);
    let status = 0;
    let text = '';
    stream.on('response', (headers) => {
      status = Number(headers[':status']);
    });
    stream.on('data', (chunk) => {
      text += String(chunk);
    });
    stream.on('error', reject);
    stream.on('end', () => {
      session.close();
      resolve({ status, text });
    });
    stream.end(options.body);
  });
}

describe('startGateway', () => {
  it('names an endpoint with the address, so that SDKs choose path-style URLs', async () => {
    const { endpoint, port } = await start();
    expect(endpoint).toBe(`http://127.0.0.1:${port}`);
  });

  it('explains a port that is taken', async () => {
    const { port } = await start();
    const error: unknown = await start({ port }).catch((cause: unknown) => cause);
    expect(hasCode(error, 'USAGE')).toBe(true);
    expect(String(error)).toContain(`port ${port} on 127.0.0.1 is taken`);
    expect(String(error)).toContain('--port');
  });

  it('frees the port and ends every connection when closed', async () => {
    const gateway = await start();
    const socket = connect(gateway.port, '127.0.0.1');
    const ended = new Promise((resolve) => socket.on('close', resolve));
    socket.on('error', () => undefined);
    await fetch(`${gateway.endpoint}/_sluice/health`);
    await gateway.close();
    await ended;
    const again = await start({ port: gateway.port });
    expect(again.port).toBe(gateway.port);
  });

  it('serves HTTP/1.1 and HTTP/2 on the same port', async () => {
    const { endpoint } = await start();
    const body = Buffer.alloc(3_000_000, 'x');
    const headers = { ...SCOPE('s3'), 'content-type': 'text/plain' };
    const http1 = await fetch(`${endpoint}/b/k`, { method: 'PUT', headers, body });
    expect(await http1.json()).toMatchObject({ method: 'PUT', url: '/b/k', bodyBytes: 3_000_000 });
    const http2Headers = { ...headers, ':method': 'PUT', ':path': '/b/k' };
    const http2 = await requestHttp2(endpoint, { headers: http2Headers, body });
    expect(http2.status).toBe(200);
    expect(JSON.parse(http2.text)).toMatchObject({ url: '/b/k', bodyBytes: 3_000_000 });
  });

  it('serves the Kinesis client over its default HTTP/2 and over HTTP/1.1', async () => {
    const { endpoint } = await start();
    const shared = {
      endpoint,
      region: 'us-east-1',
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    };
    const clients = [
      new KinesisClient(shared),
      new KinesisClient({ ...shared, requestHandler: new NodeHttpHandler() }),
    ];
    for (const client of clients) {
      const output = await client.send(new ListStreamsCommand({}));
      expect(output.HasMoreStreams).toBe(false);
      client.destroy();
    }
  });
});

describe('health', () => {
  it('is what the callback says, as JSON', async () => {
    const { endpoint } = await start({ health: async () => ({ status: 'ok', lag: 3 }) });
    const response = await fetch(`${endpoint}/_sluice/health`);
    expect([response.status, await response.json()]).toEqual([200, { status: 'ok', lag: 3 }]);
  });

  it('is 503 when the callback fails', async () => {
    const health = () => {
      throw new Error('lake-writer is stuck');
    };
    const { endpoint } = await start({ health });
    const response = await fetch(`${endpoint}/_sluice/health`);
    expect([response.status, await response.json()]).toEqual([
      503,
      { error: 'lake-writer is stuck' },
    ]);
  });
});

describe('requests nobody serves', () => {
  it('are told which variables to set when they are not signed', async () => {
    const { endpoint } = await start();
    const response = await fetch(`${endpoint}/bucket`);
    expect(response.status).toBe(403);
    expect(await response.text()).toMatch(/AWS_ACCESS_KEY_ID.*AWS_REGION/);
  });

  it('get 501 in JSON, in query XML or in S3 XML', async () => {
    const { endpoint } = await start({ services: {} });
    const json = await fetch(endpoint, {
      method: 'POST',
      headers: {
        'x-amz-target': 'AmazonSNS.Publish',
        'content-type': 'application/x-amz-json-1.0',
      },
    });
    expect([json.status, await json.json()]).toEqual([
      501,
      {
        __type: 'UnknownOperationException',
        message: expect.stringContaining('does not emulate AmazonSNS, it has kinesis'),
      },
    ]);
    const query = await fetch(endpoint, {
      method: 'POST',
      headers: { ...SCOPE('sns'), 'content-type': 'application/x-www-form-urlencoded' },
      body: 'Action=ListTopics',
    });
    expect([query.status, await query.text()]).toEqual([
      501,
      expect.stringContaining('<ErrorResponse><Error><Type>Sender</Type>'),
    ]);
    const s3 = await fetch(`${endpoint}/b/k`, { headers: SCOPE('s3') });
    expect([s3.status, await s3.text()]).toEqual([501, expect.stringContaining('<Error><Code>')]);
  });

  it('are refused when they come from a web page', async () => {
    const { endpoint } = await start();
    const headers = { ...SCOPE('s3'), origin: 'https://evil.example' };
    const response = await fetch(`${endpoint}/b/k?delete`, { method: 'POST', headers });
    expect(response.status).toBe(403);
  });
});

describe('hostile clients', () => {
  const failing: HttpService = {
    handle: () => Promise.reject(new Error('disk on fire')),
    close: async () => undefined,
  };
  const throwing: HttpService = {
    handle: (_request, response) => {
      response.writeHead(200, { 'content-length': 100 });
      response.write('half');
      throw new Error('too late for an answer');
    },
    close: async () => undefined,
  };

  it('do not end the process, whatever they send', async () => {
    const { port, endpoint } = await start();
    const head = `GET /b/k HTTP/1.1\r\nHost: localhost\r\nAuthorization: ${SCOPE('s3').authorization}\r\n`;
    const attacks = [
      'GARBAGE\r\n\r\n',
      '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 a TLS hello',
      'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nnot a frame at all, just text that is long enough',
      'PRI nonsense\r\n\r\n',
      `${head}X: ${'y'.repeat(100_000)}\r\n\r\n`,
      `${head}Content-Length: -1\r\n\r\n`,
      `${head}Transfer-Encoding: chunked\r\n\r\nzz\r\n`,
      `${head}Host: evil.example\r\n\r\n`,
      'OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n',
      'CONNECT localhost:1 HTTP/1.1\r\nHost: localhost\r\n\r\n',
      `${head}Upgrade: h2c\r\nConnection: Upgrade\r\n\r\n`,
    ];
    for (const attack of attacks) await sendRaw(port, attack);
    const dropped = connect(port, '127.0.0.1');
    dropped.on('error', () => undefined);
    dropped.write(`${head}Content-Length: 1000\r\n\r\npartial`);
    dropped.resetAndDestroy();
    expect((await fetch(`${endpoint}/b/k`, { headers: SCOPE('s3') })).status).toBe(200);
  });

  it('are understood when they dribble the first bytes', async () => {
    const { port } = await start();
    const socket = connect(port, '127.0.0.1');
    const { authorization } = SCOPE('s3');
    const text = `PUT /b/k HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\nConnection: close\r\nAuthorization: ${authorization}\r\n\r\n`;
    for (const character of text) {
      socket.write(character);
      await new Promise((resolve) => setImmediate(resolve));
    }
    let answer = '';
    for await (const chunk of socket) answer += String(chunk);
    expect(answer).toContain('"method":"PUT"');
  });

  it('get 500 in their protocol when a service fails', async () => {
    const { endpoint } = await start({ services: { s3: failing, kinesis: failing } });
    const s3 = await fetch(`${endpoint}/b/k`, { headers: SCOPE('s3') });
    expect([s3.status, await s3.text()]).toEqual([500, expect.stringContaining('disk on fire')]);
    const kinesis = await fetch(endpoint, {
      method: 'POST',
      headers: { 'x-amz-target': 'Kinesis_20131202.ListStreams' },
    });
    expect(await kinesis.json()).toMatchObject({ __type: 'InternalFailure' });
  });

  it('get a broken connection, not a short answer, when a service fails half-way', async () => {
    const { endpoint } = await start({ services: { s3: throwing } });
    const read = async (): Promise<string> => {
      const response = await fetch(`${endpoint}/b/k`, { headers: SCOPE('s3') });
      return response.text();
    };
    await expect(read()).rejects.toThrow();
  });
});
