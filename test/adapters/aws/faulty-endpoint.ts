import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

/** How the endpoint treats one request. */
export type Fault =
  | { readonly kind: 'answer'; readonly status: number; readonly body: string }
  /** Closes the connection without an answer. */
  | { readonly kind: 'hang-up' }
  /** Half an answer, then the connection breaks. */
  | { readonly kind: 'cut'; readonly status: number; readonly body: string };

export interface FaultyEndpoint {
  readonly endpoint: string;
  /** `X-Amz-Target` or method of every request that came. */
  readonly requests: readonly string[];
}

/** A server that answers as it is told, request by request; the last one is repeated. */
export async function startFaultyEndpoint(faults: readonly Fault[]): Promise<FaultyEndpoint> {
  const requests: string[] = [];
  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    const fault = faults[Math.min(requests.length, faults.length - 1)];
    requests.push(String(request.headers['x-amz-target'] ?? request.method).replace(/^.*\./, ''));
    request.resume().on('end', () => {
      if (fault === undefined || fault.kind === 'hang-up') {
        response.destroy();
        return;
      }
      const length = Buffer.byteLength(fault.body) + (fault.kind === 'cut' ? 1000 : 0);
      response.writeHead(fault.status, {
        'content-type': 'application/x-amz-json-1.1',
        'content-length': length,
      });
      if (fault.kind === 'answer') response.end(fault.body);
      else response.write(fault.body, () => response.destroy());
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { endpoint: `http://127.0.0.1:${port}`, requests };
}

/** An error of the AWS JSON protocol. */
export function jsonError(type: string, status = 400): Fault {
  return {
    kind: 'answer',
    status,
    body: JSON.stringify({ __type: type, message: `because of ${type}` }),
  };
}

export function jsonAnswer(body: unknown): Fault {
  return { kind: 'answer', status: 200, body: JSON.stringify(body) };
}
