import { z } from 'zod';
import { lambdaField } from '#core/config/lambda-config-model.ts';
import type { Domain, Project } from '#core/config/project.ts';
import { bufferStreamOf } from '#core/config/topic.ts';
import { SluiceError } from '#core/errors.ts';
import type { Field } from '#core/schema/field.ts';
import { currentSchemaVersion, findStream, type Registry } from '#core/schema/registry.ts';

/** What a function that puts events on a stream has to know of it. */
export interface ProducedStream {
  readonly name: string;
  /** Stream of the buffer that carries it. */
  readonly buffer: string;
  readonly key: string;
  readonly fields: readonly Field[];
  readonly identity: readonly string[];
  /** Newest version: what events are written with. */
  readonly schemaVersionId: string;
  /** Avro schema as JSON text. */
  readonly avro: string;
}

/** Throws CONFIG_INVALID when the schemas of the stream are missing. */
export function buildProducedStream(
  domain: Domain,
  name: string,
  context: { readonly project: Pick<Project, 'environment'>; readonly registry: Registry },
): ProducedStream {
  const stream = domain.streams.find((candidate) => candidate.name === name);
  const schemas = findStream(context.registry, domain.name, name);
  if (stream === undefined || schemas === null) {
    throw new SluiceError(
      'CONFIG_INVALID',
      `expected schemas of ${domain.name}.${name}, got none; run "npm run generate"`,
    );
  }
  const { key, fields, identity } = stream;
  const { schemaVersionId, avro } = currentSchemaVersion(schemas);
  const buffer = bufferStreamOf(context.project.environment.name, domain, name);
  return { name, buffer, key, fields, identity, schemaVersionId, avro };
}

/** Its keys in configuration assets. */
export const producedStreamKeys = {
  name: z.string(),
  buffer: z.string(),
  key: z.string(),
  fields: z.array(lambdaField).min(1),
  identity: z.array(z.string()).min(1),
  schemaVersionId: z.uuid(),
  avro: z.string(),
} as const;
