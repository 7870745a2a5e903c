import { SluiceError } from '#core/errors.ts';
import type { Clock } from '#ports/clock.ts';

export interface ConfluentRegistryOptions {
  /** Without a slash at the end. */
  readonly url: string;
  readonly auth: { readonly user: string; readonly password: () => Promise<string> } | null;
  readonly clock: Clock;
  /** Of one attempt. */
  readonly requestTimeoutMs: number;
}

/** An answer of the registry, successful or not. */
export interface ConfluentAnswer {
  readonly request: string;
  readonly ok: boolean;
  readonly status: number;
  readonly body: unknown;
  /** `error_code` of a refusal; null when the body has none. */
  readonly errorCode: number | null;
  /** Of a refusal, cut: it may quote the whole schema. */
  readonly message: string;
}

export type ConfluentCall = (
  method: 'GET' | 'POST' | 'PUT',
  path: string,
  body?: Readonly<Record<string, string>>,
) => Promise<ConfluentAnswer>;

const CONTENT_TYPE = 'application/vnd.schemaregistry.v1+json';
const ATTEMPTS = 4;
const RETRY_BASE_MS = 100;
/** A schema is at most a megabyte of JSON text in an answer; more is no registry's. */
const MAX_ANSWER_BYTES = 4 * 1024 * 1024;
const MAX_MESSAGE_LENGTH = 300;

/**
 * Calls that are repeated: every operation of the registry gives the same result the second time.
 * Throws SOURCE_UNAVAILABLE when no attempt is answered, and when the registry refuses the caller.
 */
export function createConfluentCalls(options: ConfluentRegistryOptions): ConfluentCall {
  return async (method, path, body) => {
    let failure: SluiceError | null = null;
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      if (attempt > 0) await options.clock.sleep(RETRY_BASE_MS * 2 ** (attempt - 1));
      try {
        const answer = await callOnce(options, { method, path, body });
        if (answer.status < 500 && answer.status !== 429) return checkAccess(answer);
        failure = unavailable(answer.request, `${answer.status} ${answer.message}`);
      } catch (error) {
        if (error instanceof SluiceError) throw error;
        failure = unavailable(`${method} ${path}`, reasonOf(error), error);
      }
    }
    throw failure ?? unavailable(`${method} ${path}`, 'no attempt was made');
  };
}

interface Request {
  readonly method: string;
  readonly path: string;
  readonly body: Readonly<Record<string, string>> | undefined;
}

async function callOnce(
  { url, auth, requestTimeoutMs }: ConfluentRegistryOptions,
  { method, path, body }: Request,
): Promise<ConfluentAnswer> {
  const headers: Record<string, string> = { accept: `${CONTENT_TYPE}, application/json` };
  if (body !== undefined) headers['content-type'] = CONTENT_TYPE;
  if (auth !== null) {
    const login = Buffer.from(`${auth.user}:${await auth.password()}`, 'utf8').toString('base64');
    headers['authorization'] = `Basic ${login}`;
  }
  const response = await fetch(`${url}${path}`, {
    method,
    headers,
    // A redirect would take the password to another host.
    redirect: 'error',
    signal: AbortSignal.timeout(requestTimeoutMs),
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const answer = parseBody(await readText(response));
  const object = answer as { readonly error_code?: unknown; readonly message?: unknown } | null;
  const { error_code: errorCode, message } = typeof object === 'object' ? (object ?? {}) : {};
  return {
    request: `${method} ${path}`,
    ok: response.ok,
    status: response.status,
    body: answer,
    errorCode: typeof errorCode === 'number' ? errorCode : null,
    message: typeof message === 'string' ? message.slice(0, MAX_MESSAGE_LENGTH) : '',
  };
}

async function readText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body ?? []) {
    length += chunk.byteLength;
    if (length > MAX_ANSWER_BYTES)
      throw new Error(`an answer of more than ${MAX_ANSWER_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, length).toString('utf8');
}

/** Null for what is no JSON: a proxy's page, for instance. */
function parseBody(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function checkAccess(answer: ConfluentAnswer): ConfluentAnswer {
  if (answer.status !== 401 && answer.status !== 403) return answer;
  throw unavailable(
    answer.request,
    `${answer.status} ${answer.message}; check schema_registry.auth`,
  );
}

/** An answer that the API does not have. */
export function unexpected(answer: ConfluentAnswer): SluiceError {
  const { request, status, errorCode, message } = answer;
  const code = errorCode === null ? '' : ` (${errorCode})`;
  if (status >= 400 && status < 500 && status !== 404) {
    return new SluiceError(
      'CONFIG_INVALID',
      `schema registry: ${request} was answered with ${status}${code} ${message}; check schema_registry.url and what it points to`,
    );
  }
  return unavailable(request, `unexpected answer ${status}${code} ${message}`);
}

function unavailable(request: string, reason: string, cause?: unknown): SluiceError {
  return new SluiceError('SOURCE_UNAVAILABLE', `schema registry: ${request}: ${reason}`, { cause });
}

/** `fetch failed` hides the reason in its cause. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  return cause instanceof Error ? `${error.message}: ${cause.message}` : error.message;
}
