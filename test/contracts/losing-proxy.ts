import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

/** What happens to a request: it never arrives, or it is carried out and the answer never arrives. */
export type Loss = 'request' | 'answer';

export interface LosingProxy {
  readonly endpoint: string;
  /** Called for every request that `isCommit` holds for, with its number from 1. */
  lose: (commit: number) => Loss | null;
}

/** Stands between a client and a server, and breaks connections as it is told. */
export async function startLosingProxy(
  target: string,
  isCommit: (request: IncomingMessage) => boolean,
): Promise<LosingProxy> {
  let commits = 0;
  const proxy = { endpoint: '', lose: (_commit: number): Loss | null => null };
  const server = createServer((incoming, response) => {
    const loss = isCommit(incoming) ? proxy.lose(++commits) : null;
    if (loss === 'request') {
      incoming.resume().on('end', () => response.destroy());
      return;
    }
    forward(incoming, response, { target, losesAnswer: loss === 'answer' });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  proxy.endpoint = `http://127.0.0.1:${port}`;
  return proxy;
}

function forward(
  incoming: IncomingMessage,
  response: ServerResponse,
  options: { readonly target: string; readonly losesAnswer: boolean },
): void {
  const outgoing = request(
    `${options.target}${incoming.url ?? '/'}`,
    { method: incoming.method, headers: incoming.headers, agent: false },
    (answer) => {
      if (options.losesAnswer) {
        answer.resume().on('end', () => response.destroy());
        return;
      }
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    },
  );
  outgoing.on('error', () => response.destroy());
  incoming.pipe(outgoing);
}
