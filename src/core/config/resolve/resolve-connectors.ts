import { type ConnectorInput, HTTP_INGEST_DEFAULTS } from '../model/connector-model.ts';
import type { Connector } from '../project.ts';
import type { ConfigPath } from '../source/config-issue.ts';
import { quote } from '../source/config-issue.ts';
import { unknownName } from '../source/nearest-name.ts';
import type { Reporter } from '../source/reporter.ts';
import { mergeLayers } from './merge-layers.ts';

/** Resolves the connectors of a domain, in the order of the file. Every problem is reported. */
export function resolveConnectors(
  inputs: Readonly<Record<string, ConnectorInput>>,
  report: Reporter,
): readonly Connector[] {
  /** Path of the connector that has a stream already, by kind and stream. */
  const owners = new Map<string, string>();
  return Object.entries(inputs).map(([name, input]) => {
    const streams = input.streams ?? [];
    checkStreams(name, streams, { owners, report });
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
  });
}

function checkStreams(
  connector: string,
  streams: readonly string[],
  context: { readonly owners: Map<string, string>; readonly report: Reporter },
): void {
  const { owners, report } = context;
  const declared = report.keysAt(['streams']);
  for (const [index, stream] of streams.entries()) {
    const path: ConfigPath = ['connectors', connector, 'streams', index];
    const owner = owners.get(stream);
    if (!declared.includes(stream)) {
      report.at(path, unknownName(stream, declared));
    } else if (owner === connector) {
      report.at(path, `expected each stream once, got ${quote(stream)} again`);
    } else if (owner !== undefined) {
      report.at(
        path,
        `expected a stream without a connector of this kind, got ${quote(stream)} of connector ${quote(owner)}; a stream has one route`,
      );
    }
    owners.set(stream, owner ?? connector);
  }
}
