import type { HttpPollConnector } from '#core/config/connector.ts';
import { namesIn } from '#core/poll/poll-template.ts';
import type { SecretStore } from '#ports/secret-store.ts';

/** Secrets that the requests of a connector carry. */
export function pollSecretNames({
  request,
}: Pick<HttpPollConnector, 'request'>): readonly string[] {
  const { url, headers, body, basic } = request;
  const texts = [url, body ?? '', basic?.user ?? '', basic?.password ?? ''];
  return namesIn([...texts, ...Object.values(headers)]).secrets;
}

/** Their values. Throws as SecretStore.read. */
export async function readPollSecrets(
  store: SecretStore,
  names: readonly string[],
  options: { readonly fresh: boolean },
): Promise<ReadonlyMap<string, string>> {
  const values = names.map(async (name) => [name, await store.read(name, options)] as const);
  return new Map(await Promise.all(values));
}
