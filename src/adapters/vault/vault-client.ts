import type { Clock, Random } from '#ports/clock.ts';

/** A call of Vault's HTTP API. */
export interface VaultRequest {
  readonly method: 'GET' | 'POST';
  /** Below `/v1/`, encoded. */
  readonly path: string;
  readonly token: string | null;
  readonly body?: unknown;
}

export type VaultAnswer =
  | { readonly kind: 'answer'; readonly status: number; readonly body: unknown }
  /** Nothing usable came back after all attempts; the reason holds nothing that was sent. */
  | { readonly kind: 'unreachable'; readonly reason: string };

export interface VaultConnection {
  /** `https://vault.example.com:8200` */
  readonly address: string;
  readonly namespace: string | null;
  /** @default global fetch */
  readonly fetch?: typeof fetch;
  readonly clock: Pick<Clock, 'sleep'>;
  readonly random: Pick<Random, 'next'>;
  /** Of one attempt. @default 5000 */
  readonly timeoutMs?: number;
}

const TIMEOUT_MS = 5_000;
const MAX_ATTEMPTS = 4;
const FIRST_DELAY_MS = 200;
const MAX_DELAY_MS = 5_000;
/** KV stores at most 1 MiB; more is no answer of Vault. */
const MAX_BODY_BYTES = 2_000_000;

/**
 * Calls Vault; repeats with backoff and jitter what is worth repeating: no answer, 412 (a standby that is behind), 429
 * and 5xx (sealed, overloaded). Source: Vault documentation, HTTP API, "HTTP status codes".
 */
export async function callVault(
  connection: VaultConnection,
  request: VaultRequest,
): Promise<VaultAnswer> {
  for (let attempt = 1; ; attempt++) {
    const answer = await tryCall(connection, request);
    const isFinal = answer.kind === 'answer' && !isWorthRepeating(answer.status);
    if (isFinal || attempt === MAX_ATTEMPTS) return withoutHeaders(answer);
    const backoffMs = FIRST_DELAY_MS * 2 ** (attempt - 1) * (0.5 + connection.random.next() / 2);
    const askedMs = answer.kind === 'answer' ? answer.retryAfterMs : 0;
    await connection.clock.sleep(Math.min(MAX_DELAY_MS, Math.max(backoffMs, askedMs)));
  }
}

function isWorthRepeating(status: number): boolean {
  return status === 412 || status === 429 || status >= 500;
}

type Attempt =
  | (Extract<VaultAnswer, { kind: 'answer' }> & { readonly retryAfterMs: number })
  | Extract<VaultAnswer, { kind: 'unreachable' }>;

function withoutHeaders(answer: Attempt): VaultAnswer {
  if (answer.kind === 'unreachable') return answer;
  return { kind: 'answer', status: answer.status, body: answer.body };
}

async function tryCall(connection: VaultConnection, request: VaultRequest): Promise<Attempt> {
  const { address, namespace, timeoutMs = TIMEOUT_MS } = connection;
  const send = connection.fetch ?? fetch;
  const init: RequestInit = {
    method: request.method,
    headers: {
      'x-vault-request': 'true',
      ...(request.token === null ? {} : { 'x-vault-token': request.token }),
      ...(namespace === null ? {} : { 'x-vault-namespace': namespace }),
      ...(request.body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
    // fetch would carry the token to wherever the answer points.
    redirect: 'manual',
    signal: AbortSignal.timeout(timeoutMs),
  };
  try {
    const url = new URL(`/v1/${request.path}`, address);
    const first = await send(url, init);
    const target = redirectTarget(first, url);
    const response = target === null ? first : await send(target, init);
    const text = await response.text();
    return {
      kind: 'answer',
      status: response.status,
      body: text.length > MAX_BODY_BYTES ? null : parseJson(text),
      retryAfterMs: 1_000 * Number(response.headers.get('retry-after') ?? 0) || 0,
    };
  } catch (error) {
    return { kind: 'unreachable', reason: reasonOf(error, timeoutMs) };
  }
}

/** A standby sends its clients to the active node, once; never from https to http. */
function redirectTarget(response: Response, from: URL): URL | null {
  const location = response.headers.get('location');
  if (![307, 308].includes(response.status) || location === null) return null;
  const target = new URL(location, from);
  return target.protocol === from.protocol ? target : null;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** The code of the innermost cause; messages of libraries may quote headers. */
function reasonOf(error: unknown, timeoutMs: number): string {
  if (error instanceof Error && error.name === 'TimeoutError')
    return `no answer in ${timeoutMs} ms`;
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  const code = typeof cause === 'object' && cause !== null && 'code' in cause ? cause.code : null;
  return typeof code === 'string' ? code : 'no connection';
}
