import http from 'node:http';
import https from 'node:https';
import { isIP } from 'node:net';
import type { Readable } from 'node:stream';
import { createGunzip, createInflate } from 'node:zlib';
import type { PollPermission } from '#core/config/connector.ts';
import type { PollAnswer } from '#core/poll/poll-answer.ts';
import type { PollRequest } from '#core/poll/poll-request.ts';
import type { HttpClient, HttpLimits } from '#ports/http-client.ts';
import { AddressRefused, addressProblem, guardedLookup } from './address-guard.ts';

export interface NodeHttpClient extends HttpClient {
  /** Ends the connections that are kept open. */
  close(): void;
}

/** HTTP/1.1 over connections that are kept open between requests; TLS as Node checks it. */
export function createHttpClient(): NodeHttpClient {
  const agents = new Map<string, http.Agent>();
  /** One per set of permissions: a kept connection must not serve a connector that may not make it. */
  const agentFor = (protocol: string, allow: readonly PollPermission[]): http.Agent => {
    const key = [protocol, ...allow].join();
    const known = agents.get(key);
    if (known !== undefined) return known;
    const options = { keepAlive: true, maxSockets: 4 };
    const agent = protocol === 'https:' ? new https.Agent(options) : new http.Agent(options);
    agents.set(key, agent);
    return agent;
  };
  return {
    async send(request, limits) {
      const url = new URL(request.url);
      const problem = urlProblem(url, limits.allow);
      if (problem !== null) return { kind: 'refused', reason: problem };
      return exchange(url, request, { ...limits, agent: agentFor(url.protocol, limits.allow) });
    },
    close() {
      for (const agent of agents.values()) agent.destroy();
    },
  };
}

/** What is wrong with a URL before anything is connected to; null when nothing is. */
function urlProblem(url: URL, allow: readonly PollPermission[]): string | null {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return 'expected an http or https URL';
  if (isIP(host) !== 0) {
    const problem = addressProblem(host, allow);
    if (problem !== null) return problem;
  }
  const isLocal =
    host === 'localhost' || addressProblem(host, []) !== addressProblem(host, ['loopback']);
  const mayBePlain = allow.includes('http') || (isLocal && allow.includes('loopback'));
  if (url.protocol === 'https:' || mayBePlain) return null;
  return 'expected https; allow: [http] lets requests go unencrypted';
}

class Refused extends Error {}
class TimedOut extends Error {}

async function exchange(
  url: URL,
  request: PollRequest,
  limits: HttpLimits & { readonly agent: http.Agent },
): Promise<PollAnswer> {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(new TimedOut()), limits.timeoutMs);
  try {
    const response = await open(url, request, { ...limits, signal: controller.signal });
    const status = response.statusCode ?? 0;
    const headers = flatHeaders(response.headers);
    if (status < 200 || status >= 300) {
      // What it says is of no use; the connection goes with it.
      response.destroy();
      return { kind: 'response', status, headers, body: new Uint8Array() };
    }
    const body = await readBody(response, limits.maxResponseBytes, controller.signal);
    return { kind: 'response', status, headers, body };
  } catch (error) {
    return answerOf(error, controller.signal.reason, limits);
  } finally {
    clearTimeout(timer);
  }
}

/** No reason holds a URL or a header: they may carry secrets. */
function answerOf(error: unknown, abort: unknown, limits: HttpLimits): PollAnswer {
  if (abort instanceof TimedOut) {
    return { kind: 'no-answer', reason: `no whole answer within ${limits.timeoutMs} ms` };
  }
  if (error instanceof AddressRefused || error instanceof Refused) {
    return { kind: 'refused', reason: error.message };
  }
  const code = (error as NodeJS.ErrnoException).code ?? 'an unknown error';
  if (code === 'ERR_INVALID_CHAR') {
    return { kind: 'refused', reason: 'a header has a character that HTTP does not allow' };
  }
  return { kind: 'no-answer', reason: `no whole answer: ${code}` };
}

function open(
  url: URL,
  request: PollRequest,
  options: HttpLimits & { readonly agent: http.Agent; readonly signal: AbortSignal },
): Promise<http.IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<http.IncomingMessage>();
  const body = request.body === null ? null : Buffer.from(request.body);
  const length = body === null ? {} : { 'content-length': String(body.length) };
  const outgoing = (url.protocol === 'https:' ? https : http).request(url, {
    method: request.method,
    headers: { ...request.headers, ...length, 'accept-encoding': 'gzip' },
    agent: options.agent,
    lookup: guardedLookup(options.allow),
    signal: options.signal,
  });
  outgoing.on('response', resolve).on('error', reject);
  outgoing.end(body ?? undefined);
  return promise;
}

/** Reads to the end, no further than the limit. Throws when the end is not the real one. */
async function readBody(
  response: http.IncomingMessage,
  maxBytes: number,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const tooLarge = () => {
    response.destroy();
    return new Refused(`the response is larger than ${maxBytes} bytes; see max_response`);
  };
  if (Number(response.headers['content-length'] ?? 0) > maxBytes) throw tooLarge();
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const chunk of decoded(response, signal) as AsyncIterable<Uint8Array>) {
    sizeBytes += chunk.length;
    if (sizeBytes > maxBytes) throw tooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function decoded(response: http.IncomingMessage, signal: AbortSignal): Readable {
  const encoding = response.headers['content-encoding']?.trim().toLowerCase() ?? 'identity';
  if (encoding === 'identity' || encoding === '') return response;
  if (encoding !== 'gzip' && encoding !== 'x-gzip' && encoding !== 'deflate') {
    response.destroy();
    throw new Refused('the response has a content-encoding other than gzip');
  }
  const inflate = encoding === 'deflate' ? createInflate() : createGunzip();
  const stop = (error: unknown) => inflate.destroy(error as Error);
  response.on('error', stop);
  signal.addEventListener('abort', () => stop(signal.reason), { once: true });
  return response.pipe(inflate);
}

function flatHeaders(headers: http.IncomingHttpHeaders): Readonly<Record<string, string>> {
  const flat: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) flat[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  return flat;
}
