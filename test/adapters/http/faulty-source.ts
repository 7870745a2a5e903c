import http from 'node:http';
import type { AddressInfo } from 'node:net';

type Handler = (request: http.IncomingMessage, response: http.ServerResponse) => void;

/** A server on loopback that does what it is told, and counts connections. */
export interface FaultySource {
  readonly origin: string;
  readonly requests: http.IncomingMessage[];
  connections: number;
  handle: Handler;
  close(): Promise<void>;
}

export async function startFaultySource(): Promise<FaultySource> {
  const requests: http.IncomingMessage[] = [];
  const server = http.createServer((request, response) => {
    requests.push(request);
    source.handle(request, response);
  });
  server.on('connection', () => {
    source.connections++;
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const source: FaultySource = {
    origin: `http://127.0.0.1:${port}`,
    requests,
    connections: 0,
    handle: (_request, response) => response.end(),
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return source;
}

export function sendJson(response: http.ServerResponse, value: unknown, headers = {}): void {
  response.writeHead(200, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(value));
}
