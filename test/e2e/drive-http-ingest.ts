import { connectorsOf } from '#core/config/connector.ts';
import type { Stream } from '#core/config/project.ts';
import { createEventGenerator, NO_FAULTS } from '#core/generate/generate-events.ts';
import { type Row, storedName } from '#core/schema/field.ts';
import { signRequest } from '../embedded/iam/sign-request.ts';
import type { LocalDeployment } from './local-deployment.ts';

const EVENTS = 20;

/** Posts good events, ones that do not fit and a body that is no JSON to every route of a domain's API. */
export async function driveHttpIngest(
  deployment: LocalDeployment,
  domainName: string,
): Promise<void> {
  const domain = deployment.loaded.project.domains.find(({ name }) => name === domainName);
  const names = new Set(
    domain === undefined
      ? []
      : connectorsOf(domain, 'http-ingest').flatMap(({ streams }) => streams),
  );
  const streams = domain?.streams.filter(({ name }) => names.has(name)) ?? [];
  if (streams.length === 0) throw new Error(`no connector of domain ${domainName} has a stream`);
  for (const stream of streams) {
    const good = JSON.stringify({ events: generatedEvents(stream) });
    const statuses = [
      await post(deployment, stream, good),
      await post(deployment, stream, '{"events":[{}]}'),
      await post(deployment, stream, 'no JSON'),
    ];
    if (statuses[0] !== 202 && statuses[0] !== 200) {
      throw new Error(`posting to ${stream.name} was answered with ${statuses.join(', ')}`);
    }
  }
}

function generatedEvents(stream: Stream): readonly Readonly<Record<string, unknown>>[] {
  const eventAt = createEventGenerator({
    stream,
    seed: 'http',
    run: 1,
    startMs: Date.now() - EVENTS * 1000,
    eventsPerSecond: 1,
    faults: NO_FAULTS,
  });
  return Array.from({ length: EVENTS }, (_, index) => jsonEvent(stream, eventAt(index).row));
}

/** Required fields as a client would write them. */
function jsonEvent(stream: Stream, row: Row): Readonly<Record<string, unknown>> {
  const required = stream.fields.filter(({ optional }) => !optional);
  return Object.fromEntries(
    required.map((field) => {
      const value = row[storedName(field)];
      const isTime = field.type.kind.startsWith('timestamp') && typeof value === 'bigint';
      return [field.name, isTime ? new Date(Number(value / 1000n)).toISOString() : value];
    }),
  );
}

async function post({ cloud }: LocalDeployment, stream: Stream, body: string): Promise<number> {
  const url = new URL(
    `${ingestApiUrl(cloud.health().outputs, stream.domain)}/${stream.name}/events`,
  );
  const { rawHeaders } = await signRequest(
    {
      method: 'POST',
      path: url.pathname,
      query: {},
      headers: { host: url.host, 'content-type': 'application/json' },
      body: Buffer.from(body),
    },
    { accessKeyId: 'local', secretAccessKey: 'local', atMs: Date.now() },
  );
  const headers: [string, string][] = [];
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const [name = '', value = ''] = rawHeaders.slice(index, index + 2);
    if (name !== 'host') headers.push([name, value]);
  }
  const response = await fetch(url, { method: 'POST', headers, body });
  await response.arrayBuffer();
  return response.status;
}

function ingestApiUrl(
  outputs: Readonly<Record<string, Readonly<Record<string, string>>>>,
  domain: string,
): string {
  const stack = Object.entries(outputs).find(([name]) => name.endsWith(`${domain}-processing`));
  return stack?.[1]['IngestApiUrl'] ?? '';
}
