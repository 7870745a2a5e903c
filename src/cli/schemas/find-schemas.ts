import { SluiceError } from '#core/errors.ts';
import type { Registry, StreamSchemas } from '#core/schema/registry.ts';

/** `trade` or `market.trade`, also of a stream that no domain names any more. Throws USAGE naming the streams that exist. */
export function findSchemas({ streams }: Registry, name: string): StreamSchemas {
  const found = streams.filter(
    ({ domain, stream }) => name === stream || name === `${domain}.${stream}`,
  );
  const [only] = found;
  if (only !== undefined && found.length === 1) return only;
  const known = streams.map(({ domain, stream }) => `${domain}.${stream}`).join(', ');
  throw new SluiceError('USAGE', `expected one of ${known}, got "${name}"`);
}
