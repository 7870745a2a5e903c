import { z } from 'zod';
import type { ConfigPath } from './config-issue.ts';
import { valueAt } from './reporter.ts';

/** The part of JSON Schema that models use. */
export interface JsonSchema {
  readonly $ref?: string;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly additionalProperties?: JsonSchema | boolean;
  readonly items?: JsonSchema;
  readonly const?: unknown;
  /** As a user would write it. */
  readonly default?: unknown;
  readonly description?: string;
  readonly anyOf?: readonly JsonSchema[];
  /** Alternatives that are told apart by the constant of one key. */
  readonly oneOf?: readonly JsonSchema[];
  readonly allOf?: readonly JsonSchema[];
  readonly definitions?: Readonly<Record<string, JsonSchema>>;
}

/** Of each model once: every file of every parse asks for it. */
const schemas = new WeakMap<z.ZodType, JsonSchema>();

/** The JSON Schema of a model as editors read it: draft 7 is what the YAML language server knows best. */
export function jsonSchemaOf(model: z.ZodType): JsonSchema {
  const known = schemas.get(model);
  if (known !== undefined) return known;
  const schema = toJsonSchema(model);
  schemas.set(model, schema);
  return schema;
}

function toJsonSchema(model: z.ZodType): JsonSchema {
  return z.toJSONSchema(model, {
    io: 'input',
    target: 'draft-7',
    // Zod drops the default of what it transforms; ours are as a user would write them.
    override: ({ zodSchema, jsonSchema }) => {
      const written = z.globalRegistry.get(zodSchema)?.['default'];
      if (written !== undefined) Object.assign(jsonSchema, { default: written });
    },
  }) as JsonSchema;
}

/**
 * Keys that the model knows at a path of a value; empty when the path leaves the model. Of alternatives that are told
 * apart by a key, the one that the value names counts.
 */
export function knownKeys(root: JsonSchema, path: ConfigPath, value: unknown): string[] {
  let candidates = fittingSchemas(expandSchema(root, root), value);
  for (const [index, step] of path.entries()) {
    const next = candidates.flatMap((schema) => {
      const inner = stepInto(schema, step);
      return inner === null ? [] : expandSchema(root, inner);
    });
    candidates = fittingSchemas(next, valueAt(value, path.slice(0, index + 1)));
  }
  return [...new Set(candidates.flatMap((schema) => Object.keys(schema.properties ?? {})))];
}

/** The schemas none of whose constants the value contradicts; all of them when it contradicts each. */
export function fittingSchemas(schemas: JsonSchema[], value: unknown): JsonSchema[] {
  const fitting = schemas.filter((schema) =>
    Object.entries(schema.properties ?? {}).every(
      ([key, property]) => property.const === undefined || property.const === valueAt(value, [key]),
    ),
  );
  return fitting.length === 0 ? schemas : fitting;
}

function stepInto(schema: JsonSchema, step: string | number): JsonSchema | null {
  if (typeof step === 'number') return schema.items ?? null;
  const properties = schema.properties ?? {};
  if (Object.hasOwn(properties, step)) return properties[step] ?? null;
  return typeof schema.additionalProperties === 'object' ? schema.additionalProperties : null;
}

/** A schema with its references, alternatives and parts laid side by side. */
export function expandSchema(root: JsonSchema, schema: JsonSchema): JsonSchema[] {
  if (schema.$ref !== undefined) {
    const name = schema.$ref.replace('#/definitions/', '');
    const target = schema.$ref === '#' ? root : root.definitions?.[name];
    return target === undefined ? [] : expandSchema(root, target);
  }
  const parts = [...(schema.anyOf ?? []), ...(schema.oneOf ?? []), ...(schema.allOf ?? [])];
  return parts.length === 0 ? [schema] : parts.flatMap((part) => expandSchema(root, part));
}
