import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from 'vitest';
import {
  type ApiRequest,
  formatRequestTime,
  proxyEvent,
  readHeaders,
} from '#embedded/apigateway/proxy-event.ts';

const REQUEST: ApiRequest = {
  apiId: 'a1b2c3d4e5',
  stage: '$default',
  requestId: 'JKJaXmPLvHcESHA=',
  atMs: Date.UTC(2020, 2, 12, 19, 3, 58, 390),
  method: 'POST',
  path: '/my path/é',
  query: 'parameter1=value1&parameter1=value2&parameter2=a%20b',
  protocol: 'HTTP/1.1',
  headers: { 'content-type': 'application/json', 'user-agent': 'agent' },
  cookies: ['cookie1=a', 'cookie2=b'],
  sourceIp: '127.0.0.1',
};
const CALLER = {
  accessKeyId: 'test',
  principal: { kind: 'administrator', arn: 'arn:aws:iam::000000000000:root' },
} as const;

function eventOf(changes: Partial<ApiRequest> = {}, body = 'Hello') {
  return proxyEvent({ ...REQUEST, ...changes }, Buffer.from(body), {
    routeKey: 'POST /{a}/{b}',
    pathParameters: { a: 'my path', b: 'é' },
    caller: CALLER,
  });
}

describe('the event of payload format 2.0', () => {
  it('has every member that AWS documents for a signed request', () => {
    expect(eventOf()).toEqual({
      version: '2.0',
      routeKey: 'POST /{a}/{b}',
      rawPath: '/my path/é',
      rawQueryString: 'parameter1=value1&parameter1=value2&parameter2=a%20b',
      cookies: ['cookie1=a', 'cookie2=b'],
      headers: { 'content-type': 'application/json', 'user-agent': 'agent' },
      queryStringParameters: { parameter1: 'value1,value2', parameter2: 'a b' },
      requestContext: {
        accountId: '000000000000',
        apiId: 'a1b2c3d4e5',
        authorizer: {
          iam: {
            accessKey: 'test',
            accountId: '000000000000',
            callerId: '000000000000',
            cognitoIdentity: null,
            principalOrgId: null,
            userArn: 'arn:aws:iam::000000000000:root',
            userId: '000000000000',
          },
        },
        domainName: 'a1b2c3d4e5.execute-api.us-east-1.amazonaws.com',
        domainPrefix: 'a1b2c3d4e5',
        http: {
          method: 'POST',
          path: '/my path/é',
          protocol: 'HTTP/1.1',
          sourceIp: '127.0.0.1',
          userAgent: 'agent',
        },
        requestId: 'JKJaXmPLvHcESHA=',
        routeKey: 'POST /{a}/{b}',
        stage: '$default',
        time: '12/Mar/2020:19:03:58 +0000',
        timeEpoch: 1_584_039_838_390,
      },
      pathParameters: { a: 'my path', b: 'é' },
      body: 'Hello',
      isBase64Encoded: false,
    });
  });

  it('leaves out what the request does not have', () => {
    const event = proxyEvent({ ...REQUEST, query: '', cookies: [] }, Buffer.alloc(0), {
      routeKey: '$default',
      pathParameters: null,
      caller: null,
    });
    expect(Object.keys(event)).toEqual([
      'version',
      'routeKey',
      'rawPath',
      'rawQueryString',
      'headers',
      'requestContext',
      'isBase64Encoded',
    ]);
    expect(event['requestContext']).not.toHaveProperty('authorizer');
  });

  it.each([
    ['application/json', false],
    ['APPLICATION/JSON; charset=utf-8', false],
    ['text/csv', false],
    ['application/xml', false],
    ['application/javascript', false],
    ['application/x-ndjson', true],
    ['application/problem+json', true],
    ['application/x-www-form-urlencoded', true],
    ['application/octet-stream', true],
    [undefined, true],
  ])('holds a body of type %s as base64: %s', (contentType, isBase64) => {
    const headers: Record<string, string> =
      contentType === undefined ? {} : { 'content-type': contentType };
    expect(eventOf({ headers })).toMatchObject({
      isBase64Encoded: isBase64,
      body: isBase64 ? 'SGVsbG8=' : 'Hello',
    });
  });

  it('names the session of a role', () => {
    const roleArn = 'arn:aws:iam::000000000000:role/client';
    const principal = {
      kind: 'role',
      roleName: 'client',
      roleArn,
      arn: 'arn:aws:sts::000000000000:assumed-role/client/me',
    } as const;
    const event = proxyEvent(REQUEST, Buffer.alloc(0), {
      routeKey: '$default',
      pathParameters: null,
      caller: { accessKeyId: 'ASIA1', principal },
    });
    expect(event['requestContext']).toMatchObject({
      authorizer: {
        iam: {
          accessKey: 'ASIA1',
          userArn: principal.arn,
          userId: expect.stringMatching(/^AROA[0-9A-F]{17}:me$/),
        },
      },
    });
  });
});

describe('the headers of a request', () => {
  it('are in lower case, joined by commas, without cookies and connection headers', () => {
    const request = {
      rawHeaders: [
        'Host',
        'h',
        'X-A',
        '1',
        'x-a',
        '2',
        'Cookie',
        'a=1; b=2',
        'Connection',
        'close',
        'X-Forwarded-For',
        '10.0.0.1',
      ],
      socket: { localPort: 4566 },
    } as unknown as IncomingMessage;
    expect(readHeaders(request, { sourceIp: '127.0.0.1', traceId: '1-2-3' })).toEqual({
      cookies: ['a=1', 'b=2'],
      headers: {
        host: 'h',
        'x-a': '1,2',
        'x-amzn-trace-id': 'Root=1-2-3',
        'x-forwarded-for': '10.0.0.1, 127.0.0.1',
        'x-forwarded-port': '4566',
        'x-forwarded-proto': 'http',
      },
    });
  });

  it('take the host of HTTP/2 from its pseudo header', () => {
    const request = { rawHeaders: [':authority', 'h', ':path', '/', ':method', 'GET'] };
    const { headers } = readHeaders(request as unknown as IncomingMessage, {
      sourceIp: '::1',
      traceId: 't',
    });
    expect(headers).toMatchObject({ host: 'h' });
    expect(Object.keys(headers).some((name) => name.startsWith(':'))).toBe(false);
  });
});

describe('the time of a request', () => {
  it('is that of Apache’s common log', () => {
    expect(formatRequestTime(Date.UTC(2026, 11, 1, 0, 0, 5))).toBe('01/Dec/2026:00:00:05 +0000');
  });
});
