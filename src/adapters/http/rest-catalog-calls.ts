import { SluiceError } from '#core/errors.ts';
import { parseBigintJson } from '#core/iceberg/spec/bigint-json.ts';
import { asObject, type JsonObject } from '#core/iceberg/spec/json-field.ts';

/** A request before it is authorized. */
export interface RestCatalogRequest {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
}

/**
 * Headers that authorize a request: a bearer token, an OAuth2 token, a signature. `isRejected` says that the server
 * did not take what the last call gave (401, 419), so that a token has to be fetched anew.
 */
export type RestCatalogAuth = (
  request: RestCatalogRequest,
  options: { readonly isRejected: boolean },
) => Promise<Readonly<Record<string, string>>>;

export interface RestCatalogOptions {
  /** What stands in front of `/v1`, such as `https://glue.eu-central-1.amazonaws.com/iceberg`. */
  readonly uri: string;
  /** Which catalog of the server; for Glue the account. */
  readonly warehouse?: string;
  readonly auth: RestCatalogAuth | null;
  /** Of one request with its answer. */
  readonly requestTimeoutMs: number;
  /** Of one answer, which holds a table's metadata. @default 256 MiB */
  readonly maxAnswerBytes?: number;
}

export interface RestCatalogAnswer {
  readonly status: number;
  /** Null when the server gives none. */
  readonly etag: string | null;
  /** Null for what is no JSON object. */
  readonly body: JsonObject | null;
  /** What the server says of a refusal, cut; empty for a success. */
  readonly message: string;
}

/** What the server says of itself. Source: Iceberg REST catalog API, CatalogConfig. */
interface CatalogConfig {
  /** In front of every path but the config's own, with a slash at the end; empty for none. */
  readonly prefix: string;
  /** Null: the server does not say what it serves. */
  readonly endpoints: readonly string[] | null;
  readonly takesIdempotencyKey: boolean;
}

export interface RestCatalogCalls {
  /** Asked once. Throws SOURCE_UNAVAILABLE, and asks again the next time. */
  config(): Promise<CatalogConfig>;
  /**
   * One request, one answer, whatever it is; `path` starts below the prefix. Only a request that was not authorized is
   * sent a second time. Throws SOURCE_UNAVAILABLE when there is no whole answer: whether the server acted is not known.
   */
  send(
    method: 'GET' | 'POST',
    path: string,
    options?: {
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string;
    },
  ): Promise<RestCatalogAnswer>;
}

const DEFAULT_MAX_ANSWER_BYTES = 256 * 1024 * 1024;
const MAX_MESSAGE_LENGTH = 300;
const NOT_AUTHORIZED: ReadonlySet<number> = new Set([401, 419]);

/** Requests to an Iceberg REST catalog. Source: Iceberg REST catalog API (OpenAPI). */
export function createRestCatalogCalls(options: RestCatalogOptions): RestCatalogCalls {
  const root = `${options.uri.replace(/\/+$/, '')}/v1/`;
  let config: Promise<CatalogConfig> | null = null;
  const loadConfig = (): Promise<CatalogConfig> => {
    config ??= readConfig(root, options).catch((error: unknown) => {
      config = null;
      throw error;
    });
    return config;
  };
  return {
    config: loadConfig,
    async send(method, path, { headers = {}, body } = {}) {
      const { prefix } = await loadConfig();
      const request = {
        method,
        url: `${root}${prefix}${path}`,
        headers: {
          accept: 'application/json',
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        body: body ?? null,
      };
      return exchange(request, options);
    },
  };
}

/** One name as part of a path. Throws USAGE for what a URL would resolve or cannot hold. */
export function pathSegment(name: string): string {
  if (name !== '' && name !== '.' && name !== '..' && name.isWellFormed()) {
    return encodeURIComponent(name);
  }
  throw new SluiceError(
    'USAGE',
    `REST catalog: expected a database or table name other than "", "." and "..", got ${JSON.stringify(name)}`,
  );
}

export function unavailable(what: string, reason: string, cause?: unknown): SluiceError {
  return new SluiceError('SOURCE_UNAVAILABLE', `REST catalog: ${what}: ${reason}`, { cause });
}

async function readConfig(root: string, options: RestCatalogOptions): Promise<CatalogConfig> {
  const query =
    options.warehouse === undefined
      ? ''
      : `?${new URLSearchParams({ warehouse: options.warehouse })}`;
  const headers = { accept: 'application/json' };
  const request = { method: 'GET' as const, url: `${root}config${query}`, headers, body: null };
  const { status, body, message } = await exchange(request, options);
  if (status !== 200 || body === null) {
    throw unavailable(
      'config',
      `answered with ${status} ${message}; check the URI, the warehouse and the credentials`,
    );
  }
  const overrides = mapOf(body['overrides']);
  const prefix = overrides['prefix'] ?? mapOf(body['defaults'])['prefix'] ?? '';
  const endpoints = body['endpoints'];
  return {
    prefix: checkedPrefix(typeof prefix === 'string' ? prefix : ''),
    endpoints: Array.isArray(endpoints) ? endpoints.map(String) : null,
    takesIdempotencyKey: typeof body['idempotency-key-lifetime'] === 'string',
  };
}

/** The server's word becomes part of a URL that carries credentials. */
function checkedPrefix(prefix: string): string {
  const trimmed = prefix.replace(/^\/+|\/+$/g, '');
  if (trimmed === '') return '';
  const segments = trimmed.split('/');
  const isPath = segments.every(
    (each) => /^[\w.~%!$&'()*+,;=:@-]+$/.test(each) && !/^(\.|%2e){1,2}$/i.test(each),
  );
  if (isPath) return `${trimmed}/`;
  throw unavailable('config', `expected a prefix that is a path, got ${JSON.stringify(prefix)}`);
}

async function exchange(
  request: RestCatalogRequest,
  options: RestCatalogOptions,
): Promise<RestCatalogAnswer> {
  const first = await sendOnce(request, { ...options, isRejected: false });
  if (!NOT_AUTHORIZED.has(first.status) || options.auth === null) return first;
  // Refused before anything was done; a token may have run out.
  return sendOnce(request, { ...options, isRejected: true });
}

async function sendOnce(
  request: RestCatalogRequest,
  options: RestCatalogOptions & { readonly isRejected: boolean },
): Promise<RestCatalogAnswer> {
  const { method, url, body } = request;
  const authorization = (await options.auth?.(request, options)) ?? {};
  const what = `${method} ${new URL(url).pathname}`;
  try {
    const response = await fetch(url, {
      method,
      headers: { ...request.headers, ...authorization },
      // A redirect would take the credentials to another host.
      redirect: 'manual',
      signal: AbortSignal.timeout(options.requestTimeoutMs),
      ...(body === null ? {} : { body }),
    });
    const text = await readText(response, options.maxAnswerBytes ?? DEFAULT_MAX_ANSWER_BYTES);
    const answer = parseAnswer(text);
    return {
      status: response.status,
      etag: response.headers.get('etag'),
      body: answer,
      message: response.ok ? '' : messageOf(answer),
    };
  } catch (error) {
    throw unavailable(what, reasonOf(error), error);
  }
}

async function readText(response: Response, maxBytes: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body ?? []) {
    length += chunk.byteLength;
    if (length > maxBytes) throw new Error(`an answer of more than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, length).toString('utf8');
}

/** Null for what is no JSON object: a proxy's page, for instance. */
function parseAnswer(text: string): JsonObject | null {
  try {
    return asObject(parseBigintJson(text), '');
  } catch {
    return null;
  }
}

/** Source: Iceberg REST catalog API, IcebergErrorResponse. */
function messageOf(body: JsonObject | null): string {
  const { type, message } = mapOf(body?.['error']);
  return [type, message]
    .filter((part) => typeof part === 'string')
    .join(': ')
    .slice(0, MAX_MESSAGE_LENGTH);
}

function mapOf(value: unknown): JsonObject {
  return typeof value === 'object' && value !== null ? (value as JsonObject) : {};
}

/** `fetch failed` hides the reason in its cause. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  return cause instanceof Error ? `${error.message}: ${cause.message}` : error.message;
}
