import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { SignedRequest } from '#embedded/iam/signature-fields.ts';
import { verifySignature } from '#embedded/iam/verify-signature.ts';
import { KEY, type PlainRequest, type SigningOptions, signRequest } from './sign-request.ts';

const EMPTY = Buffer.alloc(0);
const EMPTY_SHA256 = createHash('sha256').digest('hex');

interface Example {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly authorization: string;
}

function exampleRequest(example: Example): SignedRequest {
  const headers = { ...example.headers, Authorization: example.authorization };
  return { method: example.method, url: example.url, rawHeaders: Object.entries(headers).flat() };
}

/** Source: Amazon S3 API reference, "Signature calculations for the Authorization header", examples. */
describe("Amazon S3's documented examples", () => {
  const secretOf = () => 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY';
  const nowMs = Date.UTC(2013, 4, 24);
  const scope = 'Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request';
  const common = {
    Host: 'examplebucket.s3.amazonaws.com',
    'x-amz-content-sha256': EMPTY_SHA256,
    'x-amz-date': '20130524T000000Z',
  };

  it.each<[string, Example]>([
    [
      'GET of a range',
      {
        method: 'GET',
        url: '/test.txt',
        headers: { ...common, Range: 'bytes=0-9' },
        authorization: `AWS4-HMAC-SHA256 ${scope},SignedHeaders=host;range;x-amz-content-sha256;x-amz-date,Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41`,
      },
    ],
    [
      'PUT with a key that is encoded',
      {
        method: 'PUT',
        url: '/test$file.text',
        headers: {
          ...common,
          Date: 'Fri, 24 May 2013 00:00:00 GMT',
          'x-amz-storage-class': 'REDUCED_REDUNDANCY',
          'x-amz-content-sha256':
            '44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072',
        },
        authorization: `AWS4-HMAC-SHA256 ${scope},SignedHeaders=date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class,Signature=98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd`,
      },
    ],
    [
      'GET of a sub-resource without a value',
      {
        method: 'GET',
        url: '/?lifecycle',
        headers: common,
        authorization: `AWS4-HMAC-SHA256 ${scope},SignedHeaders=host;x-amz-content-sha256;x-amz-date,Signature=fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543`,
      },
    ],
    [
      'listing',
      {
        method: 'GET',
        url: '/?max-keys=2&prefix=J',
        headers: common,
        authorization: `AWS4-HMAC-SHA256 ${scope},SignedHeaders=host;x-amz-content-sha256;x-amz-date,Signature=34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7`,
      },
    ],
    [
      'upload in signed chunks (seed signature)',
      {
        method: 'PUT',
        url: '/examplebucket/chunkObject.txt',
        headers: {
          Host: 's3.amazonaws.com',
          'x-amz-date': '20130524T000000Z',
          'x-amz-storage-class': 'REDUCED_REDUNDANCY',
          'x-amz-content-sha256': 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD',
          'Content-Encoding': 'aws-chunked',
          'x-amz-decoded-content-length': '66560',
          'Content-Length': '66824',
        },
        authorization: `AWS4-HMAC-SHA256 ${scope},SignedHeaders=content-encoding;content-length;host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;x-amz-storage-class,Signature=4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9`,
      },
    ],
  ])('verify: %s', (_, example) => {
    const verified = verifySignature(exampleRequest(example), null, { secretOf, nowMs });
    expect(verified).toEqual({ ok: true, accessKeyId: 'AKIAIOSFODNN7EXAMPLE', sessionToken: null });
  });

  /** Source: Amazon S3 API reference, "Authenticating requests: using query parameters", example. */
  it('verify: presigned URL', () => {
    const url =
      '/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404';
    const request = { method: 'GET', url, rawHeaders: ['Host', 'examplebucket.s3.amazonaws.com'] };
    expect(verifySignature(request, EMPTY, { secretOf, nowMs }).ok).toBe(true);
    const lastMs = nowMs + 86_400_000;
    expect(verifySignature(request, EMPTY, { secretOf, nowMs: lastMs }).ok).toBe(true);
    expect(verifySignature(request, EMPTY, { secretOf, nowMs: lastMs + 1 })).toMatchObject({
      code: 'RequestExpired',
    });
  });
});

/** Source: AWS general reference, Signature Version 4 test suite and the example of its signing steps. */
describe("AWS's documented examples of other services", () => {
  const secretOf = () => 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY';
  const nowMs = Date.UTC(2015, 7, 30, 12, 36);
  const credential = (service: string) =>
    `AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/${service}/aws4_request`;
  const common = { Host: 'example.amazonaws.com', 'X-Amz-Date': '20150830T123600Z' };

  it.each<[string, Example]>([
    [
      'IAM ListUsers',
      {
        method: 'GET',
        url: '/?Action=ListUsers&Version=2010-05-08',
        headers: {
          'Content-Type': 'application/x-www-form-urlencoded; charset=utf-8',
          Host: 'iam.amazonaws.com',
          'X-Amz-Date': '20150830T123600Z',
        },
        authorization: `${credential('iam')}, SignedHeaders=content-type;host;x-amz-date, Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7`,
      },
    ],
    [
      'get-vanilla',
      {
        method: 'GET',
        url: '/',
        headers: common,
        authorization: `${credential('service')}, SignedHeaders=host;x-amz-date, Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31`,
      },
    ],
    [
      'get-slashes',
      {
        method: 'GET',
        url: '//',
        headers: common,
        authorization: `${credential('service')}, SignedHeaders=host;x-amz-date, Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31`,
      },
    ],
    [
      'post-vanilla',
      {
        method: 'POST',
        url: '/',
        headers: common,
        authorization: `${credential('service')}, SignedHeaders=host;x-amz-date, Signature=5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b`,
      },
    ],
  ])('verify: %s', (_, example) => {
    expect(verifySignature(exampleRequest(example), EMPTY, { secretOf, nowMs })).toMatchObject({
      ok: true,
    });
  });
});

const AT_MS = Date.UTC(2026, 0, 2, 3, 4, 5);
const MINUTE_MS = 60_000;
const PLAIN: PlainRequest = {
  method: 'POST',
  path: '/stage/trade/events',
  query: { dry: 'run' },
  headers: { 'content-type': 'application/json', 'x-amz-meta': 'one' },
  body: Buffer.from('[{"price":1}]'),
};
const secretOf = (key: string) => (key === KEY.accessKeyId ? KEY.secretAccessKey : null);

async function sign(
  changes: Partial<PlainRequest> = {},
  options: Partial<SigningOptions> = {},
): Promise<SignedRequest> {
  return await signRequest({ ...PLAIN, ...changes }, { atMs: AT_MS, ...options });
}

function verify(
  request: SignedRequest,
  options: Partial<Parameters<typeof verifySignature>[2]> & { readonly body?: Buffer } = {},
) {
  const { body = PLAIN.body, ...rest } = options;
  return verifySignature(request, body, { secretOf, nowMs: AT_MS, ...rest });
}

/** The request with one header replaced, or without it. */
function withHeader(request: SignedRequest, name: string, value: string | null): SignedRequest {
  const rawHeaders: string[] = value === null ? [] : [name, value];
  for (let index = 0; index < request.rawHeaders.length; index += 2) {
    const [each = '', its = ''] = request.rawHeaders.slice(index, index + 2);
    if (each.toLowerCase() !== name) rawHeaders.push(each, its);
  }
  return { ...request, rawHeaders };
}

describe('verifySignature', () => {
  it.each<[string, (request: SignedRequest) => SignedRequest]>([
    ['another method', (request) => ({ ...request, method: 'PUT' })],
    ['another path', (request) => ({ ...request, url: request.url?.replace('trade', 'quote') })],
    ['another query', (request) => ({ ...request, url: `${request.url}&more=1` })],
    ['a changed header', (request) => withHeader(request, 'x-amz-meta', 'two')],
    ['a header sent twice', (it) => ({ ...it, rawHeaders: [...it.rawHeaders, 'X-Amz-Meta', 'x'] })],
    ['a missing signed header', (request) => withHeader(request, 'content-type', null)],
    ['another host', (request) => withHeader(request, 'host', 'evil.example')],
    ['a path that is no percent-encoding', (request) => ({ ...request, url: '/%zz?a=%' })],
  ])('refuses %s', async (_, change) => {
    expect(verify(change(await sign()))).toMatchObject({ code: 'SignatureDoesNotMatch' });
  });

  it('refuses a changed body, and one whose digest was declared right', async () => {
    const body = Buffer.from('[{"price":2}]');
    expect(verify(await sign(), { body })).toMatchObject({ code: 'SignatureDoesNotMatch' });
    const s3 = await sign({}, { service: 's3' });
    expect(verify(s3).ok).toBe(true);
    expect(verify(s3, { body })).toMatchObject({ code: 'SignatureDoesNotMatch' });
  });

  it('refuses a header of AWS that came in unsigned', async () => {
    expect(verify(withHeader(await sign(), 'x-amz-target', 'Kinesis.PutRecord'))).toMatchObject({
      code: 'SignatureDoesNotMatch',
      message: 'There were headers present in the request which were not signed: x-amz-target',
    });
  });

  it('refuses a wrong secret and an unknown key', async () => {
    expect(verify(await sign({}, { secretAccessKey: 'guess' }))).toMatchObject({
      code: 'SignatureDoesNotMatch',
    });
    expect(verify(await sign({}, { accessKeyId: 'ASIAUNKNOWN' }))).toMatchObject({
      code: 'InvalidClientTokenId',
    });
  });

  it.each([
    ['execute-api', 5],
    ['s3', 15],
  ])('of %s allows %d minutes of clock skew and not a second more', async (service, minutes) => {
    const signed = await sign({}, { service });
    for (const direction of [-1, 1]) {
      const limitMs = AT_MS + direction * minutes * MINUTE_MS;
      expect(verify(signed, { nowMs: limitMs }).ok).toBe(true);
      expect(verify(signed, { nowMs: limitMs + direction * 1000 })).toMatchObject({
        code: 'RequestTimeTooSkewed',
      });
    }
  });

  it('says how far apart the clocks are', async () => {
    expect(verify(await sign(), { nowMs: AT_MS + 6 * MINUTE_MS })).toMatchObject({
      message:
        'Signature expired: 20260102T030405Z is now earlier than 20260102T030505Z (20260102T031005Z - 5 min.)',
    });
  });

  it('refuses a presigned URL after its time, before it, and beyond a week', async () => {
    const plain = { body: EMPTY };
    const signed = await sign(plain, { expiresSeconds: 60 });
    const verifyAt = (nowMs: number) => verify(signed, { ...plain, nowMs });
    expect(verifyAt(AT_MS + MINUTE_MS).ok).toBe(true);
    expect(verifyAt(AT_MS + MINUTE_MS + 1)).toMatchObject({ code: 'RequestExpired' });
    expect(verifyAt(AT_MS - 6 * MINUTE_MS)).toMatchObject({ code: 'RequestTimeTooSkewed' });
    const url = signed.url?.replace('X-Amz-Expires=60', 'X-Amz-Expires=604801');
    expect(verify({ ...signed, url }, plain)).toMatchObject({ code: 'IncompleteSignature' });
  });

  it('refuses a scope of another region or service when one is expected', async () => {
    const signed = await sign();
    expect(verify(signed, { region: 'us-east-1', service: 'execute-api' }).ok).toBe(true);
    expect(verify(signed, { region: 'eu-west-1' })).toMatchObject({
      message: "Credential should be scoped to a valid region, not 'us-east-1'.",
    });
    expect(verify(signed, { service: 's3' })).toMatchObject({
      message: "Credential should be scoped to correct service: 's3'.",
    });
  });

  it.each([
    ['Bearer token', 'Bearer abc'],
    ['another algorithm', 'AWS4-ECDSA-P256-SHA256 Credential=a/20260102/s3/aws4_request'],
    ['Signature Version 2', 'AWS key:c2ln'],
    [
      'a scope without a service',
      `AWS4-HMAC-SHA256 Credential=test-key/20260102/aws4_request, SignedHeaders=host, Signature=${'0'.repeat(64)}`,
    ],
    [
      'a scope of another day',
      `AWS4-HMAC-SHA256 Credential=test-key/20260103/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=${'0'.repeat(64)}`,
    ],
  ])('calls %s an incomplete signature', async (_, authorization) => {
    expect(verify(withHeader(await sign(), 'authorization', authorization))).toMatchObject({
      code: 'IncompleteSignature',
    });
  });

  it('asks S3 clients for the digest header', async () => {
    const signed = withHeader(await sign({}, { service: 's3' }), 'x-amz-content-sha256', null);
    expect(verify(signed).ok).toBe(false);
    const odd = withHeader(signed, 'x-amz-content-sha256', 'TRUST-ME');
    expect(verify(odd)).toMatchObject({ code: 'IncompleteSignature' });
  });

  it('takes the time from the Date header when there is no other', async () => {
    const signed = withHeader(await sign(), 'x-amz-date', null);
    const dated = withHeader(signed, 'date', new Date(AT_MS - 6 * MINUTE_MS).toUTCString());
    expect(verify(dated)).toMatchObject({ code: 'RequestTimeTooSkewed' });
  });

  it('says that a request is not signed at all', () => {
    const request = { method: 'GET', url: '/', rawHeaders: ['host', '127.0.0.1'] };
    expect(verify(request)).toMatchObject({ code: 'MissingAuthenticationToken' });
  });

  it('takes the authority of HTTP/2 for the host', async () => {
    const authority = [':authority', '127.0.0.1:4566'];
    const signed = withHeader(await sign(), 'host', null);
    const http2 = { ...signed, rawHeaders: [...authority, ...signed.rawHeaders] };
    expect(verify(http2).ok).toBe(true);
    expect(verify({ ...http2, rawHeaders: signed.rawHeaders }).ok).toBe(false);
  });

  it('refuses a signature that leaves the host out', async () => {
    const signed = await sign();
    const authorization = signed.rawHeaders.find((each) => each.startsWith('AWS4-')) ?? '';
    const without = authorization.replace('content-type;host;', 'content-type;');
    expect(without).not.toBe(authorization);
    expect(verify(withHeader(signed, 'authorization', without))).toMatchObject({
      code: 'SignatureDoesNotMatch',
      message: 'There were headers present in the request which were not signed: host',
    });
  });
});
