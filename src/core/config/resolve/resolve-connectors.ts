import type { Connector } from '../connector.ts';
import type { ConnectorInput } from '../model/connector-model.ts';
import type { ConnectorContext } from './connector-context.ts';
import { resolveGenerator } from './resolve-generator.ts';
import { resolveHttpIngest } from './resolve-http-ingest.ts';
import { resolveHttpPoll } from './resolve-http-poll.ts';

/** Resolves the connectors of a domain, in the order of the file. Every problem is reported. */
export function resolveConnectors(
  inputs: Readonly<Record<string, ConnectorInput>>,
  context: ConnectorContext,
): readonly Connector[] {
  /** Connector that has a stream already, by kind and stream. */
  const owners = new Map<string, string>();
  return Object.entries(inputs).map(([name, input]) =>
    resolveConnector(name, input, { ...context, owners }),
  );
}

function resolveConnector(
  name: string,
  input: ConnectorInput,
  context: ConnectorContext & { readonly owners: Map<string, string> },
): Connector {
  switch (input.kind) {
    case 'http-ingest':
      return resolveHttpIngest(name, input, context);
    case 'http-poll':
      return resolveHttpPoll(name, input, context);
    case 'generator':
      return resolveGenerator(name, input, context);
  }
}
