import { z } from 'zod';
import { connectorsOf } from '#core/config/connector.ts';
import { parseLambdaJson, serializeLambdaJson } from '#core/config/lambda-config.ts';
import type { Domain, Project } from '#core/config/project.ts';
import { deepFreeze } from '#core/config/resolve/merge-layers.ts';
import type { Registry } from '#core/schema/registry.ts';
import { buildProducedStream, type ProducedStream, producedStreamKeys } from './produced-stream.ts';

/** The JSON asset beside the http-ingest bundle of one domain. */
export interface HttpIngestConfig {
  readonly domain: string;
  readonly streams: readonly HttpIngestStream[];
}

/** What the function needs of a stream that clients may post to. */
export interface HttpIngestStream extends ProducedStream {
  readonly maxBodyBytes: number;
  readonly maxEvents: number;
}

/** The configuration of a domain's API; null when it has none. Throws CONFIG_INVALID when schemas are missing. */
export function buildHttpIngestConfig(
  project: Pick<Project, 'environment'>,
  domain: Domain,
  registry: Registry,
): HttpIngestConfig | null {
  const connectors = connectorsOf(domain, 'http-ingest');
  if (connectors.length === 0) return null;
  const streams = connectors.flatMap((connector) =>
    connector.streams.map((name) => ({
      ...buildProducedStream(domain, name, { project, registry }),
      maxBodyBytes: connector.maxBodyBytes,
      maxEvents: connector.maxEvents,
    })),
  );
  return deepFreeze({ domain: domain.name, streams });
}

const configModel: z.ZodType<HttpIngestConfig> = z.strictObject({
  domain: z.string(),
  streams: z
    .array(
      z.strictObject({
        ...producedStreamKeys,
        maxBodyBytes: z.int().min(1),
        maxEvents: z.int().min(1),
      }),
    )
    .min(1),
});

/** The text of the asset; the same configuration gives the same bytes. */
export function serializeHttpIngestConfig(config: HttpIngestConfig): string {
  return serializeLambdaJson(config);
}

/** Inverse of serializeHttpIngestConfig, frozen. Throws CONFIG_INVALID with every key that is wrong. */
export function parseHttpIngestConfig(text: string): HttpIngestConfig {
  return parseLambdaJson(text, configModel, { what: 'http-ingest configuration' });
}
