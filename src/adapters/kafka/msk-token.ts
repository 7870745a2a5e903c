import { createHash, createHmac } from 'node:crypto';
import { SignatureV4 } from '@smithy/signature-v4';

/** Tokens for SASL/OAUTHBEARER; one is asked for per connection. */
export interface MskTokenSource {
  token(): Promise<string>;
}

export interface MskCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** The longest MSK takes. Source: Amazon MSK developer guide, "IAM access control", aws-msk-iam-sasl-signer. */
const VALID_SECONDS = 900;
const USER_AGENT = 'sluice';

/**
 * Makes the token that MSK's IAM access control takes: a presigned request of the action `kafka-cluster:Connect`,
 * in base64url without padding. Source: Amazon MSK developer guide, "IAM access control" (aws-msk-iam-sasl-signer).
 */
export function createMskTokenSource(options: {
  readonly region: string;
  readonly credentials: () => Promise<MskCredentials>;
  readonly nowMs: () => number;
}): MskTokenSource {
  const { region, credentials, nowMs } = options;
  const hostname = `kafka.${region}.amazonaws.com`;
  const signer = new SignatureV4({
    service: 'kafka-cluster',
    region,
    credentials,
    sha256: Sha256,
  });
  return {
    async token() {
      const { headers, query, ...request } = await signer.presign(
        {
          method: 'GET',
          protocol: 'https:',
          hostname,
          path: '/',
          headers: { host: hostname },
          query: { Action: 'kafka-cluster:Connect' },
        },
        { expiresIn: VALID_SECONDS, signingDate: new Date(nowMs()) },
      );
      const url = new URL(`${request.protocol}//${hostname}${request.path}`);
      for (const [name, value] of Object.entries(query ?? {})) {
        url.searchParams.set(name, String(value));
      }
      // Not signed; it tells AWS who asks.
      url.searchParams.set('User-Agent', USER_AGENT);
      return Buffer.from(url.toString()).toString('base64url');
    },
  };
}

/** The hash that SignatureV4 takes as a constructor. */
class Sha256 {
  readonly #key: Uint8Array | null;
  readonly #parts: Uint8Array[] = [];

  constructor(key?: unknown) {
    this.#key = key === undefined ? null : toBytes(key);
  }

  update(data: unknown): void {
    this.#parts.push(toBytes(data));
  }

  async digest(): Promise<Uint8Array> {
    const hash = this.#key === null ? createHash('sha256') : createHmac('sha256', this.#key);
    for (const part of this.#parts) hash.update(part);
    return hash.digest();
  }

  reset(): void {
    this.#parts.length = 0;
  }
}

function toBytes(data: unknown): Uint8Array {
  if (typeof data === 'string') return Buffer.from(data, 'utf8');
  if (data instanceof ArrayBuffer) return new Uint8Array(data);
  if (ArrayBuffer.isView(data))
    return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  throw new TypeError(`expected text or bytes to hash, got ${typeof data}`);
}
