import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer as createHttp1Server } from 'node:http';
import { createServer as createHttp2Server } from 'node:http2';
import type { AddressInfo, Server, Socket } from 'node:net';
import { createServer as createTcpServer } from 'node:net';

export type RequestHandler = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** First bytes of an HTTP/2 connection with prior knowledge; no HTTP/1.1 method starts with them. Source: RFC 9113 §3.4. */
const HTTP2_PREFACE_START = Buffer.from('PRI');
/** Longer than any client's pool keeps a connection, so that the client and never the server lets go first. */
const KEEP_ALIVE_MS = 10 * 60_000;
/** The default of 64 KiB would stall a 5 MiB PutRecords on every round trip. */
const HTTP2_STREAM_WINDOW_BYTES = 16 * 1024 * 1024;
const HTTP2_CONNECTION_WINDOW_BYTES = 64 * 1024 * 1024;
/** Unit of the option is MB; room for several full connection windows. */
const HTTP2_SESSION_MEMORY_MB = 512;

/**
 * Listens on one port for HTTP/1.1 and for HTTP/2 with prior knowledge (h2c), which the JavaScript
 * Kinesis client speaks by default. Rejects with the listen error (EADDRINUSE …).
 */
export async function listenMultiplexed(
  options: { readonly port: number; readonly host: string },
  handler: RequestHandler,
): Promise<{ readonly port: number; close(): Promise<void> }> {
  const http1 = createHttp1Server({ keepAliveTimeout: KEEP_ALIVE_MS, requestTimeout: 0 });
  const http2 = createHttp2Server({
    settings: { initialWindowSize: HTTP2_STREAM_WINDOW_BYTES },
    maxSessionMemory: HTTP2_SESSION_MEMORY_MB,
  });
  http1.on('request', (request, response) => void serve(request, response, handler));
  http2.on('session', (session) => session.setLocalWindowSize(HTTP2_CONNECTION_WINDOW_BYTES));
  http2.on('request', (request, response) => {
    // Node's HTTP/2 compatibility layer has the same surface; its types are not related to HTTP/1's.
    const request1 = request as unknown as IncomingMessage;
    void serve(request1, response as unknown as ServerResponse, handler);
  });
  const sockets = new Set<Socket>();
  const tcp = createTcpServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    // A reset connection is the client's business; without a listener it would end the process.
    socket.on('error', () => socket.destroy());
    sniffHttp2(socket, (isHttp2) => (isHttp2 ? http2 : http1).emit('connection', socket));
  });
  await listen(tcp, options);
  return {
    port: (tcp.address() as AddressInfo).port,
    async close() {
      const closed = new Promise<void>((resolve) => tcp.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      http1.close();
      http2.close();
      await closed;
    },
  };
}

function listen(
  server: Server,
  address: { readonly port: number; readonly host: string },
): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(address.port, address.host, () => {
      server.removeListener('error', reject);
      // Accept errors (out of file descriptors) must not end the process: the next connection may work.
      server.on('error', () => undefined);
      resolve();
    });
  });
}

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  handler: RequestHandler,
): Promise<void> {
  // Aborted uploads and writes to a gone client surface here; the handler sees them as failed reads and writes.
  request.on('error', () => undefined);
  response.on('error', () => undefined);
  try {
    await handler(request, response);
  } catch {
    response.destroy();
  }
}

/** Reads just enough of a new connection to tell the protocols apart, and puts the bytes back. */
function sniffHttp2(socket: Socket, onDecided: (isHttp2: boolean) => void): void {
  let head: Buffer = Buffer.alloc(0);
  const onReadable = (): void => {
    const chunk: Buffer | null = socket.read();
    if (chunk === null) return;
    head = head.length === 0 ? chunk : Buffer.concat([head, chunk]);
    const compared = Math.min(head.length, HTTP2_PREFACE_START.length);
    const matches = head.subarray(0, compared).equals(HTTP2_PREFACE_START.subarray(0, compared));
    if (matches && head.length < HTTP2_PREFACE_START.length) return;
    socket.removeListener('readable', onReadable);
    socket.removeListener('end', onEnd);
    socket.unshift(head);
    onDecided(matches);
  };
  const onEnd = (): void => void socket.destroy();
  socket.on('readable', onReadable);
  socket.once('end', onEnd);
}
