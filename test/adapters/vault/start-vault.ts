import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * A Vault server as its API documentation describes it, and no more: KV version 2 at `kv` and `team/kv`, AppRole at
 * `auth/approle`. Anything that is not documented is answered 400, so that a client cannot live on luck.
 */
export interface TestVault {
  readonly address: string;
  /** Tokens to the paths below the engines that they may read; `*` is all. */
  readonly tokens: Map<string, string>;
  /** Versions by engine and path, oldest first; null is a deleted one. */
  readonly secrets: Map<string, (Readonly<Record<string, unknown>> | null)[]>;
  /** Namespace that clients must name; null for none. */
  namespace: string | null;
  /** role_id to secret_id. */
  readonly roles: Map<string, string>;
  /** Statuses to answer the next requests with, before anything else. */
  readonly failures: (number | 'hang' | 'reset' | { readonly redirect: string })[];
  /** `GET /v1/kv/data/x`, oldest first. */
  readonly requests: string[];
  close(): Promise<void>;
}

export async function startVault(): Promise<TestVault> {
  const server = createServer((request, response) => {
    handle(vault, request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  let issued = 0;
  const vault: TestVault & { issueToken(): string } = {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    tokens: new Map([['root-token', '*']]),
    secrets: new Map(),
    namespace: null,
    roles: new Map(),
    failures: [],
    requests: [],
    issueToken() {
      const token = `issued-token-${++issued}`;
      this.tokens.set(token, '*');
      return token;
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return vault;
}

type Issuing = TestVault & { issueToken(): string };

async function handle(
  vault: Issuing,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const body = await bodyOf(request);
  vault.requests.push(`${request.method} ${request.url}`);
  const failure = vault.failures.shift();
  if (failure === 'hang') return;
  if (failure === 'reset') {
    request.socket.destroy();
    return;
  }
  if (typeof failure === 'object') {
    response.writeHead(307, { location: failure.redirect }).end();
    return;
  }
  if (failure !== undefined) {
    answer(response, failure, { errors: ['internal error'] });
    return;
  }
  // Source: Vault API, "The X-Vault-Request header".
  if (request.headers['x-vault-request'] !== 'true') {
    answer(response, 400, { errors: [] });
    return;
  }
  if ((request.headers['x-vault-namespace'] ?? null) !== vault.namespace) {
    answer(response, 404, { errors: ['no handler for route'] });
    return;
  }
  const url = new URL(request.url ?? '/', vault.address);
  if (url.pathname === '/v1/auth/approle/login') logIn(vault, request, { response, body });
  else readSecret(vault, request, { response, url });
}

function logIn(
  vault: Issuing,
  request: IncomingMessage,
  { response, body }: { readonly response: ServerResponse; readonly body: string },
): void {
  const { role_id, secret_id, ...rest } = JSON.parse(body) as Record<string, unknown>;
  const isRight =
    request.method === 'POST' &&
    Object.keys(rest).length === 0 &&
    vault.roles.has(String(role_id)) &&
    vault.roles.get(String(role_id)) === secret_id;
  if (!isRight) {
    answer(response, 400, { errors: ['invalid role or secret ID'] });
    return;
  }
  answer(response, 200, { auth: { client_token: vault.issueToken(), lease_duration: 3600 } });
}

function readSecret(
  vault: TestVault,
  request: IncomingMessage,
  { response, url }: { readonly response: ServerResponse; readonly url: URL },
): void {
  const allowed = vault.tokens.get(String(request.headers['x-vault-token'] ?? ''));
  const [, engine, encoded] = /^\/v1\/(kv|team\/kv)\/data\/(.+)$/.exec(url.pathname) ?? [];
  const path = decodeURIComponent(encoded ?? '');
  if (allowed === undefined || (allowed !== '*' && allowed !== path)) {
    answer(response, 403, { errors: ['permission denied'] });
    return;
  }
  if (engine === undefined || request.method !== 'GET') {
    answer(response, 404, { errors: ['no handler for route'] });
    return;
  }
  const versions = vault.secrets.get(`${engine}/${path}`) ?? [];
  const version = Number(url.searchParams.get('version') ?? versions.length);
  const data = versions[version - 1];
  if (data === undefined) {
    answer(response, 404, { errors: [] });
    return;
  }
  const metadata = { version, destroyed: false, deletion_time: data === null ? '2026-01-01' : '' };
  answer(response, data === null ? 404 : 200, { data: { data, metadata } });
}

function answer(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}
