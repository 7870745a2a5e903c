import { z } from 'zod';
import { connectorsOf, type HttpPollConnector } from '#core/config/connector.ts';
import { parseLambdaJson, serializeLambdaJson } from '#core/config/lambda-config.ts';
import type { Domain, Project } from '#core/config/project.ts';
import { deepFreeze } from '#core/config/resolve/merge-layers.ts';
import {
  buildProducedStream,
  type ProducedStream,
  producedStreamKeys,
} from '#core/ingest/produced-stream.ts';
import type { Registry } from '#core/schema/registry.ts';
import {
  buildSecretsConfig,
  type SecretsConfig,
  secretsConfigModel,
} from '#core/secret/secrets-config.ts';
import { namesOf, secretsIn } from '#core/secret/used-secrets.ts';

/** The JSON asset beside the http-poll bundle of one domain. */
export interface HttpPollConfig {
  readonly domain: string;
  readonly connectors: readonly HttpPollConnector[];
  readonly streams: readonly ProducedStream[];
  readonly secrets: SecretsConfig;
}

/** The configuration of a domain's http-poll function; null when no connector is of the kind. Throws CONFIG_INVALID when schemas are missing. */
export function buildHttpPollConfig(
  project: Pick<Project, 'environment'>,
  domain: Domain,
  registry: Registry,
): HttpPollConfig | null {
  const connectors = connectorsOf(domain, 'http-poll');
  if (connectors.length === 0) return null;
  const names = new Set(connectors.map(({ stream }) => stream));
  const streams = [...names].map((name) =>
    buildProducedStream(domain, name, { project, registry }),
  );
  const secrets = buildSecretsConfig(project.environment.secrets, namesOf(secretsIn(connectors)));
  return deepFreeze({ domain: domain.name, connectors, streams, secrets });
}

const connectorModel: z.ZodType<HttpPollConnector> = z.strictObject({
  name: z.string(),
  kind: z.literal('http-poll'),
  environments: z.array(z.string()).nullable(),
  stream: z.string(),
  everyMinutes: z.int().min(1),
  request: z.strictObject({
    method: z.enum(['GET', 'POST']),
    url: z.string(),
    headers: z.record(z.string(), z.string()),
    body: z.string().nullable(),
    basic: z.strictObject({ user: z.string(), password: z.string() }).nullable(),
  }),
  records: z.string(),
  select: z.array(
    z.strictObject({
      field: z.string(),
      from: z.string(),
      epoch: z.enum(['s', 'ms', 'us', 'ns']).nullable(),
    }),
  ),
  cursor: z
    .strictObject({
      initial: z.string(),
      from: z.string(),
      order: z.enum(['max', 'last']),
      compare: z.enum(['number', 'time', 'text']),
      overlapMs: z.number().min(0),
    })
    .nullable(),
  pagination: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.enum(['none', 'link-header']) }),
    z.strictObject({ kind: z.literal('next'), path: z.string() }),
    z.strictObject({
      kind: z.literal('page'),
      param: z.string(),
      start: z.int(),
      size: z.int().nullable(),
    }),
    z.strictObject({ kind: z.literal('token'), path: z.string(), param: z.string() }),
  ]),
  limits: z.strictObject({
    maxPages: z.int().min(1),
    requestsPerSecond: z.number().nullable(),
    timeoutMs: z.number(),
    maxResponseBytes: z.number(),
    attempts: z.int().min(1),
    retryBaseMs: z.number(),
    retryMaxMs: z.number(),
  }),
  allow: z.array(z.enum(['http', 'loopback', 'private', 'link-local'])),
});

const configModel: z.ZodType<HttpPollConfig> = z.strictObject({
  domain: z.string(),
  connectors: z.array(connectorModel).min(1),
  streams: z.array(z.strictObject(producedStreamKeys)).min(1),
  secrets: secretsConfigModel,
});

/** The text of the asset; the same configuration gives the same bytes. */
export function serializeHttpPollConfig(config: HttpPollConfig): string {
  return serializeLambdaJson(config);
}

/** Inverse of serializeHttpPollConfig, frozen. Throws CONFIG_INVALID with every key that is wrong. */
export function parseHttpPollConfig(text: string): HttpPollConfig {
  return parseLambdaJson(text, configModel, { what: 'http-poll configuration' });
}
