import { hasCode } from '#core/errors.ts';
import { definitionKey, MAX_DEFINITION_LENGTH } from '#core/schema/definition-text.ts';
import { modeOf } from '#core/schema/evolution/compatibility-mode.ts';
import { AwsError } from '../gateway/json-protocol.ts';
import {
  type Input,
  invalidInput,
  optionalString,
  requiredStructure,
} from '../glue/check-input.ts';
import { LOCAL_ACCOUNT, LOCAL_REGION } from '../services.ts';

/** The registry of schemas that name none. Source: AWS Glue, "How the schema registry works". */
export const DEFAULT_REGISTRY = 'default-registry';

/** Source: AWS Glue API, CreateRegistry, `RegistryName`; CreateSchema, `SchemaName`. */
const NAME = /^[a-zA-Z0-9_$#.-]{1,255}$/;

export function notFound(what: string): AwsError {
  return new AwsError('EntityNotFoundException', `${what} is not found.`);
}

export function registryArn(name: string): string {
  return `arn:aws:glue:${LOCAL_REGION}:${LOCAL_ACCOUNT}:registry/${name}`;
}

export function schemaArn(registry: string, name: string): string {
  return `arn:aws:glue:${LOCAL_REGION}:${LOCAL_ACCOUNT}:schema/${registry}/${name}`;
}

export function requiredResourceName(input: Input, member: string): string {
  const name = optionalString(input, member);
  if (name !== null && NAME.test(name)) return name;
  throw invalidInput(
    `${member}: expected 1 to 255 letters, digits and _ $ # . -, got ${name === null ? 'nothing' : `${name.length} characters`}`,
  );
}

/** Name of a registry, by name or ARN. */
export function registryOf(id: Input): string {
  const [name, arn] = [optionalString(id, 'RegistryName'), optionalString(id, 'RegistryArn')];
  if ((name === null) === (arn === null)) {
    throw invalidInput('expected one of RegistryName and RegistryArn');
  }
  if (arn === null) return requiredResourceName(id, 'RegistryName');
  const prefix = registryArn('');
  if (!arn.startsWith(prefix)) throw invalidInput(`RegistryArn: expected ${prefix}<name>`);
  return arn.slice(prefix.length);
}

export interface SchemaName {
  readonly registry: string;
  readonly name: string;
}

/** Name of a schema, by names or ARN. */
export function schemaOf(id: Input): SchemaName {
  const arn = optionalString(id, 'SchemaArn');
  const [registry, name] = [optionalString(id, 'RegistryName'), optionalString(id, 'SchemaName')];
  if (arn === null) {
    if (name === null || registry === null) {
      throw invalidInput('expected SchemaArn, or SchemaName and RegistryName');
    }
    return { registry, name: requiredResourceName(id, 'SchemaName') };
  }
  if (name !== null || registry !== null) {
    throw invalidInput('expected SchemaArn alone, or SchemaName and RegistryName');
  }
  const prefix = schemaArn('', '').slice(0, -1);
  const [first, second, ...rest] = arn.slice(prefix.length).split('/');
  if (!arn.startsWith(prefix) || first === undefined || second === undefined || rest.length > 0) {
    throw invalidInput(`SchemaArn: expected ${prefix}<registry>/<schema>`);
  }
  return { registry: first, name: second };
}

export function requiredSchema(input: Input): SchemaName {
  return schemaOf(requiredStructure(input, 'SchemaId'));
}

/** An Avro definition within the limits of the API. */
export function requiredDefinition(input: Input): string {
  const definition = optionalString(input, 'SchemaDefinition');
  if (definition === null || definition.length === 0) {
    throw invalidInput('SchemaDefinition: expected a schema, got nothing');
  }
  const problem = definitionProblem(definition);
  if (problem !== null) throw invalidInput(problem);
  return definition;
}

/** What is wrong with a definition, or null. */
export function definitionProblem(definition: string): string | null {
  if (definition.length > MAX_DEFINITION_LENGTH) {
    return `Schema definition of ${definition.length} characters exceeds ${MAX_DEFINITION_LENGTH}.`;
  }
  try {
    definitionKey(definition);
    return null;
  } catch (error) {
    if (hasCode(error, 'SCHEMA_INCOMPATIBLE')) {
      return `Schema definition of AVRO data format is invalid: ${error.message}`;
    }
    throw error;
  }
}

export function checkDataFormat(input: Input): void {
  const format = input['DataFormat'];
  if (format === 'AVRO') return;
  if (format === 'JSON' || format === 'PROTOBUF') {
    throw invalidInput(`the local cloud does not emulate the data format ${format}`);
  }
  throw invalidInput(`DataFormat: expected AVRO, JSON or PROTOBUF, got ${String(format)}`);
}

export function requiredCompatibility(input: Input): string {
  const value = optionalString(input, 'Compatibility');
  if (value !== null && modeOf('glue', value) !== null) return value;
  throw invalidInput(`Compatibility: expected a compatibility mode, got ${value ?? 'nothing'}`);
}

/** A number of versions, `null` for the latest one. */
export function versionNumber(value: unknown): number | null {
  const number = value as { readonly LatestVersion?: unknown; readonly VersionNumber?: unknown };
  if (typeof value !== 'object' || value === null) {
    throw invalidInput('SchemaVersionNumber: expected LatestVersion or VersionNumber');
  }
  const { LatestVersion: latest, VersionNumber: given } = number;
  if (latest === true && given === undefined) return null;
  if (latest !== true && typeof given === 'number' && Number.isInteger(given) && given >= 1) {
    return given;
  }
  throw invalidInput('SchemaVersionNumber: expected either LatestVersion or a VersionNumber');
}
