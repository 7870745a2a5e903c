import { z } from 'zod';
import type { ConfigPath } from './config-issue.ts';

/** The part of JSON Schema that models use. */
export interface JsonSchema {
  readonly $ref?: string;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly additionalProperties?: JsonSchema | boolean;
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly allOf?: readonly JsonSchema[];
  readonly definitions?: Readonly<Record<string, JsonSchema>>;
}

/** The JSON Schema of a model as editors read it: draft 7 is what the YAML language server knows best. */
export function jsonSchemaOf(model: z.ZodType): JsonSchema {
  return z.toJSONSchema(model, { io: 'input', target: 'draft-7' }) as JsonSchema;
}

/** Keys that the model knows at a path; empty when the path leaves the model. */
export function knownKeys(root: JsonSchema, path: ConfigPath): string[] {
  let candidates = expandSchema(root, root);
  for (const step of path) {
    candidates = candidates.flatMap((schema) => {
      const next = stepInto(schema, step);
      return next === null ? [] : expandSchema(root, next);
    });
  }
  return [...new Set(candidates.flatMap((schema) => Object.keys(schema.properties ?? {})))];
}

function stepInto(schema: JsonSchema, step: string | number): JsonSchema | null {
  if (typeof step === 'number') return schema.items ?? null;
  const properties = schema.properties ?? {};
  if (Object.hasOwn(properties, step)) return properties[step] ?? null;
  return typeof schema.additionalProperties === 'object' ? schema.additionalProperties : null;
}

/** A schema with its references, alternatives and parts laid side by side. */
function expandSchema(root: JsonSchema, schema: JsonSchema): JsonSchema[] {
  if (schema.$ref !== undefined) {
    const name = schema.$ref.replace('#/definitions/', '');
    const target = schema.$ref === '#' ? root : root.definitions?.[name];
    return target === undefined ? [] : expandSchema(root, target);
  }
  const parts = [...(schema.anyOf ?? []), ...(schema.allOf ?? [])];
  return parts.length === 0 ? [schema] : parts.flatMap((part) => expandSchema(root, part));
}
