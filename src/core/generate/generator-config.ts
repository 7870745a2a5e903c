import { z } from 'zod';
import { connectorsOf, type GeneratorConnector } from '../config/connector.ts';
import { parseLambdaJson, serializeLambdaJson } from '../config/lambda-config.ts';
import type { Domain, Project } from '../config/project.ts';
import { deepFreeze } from '../config/resolve/merge-layers.ts';
import {
  buildProducedStream,
  type ProducedStream,
  producedStreamKeys,
} from '../ingest/produced-stream.ts';
import type { Registry } from '../schema/registry.ts';
import type { GeneratedStream } from './generate-events.ts';

/** The JSON asset beside the generator bundle of one domain. */
export interface GeneratorConfig {
  readonly domain: string;
  readonly connectors: readonly GeneratorConnector[];
  readonly streams: readonly GeneratorStream[];
}

/** A stream that gets synthetic events. */
export type GeneratorStream = ProducedStream & GeneratedStream;

/** The configuration of a domain's generator; null when no connector is of the kind. Throws CONFIG_INVALID when schemas are missing. */
export function buildGeneratorConfig(
  project: Pick<Project, 'environment'>,
  domain: Domain,
  registry: Registry,
): GeneratorConfig | null {
  const connectors = connectorsOf(domain, 'generator');
  if (connectors.length === 0) return null;
  const names = new Set(connectors.flatMap(({ streams }) => streams));
  const streams = domain.streams
    .filter(({ name }) => names.has(name))
    .map(({ name, eventTime, watermark, quality, generate }) => ({
      ...buildProducedStream(domain, name, { project, registry }),
      domain: domain.name,
      eventTime,
      watermark,
      quality,
      generate,
    }));
  return deepFreeze({ domain: domain.name, connectors, streams });
}

const nth = z.int().min(2).nullable();

const configModel: z.ZodType<GeneratorConfig> = z.strictObject({
  domain: z.string(),
  connectors: z
    .array(
      z.strictObject({
        name: z.string(),
        kind: z.literal('generator'),
        environments: z.array(z.string()).nullable(),
        streams: z.array(z.string()).min(1),
        producers: z
          .array(
            z.strictObject({
              everyMs: z.int().min(1),
              minRecords: z.int().min(0),
              maxRecords: z.int().min(1),
            }),
          )
          .min(1),
        seed: z.string(),
        faults: z.strictObject({ brokenEvery: nth, duplicateEvery: nth, lateEvery: nth }),
      }),
    )
    .min(1),
  streams: z
    .array(
      z.strictObject({
        ...producedStreamKeys,
        domain: z.string(),
        eventTime: z.string().nullable(),
        watermark: z.strictObject({
          delayMs: z.number(),
          idleMs: z.number(),
          maxFutureSkewMs: z.number(),
        }),
        quality: z.array(
          z.strictObject({
            name: z.string(),
            rule: z.string(),
            onFail: z.enum(['reject', 'flag']),
          }),
        ),
        generate: z.record(z.string(), z.string()),
      }),
    )
    .min(1),
});

/** The text of the asset; the same configuration gives the same bytes. */
export function serializeGeneratorConfig(config: GeneratorConfig): string {
  return serializeLambdaJson(config);
}

/** Inverse of serializeGeneratorConfig, frozen. Throws CONFIG_INVALID with every key that is wrong. */
export function parseGeneratorConfig(text: string): GeneratorConfig {
  return parseLambdaJson(text, configModel, { what: 'generator configuration' });
}
