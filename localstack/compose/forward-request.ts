import { createHash, createHmac } from 'node:crypto';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { Agent, request as httpRequest, type RequestOptions } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { SignatureV4 } from '@smithy/signature-v4';
import { SluiceError } from '#core/errors.ts';
import { LOCAL_REGION } from '#embedded/services.ts';
import type { DelegableService, DelegateEndpoint } from '#runtime/backend-endpoints.ts';

/** A request to be sent on in the local cloud's own name. */
export interface ForwardedRequest {
  readonly method: string;
  /** Percent-encoded the way signatures encode it. */
  readonly path: string;
  /** Decoded. */
  readonly query: ReadonlyMap<string, string>;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** Bytes as they go over the wire. */
  readonly body: AsyncIterable<Uint8Array> | Uint8Array;
}

/** Sends requests to one program that serves a service, signed with its key. */
export interface Forwarder {
  /** Answer of the program, its body not read yet. Throws SOURCE_UNAVAILABLE when it does not answer. */
  send(request: ForwardedRequest): Promise<IncomingMessage>;
  close(): void;
}

/** Of one connection or of the caller's own signature. Source: RFC 9110 §7.6.1; AWS Signature Version 4. */
const NOT_FORWARDED = new Set([
  'authorization',
  'connection',
  'expect',
  'host',
  'http2-settings',
  'keep-alive',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'transfer-encoding',
  'upgrade',
  'x-amz-date',
  'x-amz-security-token',
]);
const SILENCE_TIMEOUT_MS = 60_000;

export function createForwarder(service: DelegableService, endpoint: DelegateEndpoint): Forwarder {
  const url = new URL(endpoint.url);
  const agent = new Agent({ keepAlive: true, maxSockets: 100 });
  const signer = new SignatureV4({
    service,
    region: LOCAL_REGION,
    credentials: endpoint,
    sha256: Sha256,
    // S3 encodes a path once, the others once more.
    uriEscapePath: service !== 's3',
  });
  return {
    async send(request) {
      const headers: Record<string, string> = { host: url.host };
      for (const [name, value] of Object.entries(request.headers)) {
        if (value === undefined || name.startsWith(':') || NOT_FORWARDED.has(name)) continue;
        headers[name] = value;
      }
      const signed = await signer.sign({
        method: request.method,
        protocol: url.protocol,
        hostname: url.hostname,
        port: Number(url.port || 80),
        path: request.path,
        query: Object.fromEntries(request.query),
        headers,
        body: request.body,
      });
      const target = { host: url.hostname, port: Number(url.port || 80), agent };
      const path = request.path + queryText(request.query);
      try {
        return await exchange(
          { ...target, path, method: request.method, headers: signed.headers },
          request.body,
        );
      } catch (cause) {
        throw new SluiceError(
          'SOURCE_UNAVAILABLE',
          `${service} is served by ${endpoint.url}, which does not answer (${(cause as Error).message}); start it again`,
          { cause },
        );
      }
    },
    close: () => agent.destroy(),
  };
}

/** Passes an answer on; `body` in place of its own where that was read already. */
export async function passAnswer(
  answer: IncomingMessage,
  response: ServerResponse,
  body?: Uint8Array,
): Promise<void> {
  response.writeHead(answer.statusCode ?? 502, forwardable(answer.headers));
  if (body !== undefined) response.end(body);
  else await pipeline(answer, response);
}

/** A whole answer, for the small ones. */
export async function readAnswer(answer: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of answer) pieces.push(piece as Buffer);
  return Buffer.concat(pieces);
}

function forwardable(headers: IncomingHttpHeaders): Record<string, string | string[]> {
  const kept: Record<string, string | string[]> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined && !NOT_FORWARDED.has(name)) kept[name] = value;
  }
  return kept;
}

function exchange(
  target: RequestOptions,
  body: ForwardedRequest['body'],
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(target, resolve);
    request.setTimeout(SILENCE_TIMEOUT_MS, () =>
      request.destroy(new Error(`no answer in ${SILENCE_TIMEOUT_MS / 1000} s`)),
    );
    request.on('error', reject);
    if (body instanceof Uint8Array) request.end(body);
    else pipeline(body, request).catch(reject);
  });
}

function queryText(query: ReadonlyMap<string, string>): string {
  const pairs = [...query].map(([name, value]) => `${encode(name)}=${encode(value)}`);
  return pairs.length === 0 ? '' : `?${pairs.join('&')}`;
}

/** Every byte but letters, digits and `-._~`, as signatures want it. */
export function encode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** The hash function the signer is given. */
class Sha256 {
  #hash: ReturnType<typeof createHash>;
  readonly #secret: Parameters<typeof createHmac>[1] | undefined;

  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#secret = secret === undefined ? undefined : toBytes(secret);
    this.#hash = this.#start();
  }

  update(data: string | ArrayBuffer | ArrayBufferView): void {
    this.#hash.update(toBytes(data));
  }

  digest(): Promise<Uint8Array> {
    return Promise.resolve(this.#hash.digest());
  }

  reset(): void {
    this.#hash = this.#start();
  }

  #start(): ReturnType<typeof createHash> {
    // Both kinds of hash are fed and asked the same way.
    return this.#secret === undefined
      ? createHash('sha256')
      : (createHmac('sha256', this.#secret) as ReturnType<typeof createHash>);
  }
}

function toBytes(data: string | ArrayBuffer | ArrayBufferView): Uint8Array {
  if (typeof data === 'string') return Buffer.from(data);
  return ArrayBuffer.isView(data)
    ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    : new Uint8Array(data);
}
