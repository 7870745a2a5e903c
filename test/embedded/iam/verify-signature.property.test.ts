import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SignedRequest } from '#embedded/iam/signature-fields.ts';
import { verifySignature } from '#embedded/iam/verify-signature.ts';
import { KEY, type PlainRequest, type SigningOptions, signRequest } from './sign-request.ts';

const AT_MS = Date.UTC(2026, 0, 2, 3, 4, 5);
const secretOf = (key: string) => (key === KEY.accessKeyId ? KEY.secretAccessKey : null);

/** Any text that UTF-8 can write. */
const text = fc.string({ unit: 'grapheme', maxLength: 8 }).map((each) => each.toWellFormed());
const segment = fc.oneof(
  text,
  fc.constantFrom('', '.', '..', 'a b', 'a+b', "!'()*", 'a%2Fb', 'ü~.-_', '日本', ';=&@:$,?#'),
);
/** Encoded as the SDK encodes labels: everything that is not unreserved. */
const path = fc
  .array(segment, { maxLength: 5 })
  .map((segments) => `/${segments.map(encodeLabel).join('/')}`);
const query = fc.dictionary(
  text.filter((name) => name !== '' && !/^x-amz-/i.test(name)),
  fc.oneof(text, fc.array(text, { minLength: 1, maxLength: 3 })),
  { maxKeys: 4, noNullPrototype: true },
);
const headerName = fc.stringMatching(/^[a-z][a-z0-9-]{0,10}$/).map((name) => `z-${name}`);
const headerValue = fc.string({ unit: 'grapheme-ascii', maxLength: 20 });
const request: fc.Arbitrary<PlainRequest> = fc.record({
  method: fc.constantFrom('GET', 'PUT', 'POST', 'DELETE', 'HEAD', 'PATCH'),
  path,
  query,
  headers: fc.dictionary(headerName, headerValue, { maxKeys: 4, noNullPrototype: true }),
  body: fc.uint8Array({ maxLength: 64 }).map((bytes) => Buffer.from(bytes)),
});
const signing: fc.Arbitrary<Omit<SigningOptions, 'atMs'>> = fc.record({
  service: fc.constantFrom('execute-api', 's3', 'kinesis'),
  sessionToken: fc.constantFrom('', 'token+/='),
});

function encodeLabel(label: string): string {
  return encodeURIComponent(label).replace(/[!'()*]/g, (each) =>
    `%${each.charCodeAt(0).toString(16)}`.toUpperCase(),
  );
}

/** What Node's server makes of header values: blanks around them are gone. */
function received(signed: SignedRequest): SignedRequest {
  return { ...signed, rawHeaders: signed.rawHeaders.map((each) => each.trim()) };
}

describe('verifySignature, against the signer of the AWS SDK', () => {
  it('accepts whatever it signs in the Authorization header', async () => {
    await fc.assert(
      fc.asyncProperty(request, signing, async (plain, options) => {
        const signed = received(await signRequest(plain, { ...options, atMs: AT_MS }));
        expect(verifySignature(signed, plain.body, { secretOf, nowMs: AT_MS })).toMatchObject({
          ok: true,
          accessKeyId: KEY.accessKeyId,
          sessionToken: options.sessionToken || null,
        });
      }),
      { numRuns: 300 },
    );
  });

  it('accepts whatever it presigns', async () => {
    await fc.assert(
      fc.asyncProperty(request, signing, async (plain, options) => {
        const presigning = { ...options, atMs: AT_MS, expiresSeconds: 60 };
        // S3's presigner leaves the body out of the signature.
        const unsigned = { 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' };
        const isS3 = options.service === 's3';
        const headers = isS3 ? { ...plain.headers, ...unsigned } : plain.headers;
        const signed = received(await signRequest({ ...plain, headers }, presigning));
        expect(verifySignature(signed, plain.body, { secretOf, nowMs: AT_MS })).toMatchObject({
          ok: true,
        });
      }),
      { numRuns: 200 },
    );
  });

  it('refuses a request that differs in one character of its target', async () => {
    // `/x/..` and `/` are the same path to a signature.
    const settled = request.filter((each) => !/\/\.\.?(\/|$)/.test(each.path));
    await fc.assert(
      fc.asyncProperty(settled, signing, fc.nat(), async (plain, options, seed) => {
        const signed = received(await signRequest(plain, { ...options, atMs: AT_MS }));
        const url = signed.url ?? '';
        const place = 1 + (seed % url.length);
        const changed = { ...signed, url: `${url.slice(0, place)}x${url.slice(place)}` };
        expect(verifySignature(changed, plain.body, { secretOf, nowMs: AT_MS })).toMatchObject({
          ok: false,
        });
      }),
      { numRuns: 200 },
    );
  });

  it('never throws, whatever is sent', () => {
    const raw = fc.record({
      method: fc.string(),
      url: fc.string({ unit: 'binary' }),
      rawHeaders: fc
        .array(
          fc.tuple(
            fc.constantFrom('authorization', 'x-amz-date', 'host', 'Date', 'x-amz-z'),
            fc.oneof(
              fc.string({ unit: 'binary' }),
              fc
                .string()
                .map(
                  (each) =>
                    `AWS4-HMAC-SHA256 Credential=${each}/20260102/us-east-1/s3/aws4_request, SignedHeaders=${each};host, Signature=${'0'.repeat(64)}`,
                ),
              fc.constant('20260102T030405Z'),
            ),
          ),
          { maxLength: 6 },
        )
        .map((pairs) => pairs.flat()),
    });
    fc.assert(
      fc.property(raw, (hostile) => {
        expect(verifySignature(hostile, null, { secretOf, nowMs: AT_MS }).ok).toBe(false);
      }),
      { numRuns: 500 },
    );
  });
});
