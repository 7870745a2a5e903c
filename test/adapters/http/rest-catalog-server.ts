import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import { serializeTableMetadata, type TableMetadata } from '#core/iceberg/spec/table-metadata.ts';

/** What arrived. */
export interface SeenRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** `hang-up` closes the connection, `half` breaks it in the middle, `silence` never answers. */
export type ServerAnswer =
  | 'hang-up'
  | 'half'
  | 'silence'
  | {
      readonly status: number;
      readonly body?: string;
      readonly headers?: Readonly<Record<string, string>>;
    };

/** A REST catalog that answers as the test says; the config is its own affair unless the test has one. */
export async function startRestServer(
  answer: (request: SeenRequest, number: number) => ServerAnswer,
  config: unknown = { defaults: {}, overrides: {} },
): Promise<{ readonly uri: string; readonly requests: readonly SeenRequest[] }> {
  const requests: SeenRequest[] = [];
  const server = createServer((incoming, response) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => {
      const { method = '', url = '', headers } = incoming;
      const isConfig = url.startsWith('/v1/config');
      const request = { method, url, headers, body: Buffer.concat(chunks).toString('utf8') };
      if (!isConfig) requests.push(request);
      const given =
        isConfig && config !== null
          ? { status: 200, body: JSON.stringify(config) }
          : answer(request, requests.length);
      if (given === 'silence') return;
      if (given === 'hang-up') {
        response.destroy();
        return;
      }
      if (given === 'half') {
        response.writeHead(200, { 'content-length': 1000 });
        response.write('{"metadata-', () => response.destroy());
        return;
      }
      response.writeHead(given.status, given.headers);
      response.end(given.body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { uri: `http://127.0.0.1:${port}`, requests };
}

export function tableAnswer(
  location: string,
  metadata: TableMetadata,
  etag?: string,
): ServerAnswer {
  return {
    status: 200,
    body: `{"metadata-location":"${location}","metadata":${serializeTableMetadata(metadata)}}`,
    ...(etag === undefined ? {} : { headers: { etag } }),
  };
}

export function errorAnswer(status: number, type = 'SomeException'): ServerAnswer {
  return {
    status,
    body: JSON.stringify({ error: { message: `because of ${type}`, type, code: status } }),
  };
}
