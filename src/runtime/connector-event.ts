import { SluiceError } from '#core/errors.ts';

/** Payload of a scheduled connector's function: which of the domain's connectors runs. */
export interface ConnectorEvent {
  readonly connector?: string;
}

/** The connector that an event names, or the only one there is. Throws USAGE with the names there are. */
export function connectorOf<T extends { readonly name: string }>(
  connectors: readonly T[],
  event: ConnectorEvent,
): T {
  const [only] = connectors;
  if (event.connector === undefined && connectors.length === 1 && only !== undefined) return only;
  const named = connectors.find(({ name }) => name === event.connector);
  if (named !== undefined) return named;
  const names = connectors.map(({ name }) => `"${name}"`).join(', ');
  throw new SluiceError(
    'USAGE',
    `expected {"connector": …} with one of ${names}, got ${JSON.stringify(event.connector) ?? 'none'}`,
  );
}
