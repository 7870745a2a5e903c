import type { Domain, Project } from '#core/config/project.ts';
import { topicsOf } from '#core/config/topic.ts';
import { type GeneratorConfig, serializeGeneratorConfig } from '#core/generate/generator-config.ts';
import { type HttpPollConfig, serializeHttpPollConfig } from '#core/poll/poll-config.ts';
import type { ConnectorProps } from './constructs/connector-function.ts';
import type { HttpPollProps } from './constructs/http-poll.ts';
import type { LambdaBundler } from './constructs/lambda-code.ts';
import { nameScope } from './names.ts';
import type { IngestionStack } from './stacks/ingestion-stack.ts';
import type { StorageStack } from './stacks/storage-stack.ts';

/** Entry of the http-poll connectors' bundle. */
export const HTTP_POLL_ENTRY = 'lambdas/connectors/http-poll.ts';

/** Entry of the generator connectors' bundle. */
export const GENERATOR_ENTRY = 'lambdas/connectors/generator.ts';

interface ConnectorOptions {
  readonly deployment: { readonly project: Project; readonly bundler: LambdaBundler };
  readonly part: {
    readonly domain: Domain;
    readonly httpPoll: HttpPollConfig | null;
    readonly generator: GeneratorConfig | null;
  };
  readonly storage: StorageStack;
}

/** What the http-poll connectors of a domain are made from; null when it has none. */
export function httpPollProps(
  options: ConnectorOptions,
  ingestion: IngestionStack,
): HttpPollProps | null {
  const { httpPoll } = options.part;
  if (httpPoll === null) return null;
  return {
    ...connectorProps(options, ingestion, httpPoll.streams),
    connectorState: options.storage.connectorState,
    deadLetters: options.storage.deadLetters,
    secrets: httpPoll.secrets,
    bundle: options.deployment.bundler.bundle(HTTP_POLL_ENTRY),
    config: serializeHttpPollConfig(httpPoll),
  };
}

/** What the generator connectors of a domain are made from; null when it has none. */
export function generatorProps(
  options: ConnectorOptions,
  ingestion: IngestionStack,
): ConnectorProps | null {
  const { generator } = options.part;
  if (generator === null) return null;
  return {
    ...connectorProps(options, ingestion, generator.streams),
    bundle: options.deployment.bundler.bundle(GENERATOR_ENTRY),
    config: serializeGeneratorConfig(generator),
  };
}

/** Only the topics of the streams that get events: the role may write to no other. */
function connectorProps(
  { deployment, part, storage }: ConnectorOptions,
  ingestion: IngestionStack,
  streams: readonly { readonly name: string }[],
): Omit<ConnectorProps, 'bundle' | 'config'> {
  const names = streams.map(({ name }) => name);
  const topics = topicsOf(part.domain).filter((topic) =>
    topic.streams.some((name) => names.includes(name)),
  );
  return {
    names: nameScope(deployment.project),
    environment: deployment.project.environment,
    domain: part.domain,
    streams: ingestion.streams.filter(({ topic }) => topics.some(({ name }) => name === topic)),
    receipts: storage.receipts,
  };
}
