import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { hasCode } from '#core/errors.ts';
import { definitionKey, parseDefinition } from '#core/schema/definition-text.ts';
import { modeOf } from '#core/schema/evolution/compatibility-mode.ts';
import { judgeDefinition } from '#core/schema/evolution/judge-definition.ts';

interface StoredVersion {
  readonly id: number;
  readonly version: number;
  readonly schema: string;
}

export interface ConfluentServerOptions {
  readonly auth?: { readonly user: string; readonly password: string };
  /** Answers the next requests in place of the registry: a status and a body, or a cut connection. */
  readonly faults?: (readonly [number, string] | 'cut' | 'hang')[];
}

export interface ConfluentServer {
  readonly url: string;
  /** `GET /config` and so on, in order. */
  readonly requests: readonly string[];
  close(): Promise<void>;
}

class ApiError extends Error {
  readonly status: number;
  readonly code: number;
  constructor(status: number, code: number, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

const CONTENT_TYPE = 'application/vnd.schemaregistry.v1+json';

/**
 * A registry for tests, written from the published API and strict: what the API does not have is refused, so
 * that the client cannot rely on it. Source: Confluent Schema Registry API Reference.
 */
export async function startConfluentServer(
  options: ConfluentServerOptions = {},
): Promise<ConfluentServer> {
  const registry = new Registry();
  const requests: string[] = [];
  const faults = [...(options.faults ?? [])];
  const server = createServer(async (request, response) => {
    requests.push(`${request.method} ${request.url}`);
    const fault = faults.shift();
    if (fault === 'cut') {
      request.socket.destroy();
      return;
    }
    if (fault === 'hang') return;
    const [status, body] = fault ?? (await answer(registry, request, options));
    response.writeHead(status, { 'content-type': CONTENT_TYPE });
    response.end(body);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    close: () =>
      new Promise((done) => {
        server.closeAllConnections();
        server.close(() => done());
      }),
  };
}

async function answer(
  registry: Registry,
  request: IncomingMessage,
  { auth }: ConfluentServerOptions,
): Promise<readonly [number, string]> {
  try {
    if (auth !== undefined) checkAuth(request, auth);
    let text = '';
    for await (const chunk of request) text += chunk;
    return [200, JSON.stringify(registry.handle(request, text))];
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return [error.status, JSON.stringify({ error_code: error.code, message: error.message })];
  }
}

function checkAuth(
  request: IncomingMessage,
  { user, password }: NonNullable<ConfluentServerOptions['auth']>,
): void {
  const expected = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
  if (request.headers.authorization !== expected) throw new ApiError(401, 401, 'Unauthorized');
}

class Registry {
  readonly #subjects = new Map<string, StoredVersion[]>();
  readonly #modes = new Map<string, string>();
  readonly #ids = new Map<string, number>();

  handle(request: IncomingMessage, text: string): unknown {
    const { method } = request;
    const parts = (request.url ?? '').split('/').slice(1).map(decodeURIComponent);
    const body = method === 'GET' ? {} : readBody(request, text);
    const route = `${method} ${parts.map((part, at) => (isName(parts, at) ? '*' : part)).join('/')}`;
    switch (route) {
      case 'POST subjects/*':
        return this.#lookUp(parts[1]!, schemaOf(body));
      case 'POST subjects/*/versions':
        return this.#register(parts[1]!, schemaOf(body));
      case 'GET subjects/*/versions':
        return this.#subject(parts[1]!).map(({ version }) => version);
      case 'GET subjects/*/versions/*':
        return this.#version(parts[1]!, parts[3]!);
      case 'GET schemas/ids/*':
        return { schema: this.#byId(parts[2]!).schema };
      case 'GET schemas/ids/*/versions':
        return this.#uses(parts[2]!);
      case 'GET config':
        return { compatibilityLevel: 'BACKWARD' };
      case 'GET config/*':
        return { compatibilityLevel: this.#configured(parts[1]!) };
      case 'PUT config/*':
        return this.#configure(parts[1]!, body);
      default:
        throw new ApiError(405, 405, `HTTP 405 Method Not Allowed: ${route}`);
    }
  }

  #subject(name: string): StoredVersion[] {
    const versions = this.#subjects.get(name);
    if (versions !== undefined) return versions;
    throw new ApiError(404, 40401, `Subject '${name}' not found.`);
  }

  #lookUp(subject: string, schema: string): unknown {
    const key = keyOf(schema);
    const found = this.#subject(subject).find((version) => keyOf(version.schema) === key);
    if (found === undefined) throw new ApiError(404, 40403, 'Schema not found');
    return { subject, ...found };
  }

  #register(subject: string, schema: string): unknown {
    const key = keyOf(schema);
    const versions = this.#subjects.get(subject) ?? [];
    const existing = versions.find((version) => keyOf(version.schema) === key);
    if (existing !== undefined) return { id: existing.id };
    const mode = modeOf('confluent', this.#modes.get(subject) ?? 'BACKWARD') ?? 'BACKWARD';
    const earlier = versions.map((version) => parseDefinition(version.schema));
    if (judgeDefinition(mode, parseDefinition(schema), earlier).length > 0) {
      throw new ApiError(
        409,
        409,
        'Schema being registered is incompatible with an earlier schema',
      );
    }
    const id = this.#ids.get(key) ?? this.#ids.size + 1;
    this.#ids.set(key, id);
    this.#subjects.set(subject, [...versions, { id, version: versions.length + 1, schema }]);
    return { id };
  }

  #version(subject: string, number: string): unknown {
    const versions = this.#subject(subject);
    const found =
      number === 'latest'
        ? versions.at(-1)
        : versions.find(({ version }) => `${version}` === number);
    if (found === undefined) throw new ApiError(404, 40402, `Version ${number} not found.`);
    return { subject, ...found };
  }

  #byId(id: string): StoredVersion {
    for (const versions of this.#subjects.values()) {
      const found = versions.find((version) => `${version.id}` === id);
      if (found !== undefined) return found;
    }
    throw new ApiError(404, 40403, `Schema ${id} not found`);
  }

  #uses(id: string): unknown {
    this.#byId(id);
    return [...this.#subjects].flatMap(([subject, versions]) =>
      versions
        .filter((version) => `${version.id}` === id)
        .map(({ version }) => ({ subject, version })),
    );
  }

  #configured(subject: string): string {
    const mode = this.#modes.get(subject);
    if (mode !== undefined) return mode;
    throw new ApiError(
      404,
      40408,
      `Subject '${subject}' does not have subject-level compatibility configured`,
    );
  }

  #configure(subject: string, body: Readonly<Record<string, unknown>>): unknown {
    const { compatibility } = body;
    if (typeof compatibility !== 'string' || modeOf('confluent', compatibility) === null) {
      throw new ApiError(422, 42203, 'Invalid compatibility level');
    }
    this.#modes.set(subject, compatibility);
    return { compatibility };
  }
}

/** Places of a path that hold names. */
function isName(parts: readonly string[], at: number): boolean {
  const before = parts[at - 1];
  if (before === 'subjects' || before === 'ids' || before === 'config') return true;
  return before === 'versions' && parts[0] === 'subjects';
}

function readBody(request: IncomingMessage, text: string): Readonly<Record<string, unknown>> {
  if (request.headers['content-type'] !== CONTENT_TYPE) {
    throw new ApiError(415, 415, 'HTTP 415 Unsupported Media Type');
  }
  return JSON.parse(text) as Readonly<Record<string, unknown>>;
}

function schemaOf(body: Readonly<Record<string, unknown>>): string {
  const unknown = Object.keys(body).find(
    (key) => !['schema', 'schemaType', 'references'].includes(key),
  );
  if (unknown !== undefined) throw new ApiError(422, 422, `Unrecognized field: ${unknown}`);
  if (typeof body['schema'] !== 'string') throw new ApiError(422, 42201, 'Empty schema');
  return body['schema'];
}

function keyOf(schema: string): string {
  try {
    return definitionKey(schema);
  } catch (error) {
    if (!hasCode(error, 'SCHEMA_INCOMPATIBLE')) throw error;
    throw new ApiError(422, 42201, `Invalid schema: ${error.message}`);
  }
}
