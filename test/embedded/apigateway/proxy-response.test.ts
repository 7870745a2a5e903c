import { describe, expect, it } from 'vitest';
import { readProxyResponse } from '#embedded/apigateway/proxy-response.ts';

function read(answer: unknown) {
  const response = readProxyResponse(Buffer.from(JSON.stringify(answer)));
  return response === null ? null : { ...response, body: response.body.toString('utf8') };
}

describe('the answer of a function', () => {
  it('is a response when it has a status code', () => {
    const answer = {
      statusCode: 207,
      headers: { 'Content-Type': 'application/json', 'X-Count': 3, 'Content-Length': '9' },
      cookies: ['a=1', 'b=2'],
      body: '{"ok":true}',
    };
    expect(read(answer)).toEqual({
      status: 207,
      headers: {
        'content-type': 'application/json',
        'x-count': '3',
        'set-cookie': ['a=1', 'b=2'],
      },
      body: '{"ok":true}',
    });
  });

  it('is text unless its headers say otherwise', () => {
    expect(read({ statusCode: 200 })).toEqual({
      status: 200,
      headers: { 'content-type': 'text/plain;charset=UTF-8' },
      body: '',
    });
  });

  it('may be bytes as base64', () => {
    expect(read({ statusCode: 200, body: 'SGVsbG8=', isBase64Encoded: true })?.body).toBe('Hello');
  });

  it.each([
    ['Hello from Lambda!', 'Hello from Lambda!'],
    [{ message: 'Hello' }, '{"message":"Hello"}'],
    [[1, 2], '[1,2]'],
    [null, 'null'],
  ])('is itself the body when it has none: %j', (answer, body) => {
    expect(read(answer)).toEqual({
      status: 200,
      headers: { 'content-type': 'application/json' },
      body,
    });
  });

  it.each([
    [{ statusCode: 'many' }],
    [{ statusCode: 99 }],
    [{ statusCode: 101 }],
    [{ statusCode: 600 }],
    [{ statusCode: 200, body: { a: 1 } }],
    [{ statusCode: 200, headers: { 'x y': '1' } }],
    [{ statusCode: 200, headers: { x: 'a\r\nset-cookie: b' } }],
    [{ statusCode: 200, headers: [] }],
    [{ statusCode: 200, cookies: ['a\nb'] }],
    [{ statusCode: 200, cookies: 'a' }],
  ])('is no response: %j', (answer) => {
    expect(read(answer)).toBeNull();
  });

  it('is no response when it is no JSON', () => {
    expect(readProxyResponse(Buffer.from(''))).toBeNull();
    expect(readProxyResponse(Buffer.from('{'))).toBeNull();
  });
});
