import type { HttpIngestConnector } from '../connector.ts';
import { HTTP_INGEST_DEFAULTS, type HttpIngestInput } from '../model/http-ingest-model.ts';
import { quote } from '../source/config-issue.ts';
import type { Reporter } from '../source/reporter.ts';
import { checkStreamNames } from './connector-names.ts';
import { mergeLayers } from './merge-layers.ts';

/** Resolves a connector that takes events over HTTP; `owners` has the connector of each stream, and gets this one's. */
export function resolveHttpIngest(
  name: string,
  input: HttpIngestInput,
  context: { readonly owners: Map<string, string>; readonly report: Reporter },
): HttpIngestConnector {
  const streams = input.streams ?? [];
  checkStreamNames(name, streams, context.report);
  checkRoutes(name, streams, context);
  const throttle = mergeLayers<{ rate: number; burst: number }>(
    HTTP_INGEST_DEFAULTS.throttle,
    input.throttle,
  );
  return {
    name,
    kind: 'http-ingest',
    streams,
    throttle: { ratePerSecond: throttle.rate, burst: throttle.burst },
    maxBodyBytes: input.max_body ?? HTTP_INGEST_DEFAULTS.max_body,
    maxEvents: input.max_events ?? HTTP_INGEST_DEFAULTS.max_events,
  };
}

function checkRoutes(
  connector: string,
  streams: readonly string[],
  { owners, report }: { readonly owners: Map<string, string>; readonly report: Reporter },
): void {
  const declared = report.keysAt(['streams']);
  for (const [index, stream] of streams.entries()) {
    const owner = owners.get(stream);
    if (owner !== undefined && owner !== connector && declared.includes(stream)) {
      report.at(
        ['connectors', connector, 'streams', index],
        `expected a stream without a connector of this kind, got ${quote(stream)} of connector ${quote(owner)}; a stream has one route`,
      );
    }
    owners.set(stream, owner ?? connector);
  }
}
