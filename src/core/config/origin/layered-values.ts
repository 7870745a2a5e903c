import type { ConfigPath } from '../source/config-issue.ts';
import { expandSchema, fittingSchemas, type JsonSchema } from '../source/model-keys.ts';
import { valueAt } from '../source/reporter.ts';
import type { Origin, ResolvedValue } from './origin.ts';

/** What one file, or the code itself, says about a part of the configuration. */
export interface ValueLayer {
  /** As it is written; undefined when the layer says nothing. */
  readonly value: unknown;
  /** Where the value at a path below stands. */
  readonly originOf: (path: ConfigPath) => Origin;
}

/** A model's JSON Schema, and the part of it that the layers are about. */
export interface SchemaPart {
  readonly root: JsonSchema;
  readonly schema: JsonSchema;
}

/**
 * The leaves of layers laid over each other, the last the strongest, as mergeLayers does it: mappings merge
 * key by key, everything else is replaced. Defaults of the schema are the weakest layer. What the schema lets
 * be text or a mapping (a field, a mapped column) is one value.
 */
export function layeredValues(
  path: ConfigPath,
  layers: readonly ValueLayer[],
  part: SchemaPart,
): readonly ResolvedValue[] {
  const { default: schemaDefault } = part.schema;
  const all = [defaultLayer(schemaDefault), ...layers].filter(({ value }) => value !== undefined);
  const strongest = all.at(-1);
  if (strongest === undefined) return [];
  const schemas = fittingSchemas(expandSchema(part.root, part.schema), strongest.value);
  if (!isMapping(strongest.value) || !isBranch(schemas)) {
    return [{ path, value: strongest.value, origin: strongest.originOf([]) }];
  }
  // What is weaker than a value that is no mapping was replaced by it.
  const mappings = all.slice(all.findLastIndex(({ value }) => !isMapping(value)) + 1);
  const keys = new Set([
    ...schemas.flatMap(({ properties = {} }) => Object.keys(properties)),
    ...mappings.flatMap(({ value }) => (isMapping(value) ? Object.keys(value) : [])),
  ]);
  return [...keys].flatMap((key) =>
    layeredValues(
      [...path, key],
      mappings.map((layer) => layerBelow(layer, key)),
      { root: part.root, schema: schemaBelow(schemas[0], key) },
    ),
  );
}

/** A layer of values that stand in no file. */
export function defaultLayer(value: unknown): ValueLayer {
  return { value, originOf: () => ({ kind: 'default' }) };
}

/** What a layer says about one key. */
export function layerBelow(layer: ValueLayer, key: string): ValueLayer {
  return {
    value: valueAt(layer.value, [key]),
    originOf: (path) => layer.originOf([key, ...path]),
  };
}

/** True when a mapping here is a group of values: nothing is known about it, or only that it is one kind of mapping. */
function isBranch(schemas: readonly JsonSchema[]): boolean {
  const [schema, ...others] = schemas;
  if (schema === undefined || others.length > 0) return schemas.length === 0;
  return (
    Object.keys(schema).length === 0 ||
    schema.properties !== undefined ||
    schema.additionalProperties !== undefined
  );
}

function schemaBelow(schema: JsonSchema | undefined, key: string): JsonSchema {
  const property = valueAt(schema?.properties, [key]);
  if (property !== undefined) return property as JsonSchema;
  const { additionalProperties } = schema ?? {};
  return typeof additionalProperties === 'object' ? additionalProperties : {};
}

function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
