import { createHash, createHmac, type Hash, type Hmac } from 'node:crypto';
import { SignatureV4 } from '@smithy/signature-v4';
import type { SignedRequest } from '#embedded/iam/signature-fields.ts';

export interface PlainRequest {
  readonly method: string;
  /** As sent: percent-encoded. */
  readonly path: string;
  readonly query: Readonly<Record<string, string | string[]>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

export interface SigningOptions {
  readonly accessKeyId?: string;
  readonly secretAccessKey?: string;
  readonly sessionToken?: string;
  readonly service?: string;
  readonly region?: string;
  /** Epoch milliseconds. */
  readonly atMs: number;
  /** Makes a presigned URL. */
  readonly expiresSeconds?: number;
}

export const KEY = { accessKeyId: 'test-key', secretAccessKey: 'test-secret' };

/** The digest that the signer asks for, by node:crypto. */
class Sha256 {
  readonly #hash: Hash | Hmac;

  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash =
      secret === undefined ? createHash('sha256') : createHmac('sha256', bytesOf(secret));
  }

  update(data: string | ArrayBuffer | ArrayBufferView): void {
    this.#hash.update(bytesOf(data));
  }

  async digest(): Promise<Uint8Array> {
    return this.#hash.digest();
  }

  reset(): void {
    throw new Error('the signer digests once');
  }
}

function bytesOf(data: string | ArrayBuffer | ArrayBufferView): Buffer {
  if (typeof data === 'string') return Buffer.from(data);
  return ArrayBuffer.isView(data)
    ? Buffer.from(data.buffer, data.byteOffset, data.byteLength)
    : Buffer.from(data);
}

/** Signs a request with the signer of the AWS SDK, and returns it as it goes over the wire. */
export async function signRequest(
  request: PlainRequest,
  options: SigningOptions,
): Promise<SignedRequest> {
  const { service = 'execute-api', region = 'us-east-1' } = options;
  const { accessKeyId, secretAccessKey } = { ...KEY, ...options };
  const { sessionToken } = options;
  const signer = new SignatureV4({
    credentials: { accessKeyId, secretAccessKey, ...(sessionToken ? { sessionToken } : {}) },
    region,
    service,
    sha256: Sha256,
    uriEscapePath: service !== 's3',
  });
  const toSign = {
    ...request,
    protocol: 'http:',
    hostname: '127.0.0.1',
    headers: { host: '127.0.0.1:4566', ...request.headers },
    query: { ...request.query },
  };
  const signingDate = new Date(options.atMs);
  const signed =
    options.expiresSeconds === undefined
      ? await signer.sign(toSign, { signingDate })
      : await signer.presign(toSign, { signingDate, expiresIn: options.expiresSeconds });
  return {
    method: signed.method,
    url: `${signed.path}${queryText(signed.query ?? {})}`,
    rawHeaders: Object.entries(signed.headers).flat(),
  };
}

function queryText(query: Readonly<Record<string, string | readonly string[] | null>>): string {
  const pairs = Object.entries(query).flatMap(([name, value]) =>
    [value ?? ''].flat().map((each) => `${encodeURIComponent(name)}=${encodeURIComponent(each)}`),
  );
  return pairs.length === 0 ? '' : `?${pairs.join('&')}`;
}
