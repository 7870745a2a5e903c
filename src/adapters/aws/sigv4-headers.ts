import { createHash, createHmac } from 'node:crypto';
import { SignatureV4 } from '@smithy/signature-v4';

interface SigningCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/**
 * Signs requests of clients that are not the SDK's, such as those to Glue's Iceberg REST endpoint (service `glue`) or
 * that of S3 Tables (`s3tables`): gives the headers to send along. Source: AWS Signature Version 4.
 */
export function createSigV4Headers(options: {
  readonly region: string;
  readonly service: string;
  readonly credentials: () => Promise<SigningCredentials>;
  readonly nowMs: () => number;
}): (request: {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
}) => Promise<Readonly<Record<string, string>>> {
  const { region, service, credentials, nowMs } = options;
  const signer = new SignatureV4({ region, service, credentials, sha256: Sha256 });
  return async ({ method, url, headers, body }) => {
    const { protocol, hostname, host, pathname, searchParams } = new URL(url);
    const signed = await signer.sign(
      {
        method,
        protocol,
        hostname,
        path: pathname,
        query: Object.fromEntries(searchParams),
        headers: { ...headers, host },
        body: body ?? '',
      },
      { signingDate: new Date(nowMs()) },
    );
    const { host: _, ...sent } = signed.headers;
    return sent;
  };
}

/** The hash that SignatureV4 takes as a constructor. */
class Sha256 {
  readonly #hash: ReturnType<typeof createHash> | ReturnType<typeof createHmac>;

  constructor(key?: unknown) {
    this.#hash = key === undefined ? createHash('sha256') : createHmac('sha256', toBytes(key));
  }

  update(data: unknown): void {
    this.#hash.update(toBytes(data));
  }

  async digest(): Promise<Uint8Array> {
    return this.#hash.digest();
  }

  reset(): void {
    throw new TypeError('a hash is used once');
  }
}

function toBytes(data: unknown): Uint8Array {
  if (typeof data === 'string') return Buffer.from(data, 'utf8');
  if (data instanceof ArrayBuffer) return new Uint8Array(data);
  if (ArrayBuffer.isView(data)) {
    return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  }
  throw new TypeError(`expected text or bytes to hash, got ${typeof data}`);
}
