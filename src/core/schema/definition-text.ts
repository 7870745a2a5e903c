import { SluiceError } from '../errors.ts';
import { parseNamedTypes } from './evolution/resolvable-type.ts';
import { canonicalJson } from './schema-version-id.ts';

/**
 * Longest definition in characters. Source: AWS Glue API, RegisterSchemaVersion, `SchemaDefinition`.
 */
export const MAX_DEFINITION_LENGTH = 170_000;

/** A definition as it is sent to a registry: the JSON of a schema file without spaces. */
export function definitionText(avro: string): string {
  return JSON.stringify(JSON.parse(avro));
}

/**
 * What two definitions share that are one to a registry: documentation counts, the order of attributes
 * and spaces do not. Throws SCHEMA_INCOMPATIBLE for what is no Avro schema.
 */
export function definitionKey(definition: string): string {
  return canonicalJson(parseDefinition(definition));
}

/** The JSON value of a definition. Throws SCHEMA_INCOMPATIBLE for what is no Avro schema. */
export function parseDefinition(definition: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(definition);
  } catch (cause) {
    throw new SluiceError(
      'SCHEMA_INCOMPATIBLE',
      `schema definition of ${definition.length} characters is not JSON; expected an Avro schema`,
      { cause },
    );
  }
  parseNamedTypes(value);
  return value;
}
