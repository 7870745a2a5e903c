import http from 'node:http';
import type { AddressInfo } from 'node:net';
import type { HttpPollConnector } from '#core/config/connector.ts';
import type { Domain, Stream } from '#core/config/project.ts';
import { createEventGenerator, NO_FAULTS } from '#core/generate/generate-events.ts';
import { type Row, storedName } from '#core/schema/field.ts';

/** Stands in for the APIs that the project's http-poll connectors ask. */
export interface PollSource {
  /** The domain with its http-poll connectors aimed at this source. */
  redirect(domain: Domain): Domain;
  close(): Promise<void>;
}

const EVENTS = 20;

/** Answers every request with some events of the stream that its path names, and one that fits no stream. */
export async function startPollSource(): Promise<PollSource> {
  const streams = new Map<string, Stream>();
  const server = http.createServer((request, response) => {
    const stream = streams.get((request.url ?? '').slice(1));
    const events = stream === undefined ? [] : [...jsonEvents(stream), {}];
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(events));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    redirect: (domain) => ({
      ...domain,
      connectors: domain.connectors.map((connector) => {
        const stream = domain.streams.find(
          ({ name }) => connector.kind === 'http-poll' && name === connector.stream,
        );
        if (connector.kind !== 'http-poll' || stream === undefined) return connector;
        const place = `${domain.name}.${stream.name}`;
        streams.set(place, stream);
        return redirected(connector, stream, `http://127.0.0.1:${port}/${place}`);
      }),
    }),
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** The credentials stay: reading them is one of the calls that the function makes. */
function redirected(connector: HttpPollConnector, stream: Stream, url: string): HttpPollConnector {
  return {
    ...connector,
    request: { ...connector.request, method: 'GET', url, body: null },
    records: '$',
    select: stream.fields
      .filter(({ optional }) => !optional)
      .map(({ name }) => ({ field: name, from: `$["${name}"]`, epoch: null })),
    cursor: null,
    pagination: { kind: 'none' },
    allow: ['loopback'],
  };
}

function jsonEvents(stream: Stream): readonly Readonly<Record<string, unknown>>[] {
  const eventAt = createEventGenerator({
    stream,
    seed: 'poll',
    run: 1,
    startMs: Date.now() - EVENTS * 1000,
    eventsPerSecond: 1,
    faults: NO_FAULTS,
  });
  return Array.from({ length: EVENTS }, (_, index) => jsonEvent(stream, eventAt(index).row));
}

/** Required fields as an API would write them. */
function jsonEvent(stream: Stream, row: Row): Readonly<Record<string, unknown>> {
  const required = stream.fields.filter(({ optional }) => !optional);
  return Object.fromEntries(
    required.map((field) => {
      const value = row[storedName(field)];
      const isTime = field.type.kind.startsWith('timestamp') && typeof value === 'bigint';
      if (isTime) return [field.name, new Date(Number(value / 1000n)).toISOString()];
      return [field.name, typeof value === 'bigint' ? String(value) : value];
    }),
  );
}
