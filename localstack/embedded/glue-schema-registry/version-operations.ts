import type { JsonOperation } from '../gateway/json-protocol.ts';
import {
  type Input,
  invalidInput,
  optionalString,
  refuseUnknownMembers,
} from '../glue/check-input.ts';
import { paginateByName } from '../glue/paginate.ts';
import { findVersion, type RegistryDeps, registerVersion, statusOf } from './register-version.ts';
import {
  checkDataFormat,
  definitionProblem,
  notFound,
  requiredDefinition,
  requiredSchema,
  schemaArn,
  versionNumber,
} from './request-members.ts';
import { existingSchema, latestNumber } from './schema-operations.ts';
import type { StoredSchema, StoredVersion } from './schema-registry-store.ts';

/** Source: AWS Glue API, GetSchemaVersion, `SchemaVersionId`. */
const VERSION_ID = /^[a-f0-9]{8}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{12}$/;

/** Operations about versions of schemas. Source: AWS Glue API, Schema registry. */
export function versionOperations(deps: RegistryDeps): Readonly<Record<string, JsonOperation>> {
  const { nowMs, store } = deps;
  return {
    RegisterSchemaVersion(input) {
      refuseUnknownMembers(input, ['SchemaId', 'SchemaDefinition'], 'RegisterSchemaVersion');
      const schema = existingSchema(deps, requiredSchema(input));
      const version = registerVersion(deps, schema, requiredDefinition(input));
      return {
        SchemaVersionId: version.id,
        VersionNumber: version.number,
        Status: statusOf(version, nowMs()),
      };
    },
    GetSchemaByDefinition(input) {
      refuseUnknownMembers(input, ['SchemaId', 'SchemaDefinition'], 'GetSchemaByDefinition');
      const schema = existingSchema(deps, requiredSchema(input));
      const version = findVersion(schema, requiredDefinition(input));
      if (version === null) throw notFound(`Schema version of ${schema.name} with this definition`);
      return describeVersion(schema, version, nowMs());
    },
    GetSchemaVersion(input) {
      const members = ['SchemaId', 'SchemaVersionId', 'SchemaVersionNumber'];
      refuseUnknownMembers(input, members, 'GetSchemaVersion');
      const { schema, version } = wantedVersion(deps, input);
      return {
        ...describeVersion(schema, version, nowMs()),
        SchemaDefinition: version.definition,
        VersionNumber: version.number,
      };
    },
    ListSchemaVersions(input) {
      const schema = existingSchema(deps, requiredSchema(input));
      // Padded numbers are in the order of the numbers.
      const named = schema.versions.map((version) => ({
        name: String(version.number).padStart(10, '0'),
        version,
      }));
      const { page, nextToken } = paginateByName(named, input);
      return {
        Schemas: page.map(({ version }) => {
          const { DataFormat: _format, ...item } = describeVersion(schema, version, nowMs());
          return { ...item, VersionNumber: version.number };
        }),
        NextToken: nextToken,
      };
    },
    DeleteSchemaVersions(input) {
      const schema = existingSchema(deps, requiredSchema(input));
      const numbers = parseVersions(optionalString(input, 'Versions') ?? '');
      const errors = numbers.flatMap((number) => deletionError(schema, number) ?? []);
      const failed = new Set(errors.map(({ VersionNumber }) => VersionNumber));
      const gone = new Set(numbers.filter((number) => !failed.has(number)));
      store.putSchema({
        ...schema,
        versions: schema.versions.filter(({ number }) => !gone.has(number)),
        updatedMs: nowMs(),
      });
      return { SchemaVersionErrors: errors };
    },
    CheckSchemaVersionValidity(input) {
      refuseUnknownMembers(input, ['DataFormat', 'SchemaDefinition'], 'CheckSchemaVersionValidity');
      checkDataFormat(input);
      const problem = definitionProblem(optionalString(input, 'SchemaDefinition') ?? '');
      return problem === null ? { Valid: true } : { Valid: false, Error: problem };
    },
  };
}

function describeVersion(schema: StoredSchema, version: StoredVersion, nowMs: number) {
  return {
    SchemaVersionId: version.id,
    SchemaArn: schemaArn(schema.registry, schema.name),
    DataFormat: 'AVRO',
    Status: statusOf(version, nowMs),
    CreatedTime: new Date(version.createdMs).toISOString(),
  };
}

function wantedVersion(
  deps: RegistryDeps,
  input: Input,
): { readonly schema: StoredSchema; readonly version: StoredVersion } {
  const id = optionalString(input, 'SchemaVersionId');
  if (id === null) {
    const schema = existingSchema(deps, requiredSchema(input));
    const number = versionNumber(input['SchemaVersionNumber']) ?? latestNumber(schema);
    const version = schema.versions.find((candidate) => candidate.number === number);
    if (version === undefined) throw notFound(`Version ${number} of schema ${schema.name}`);
    return { schema, version };
  }
  if (input['SchemaId'] !== undefined || input['SchemaVersionNumber'] !== undefined) {
    throw invalidInput('expected SchemaVersionId alone, or SchemaId and SchemaVersionNumber');
  }
  if (!VERSION_ID.test(id)) throw invalidInput('SchemaVersionId: expected a lower-case UUID');
  const schema = deps.store.schemaOfVersion(id);
  const version = schema?.versions.find((candidate) => candidate.id === id);
  if (schema === null || version === undefined) throw notFound(`Schema version ${id}`);
  return { schema, version };
}

/** `1`, `1-3`. Source: AWS Glue API, DeleteSchemaVersions, `Versions`. */
function parseVersions(text: string): readonly number[] {
  const [, first, last] = /^(\d{1,6})(?:-(\d{1,6}))?$/.exec(text) ?? [];
  const from = Number(first);
  const to = Number(last ?? first);
  if (!(from >= 1 && to >= from && to - from < 25)) {
    throw invalidInput('Versions: expected a number, or at most 25 as 2-5');
  }
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}

function deletionError(schema: StoredSchema, number: number) {
  const error = (ErrorCode: string, ErrorMessage: string) => ({
    VersionNumber: number,
    ErrorDetails: { ErrorCode, ErrorMessage },
  });
  if (!schema.versions.some((version) => version.number === number)) {
    return error('EntityNotFoundException', `Version ${number} is not found.`);
  }
  if (number !== schema.checkpoint) return null;
  return error('InvalidInputException', `Version ${number} is the checkpoint of the schema.`);
}
