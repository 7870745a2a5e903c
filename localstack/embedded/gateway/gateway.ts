import type { IncomingMessage, ServerResponse } from 'node:http';
import { SluiceError } from '#core/errors.ts';
import type { HttpService } from '#embedded/services.ts';
import type { AccessControl } from './access-control.ts';
import { browserRefusal } from './browser-guard.ts';
import { listenMultiplexed } from './multiplexed-server.ts';
import type { Route, ServiceName, WireProtocol } from './route-request.ts';
import { routeRequest, SERVICE_NAMES } from './route-request.ts';
import { type GatewayFailure, writeFailure } from './write-failure.ts';

/** Loopback only: nothing on the network can reach the local cloud. */
const HOST = '127.0.0.1';

export interface GatewayOptions {
  /** TCP port; 0 picks a free one. */
  readonly port: number;
  readonly services: Readonly<Partial<Record<ServiceName, HttpService>>>;
  /** What `GET /_sluice/health` answers, as JSON; a throw answers 503. */
  readonly health: () => unknown;
  /** What `GET /_sluice/calls` answers, as JSON. @default an empty list */
  readonly calls?: () => unknown;
  /** Serves the HTTP APIs. @default they are not emulated */
  readonly httpApis?: HttpService;
  /** Decides which requests reach their service. @default all do */
  readonly access?: AccessControl;
}

export interface Gateway {
  readonly port: number;
  /** Value for AWS_ENDPOINT_URL; the IP address makes every AWS SDK choose path-style S3 URLs by itself. */
  readonly endpoint: string;
  /** Stops listening and drops every connection; the services stay open. */
  close(): Promise<void>;
}

/**
 * Serves all emulated services on one loopback port, HTTP/1.1 and HTTP/2 (h2c).
 * Throws USAGE when the port cannot be had.
 */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const handler = (request: IncomingMessage, response: ServerResponse): Promise<void> =>
    dispatch(request, response, options);
  try {
    const server = await listenMultiplexed({ port: options.port, host: HOST }, handler);
    const endpoint = `http://${HOST}:${server.port}`;
    return { port: server.port, endpoint, close: server.close };
  } catch (error) {
    throw portError(options.port, error);
  }
}

async function dispatch(
  request: IncomingMessage,
  response: ServerResponse,
  options: GatewayOptions,
): Promise<void> {
  const route = routeRequest(request);
  const refusal = browserRefusal({
    host: request.headers.host ?? request.headers[':authority']?.toString(),
    origin: request.headers.origin,
  });
  if (refusal !== null) {
    const failure = { status: 403, code: 'AccessDenied', message: refusal };
    writeFailure(response, failure, { protocol: protocolOf(route) });
    return;
  }
  if (route.kind === 'health') {
    await answerPage(response, options.health);
    return;
  }
  if (route.kind === 'calls') {
    await answerPage(response, options.calls ?? (() => []));
    return;
  }
  const service = serviceOf(route, options);
  if (service === undefined) {
    writeFailure(response, failureOf(route), { protocol: protocolOf(route) });
    return;
  }
  try {
    const denied = route.kind === 'service' ? await options.access?.check(request, route) : null;
    if (denied) {
      // What is left of the body would block the next request on this connection.
      request.resume();
      writeFailure(response, denied, { protocol: protocolOf(route) });
      return;
    }
    await service.handle(request, response);
  } catch (error) {
    const message = `the local cloud failed: ${messageOf(error)}`;
    const failure = { status: 500, code: 'InternalFailure', message };
    writeFailure(response, failure, { protocol: protocolOf(route) });
  }
}

function serviceOf(route: Route, options: GatewayOptions): HttpService | undefined {
  if (route.kind === 'http-api') return options.httpApis;
  return route.kind === 'service' ? options.services[route.service] : undefined;
}

function failureOf(route: Exclude<Route, { kind: 'health' | 'calls' }>): GatewayFailure {
  switch (route.kind) {
    case 'http-api':
      return notEmulated('execute-api');
    case 'unsigned':
      return {
        status: 403,
        code: 'MissingAuthenticationToken',
        message:
          'the request is not signed, so it names no service; set AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY (any value, for example test) and AWS_REGION=us-east-1',
      };
    case 'malformed-signature':
      return {
        status: 403,
        code: 'IncompleteSignature',
        message:
          'the signature has no credential scope, expected Credential=KEY/DATE/REGION/SERVICE/aws4_request; sign with an AWS SDK or the AWS CLI',
      };
    case 'unknown-service':
      return notEmulated(route.name);
    case 'service':
      return notEmulated(route.service);
  }
}

function notEmulated(name: string): GatewayFailure {
  return {
    status: 501,
    code: 'UnknownOperationException',
    message: `the local cloud does not emulate ${name}, it has ${SERVICE_NAMES.join(', ')}`,
  };
}

function protocolOf(route: Route): WireProtocol {
  return 'protocol' in route ? route.protocol : 'json';
}

async function answerPage(response: ServerResponse, page: () => unknown): Promise<void> {
  let status = 200;
  let body: string;
  try {
    body = JSON.stringify(await page()) ?? 'null';
  } catch (error) {
    status = 503;
    body = JSON.stringify({ error: messageOf(error) });
  }
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
  response.end(body);
}

function portError(port: number, error: unknown): Error {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'EADDRINUSE' || code === 'EACCES') {
    const reason = code === 'EADDRINUSE' ? 'is taken' : 'may not be opened by this user';
    return new SluiceError(
      'USAGE',
      `port ${port} on ${HOST} ${reason}, expected a free port; stop the program that holds it or choose another with --port`,
      { context: { port }, cause: error },
    );
  }
  return error instanceof Error ? error : new Error(String(error));
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
