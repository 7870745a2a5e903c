import { AwsError, type JsonOperation } from '../gateway/json-protocol.ts';
import {
  type Input,
  invalidInput,
  optionalString,
  refuseUnknownMembers,
  requiredStructure,
} from '../glue/check-input.ts';
import { paginateByName } from '../glue/paginate.ts';
import { type RegistryDeps, registerVersion, statusOf } from './register-version.ts';
import { createRegistry } from './registry-operations.ts';
import {
  checkDataFormat,
  DEFAULT_REGISTRY,
  notFound,
  registryArn,
  registryOf,
  requiredCompatibility,
  requiredDefinition,
  requiredResourceName,
  requiredSchema,
  type SchemaName,
  schemaArn,
  versionNumber,
} from './request-members.ts';
import type { StoredSchema } from './schema-registry-store.ts';

const CREATE_MEMBERS = [
  'RegistryId',
  'SchemaName',
  'DataFormat',
  'Compatibility',
  'Description',
  'Tags',
  'SchemaDefinition',
];

/** Operations about schemas. Source: AWS Glue API, Schema registry. */
export function schemaOperations(deps: RegistryDeps): Readonly<Record<string, JsonOperation>> {
  const { store, nowMs } = deps;
  return {
    CreateSchema(input) {
      refuseUnknownMembers(input, CREATE_MEMBERS, 'CreateSchema');
      checkDataFormat(input);
      const registry = registryFor(deps, input);
      const definition = input['SchemaDefinition'] === undefined ? null : requiredDefinition(input);
      const created = createSchema(deps, {
        registry,
        name: requiredResourceName(input, 'SchemaName'),
        compatibility: requiredCompatibility(input),
        description: optionalString(input, 'Description') ?? '',
      });
      const version = definition === null ? null : registerVersion(deps, created, definition);
      const schema = existingSchema(deps, created);
      return {
        ...describeSchema(schema),
        Tags: input['Tags'] ?? {},
        ...(version === null
          ? {}
          : { SchemaVersionId: version.id, SchemaVersionStatus: statusOf(version, nowMs()) }),
      };
    },
    GetSchema: (input) => {
      const schema = existingSchema(deps, requiredSchema(input));
      return { ...describeSchema(schema), ...timesOf(schema) };
    },
    ListSchemas(input) {
      const names =
        input['RegistryId'] === undefined
          ? store.registries().map(({ name }) => name)
          : [registryOf(requiredStructure(input, 'RegistryId'))];
      for (const name of names)
        if (store.registry(name) === null) throw notFound(`Registry ${name}`);
      const named = names
        .flatMap((name) => store.schemas(name))
        .map((schema) => ({ name: `${schema.registry}/${schema.name}`, schema }));
      const { page, nextToken } = paginateByName(named, input);
      return { Schemas: page.map(({ schema }) => listItem(schema)), NextToken: nextToken };
    },
    UpdateSchema(input) {
      const members = ['SchemaId', 'SchemaVersionNumber', 'Compatibility', 'Description'];
      refuseUnknownMembers(input, members, 'UpdateSchema');
      const schema = existingSchema(deps, requiredSchema(input));
      store.putSchema({ ...changedSchema(schema, input), updatedMs: nowMs() });
      return {
        SchemaArn: schemaArn(schema.registry, schema.name),
        SchemaName: schema.name,
        RegistryName: schema.registry,
      };
    },
    DeleteSchema(input) {
      const schema = existingSchema(deps, requiredSchema(input));
      store.deleteSchema(schema.registry, schema.name);
      return {
        SchemaArn: schemaArn(schema.registry, schema.name),
        SchemaName: schema.name,
        Status: 'DELETING',
      };
    },
  };
}

/** The registry a request names; the default one exists as soon as it is needed. */
function registryFor(deps: RegistryDeps, input: Input): string {
  const given = input['RegistryId'];
  const name =
    given === undefined || given === null || Object.keys(given).length === 0
      ? DEFAULT_REGISTRY
      : registryOf(requiredStructure(input, 'RegistryId'));
  if (deps.store.registry(name) !== null) return name;
  if (name !== DEFAULT_REGISTRY) throw notFound(`Registry ${name}`);
  return createRegistry(deps, name, '').name;
}

export function createSchema(
  { store, nowMs }: RegistryDeps,
  schema: Pick<StoredSchema, 'registry' | 'name' | 'compatibility' | 'description'>,
): StoredSchema {
  if (store.schema(schema.registry, schema.name) !== null) {
    throw new AwsError(
      'AlreadyExistsException',
      `Schema already exists. SchemaName: ${schema.name}, RegistryName: ${schema.registry}`,
    );
  }
  const created: StoredSchema = {
    ...schema,
    checkpoint: 1,
    nextNumber: 1,
    versions: [],
    createdMs: nowMs(),
    updatedMs: nowMs(),
  };
  store.putSchema(created);
  return created;
}

export function existingSchema(
  { store }: RegistryDeps,
  { registry, name }: SchemaName,
): StoredSchema {
  const schema = store.schema(registry, name);
  if (schema === null) throw notFound(`Schema ${name} of registry ${registry}`);
  return schema;
}

/** The mode changes only together with a checkpoint. Source: AWS Glue API, UpdateSchema. */
function changedSchema(schema: StoredSchema, input: Input): StoredSchema {
  const description = optionalString(input, 'Description') ?? schema.description;
  const number = input['SchemaVersionNumber'];
  if (number === undefined) {
    if (input['Compatibility'] === undefined) return { ...schema, description };
    throw invalidInput('Compatibility is changed together with a SchemaVersionNumber');
  }
  const wanted = versionNumber(number) ?? latestNumber(schema);
  if (!schema.versions.some((version) => version.number === wanted)) {
    throw notFound(`Version ${wanted} of schema ${schema.name}`);
  }
  const compatibility =
    input['Compatibility'] === undefined ? schema.compatibility : requiredCompatibility(input);
  return { ...schema, description, compatibility, checkpoint: wanted };
}

/** Of the versions that passed; 0 when there is none. */
export function latestNumber({ versions }: StoredSchema): number {
  return versions.findLast(({ status }) => status === 'AVAILABLE')?.number ?? 0;
}

function describeSchema(schema: StoredSchema) {
  return {
    RegistryName: schema.registry,
    RegistryArn: registryArn(schema.registry),
    SchemaName: schema.name,
    SchemaArn: schemaArn(schema.registry, schema.name),
    Description: schema.description,
    DataFormat: 'AVRO',
    Compatibility: schema.compatibility,
    SchemaCheckpoint: schema.checkpoint,
    LatestSchemaVersion: latestNumber(schema),
    NextSchemaVersion: schema.nextNumber,
    SchemaStatus: 'AVAILABLE',
  };
}

function listItem(schema: StoredSchema) {
  const { RegistryName, SchemaName, SchemaArn, Description, SchemaStatus } = describeSchema(schema);
  return { RegistryName, SchemaName, SchemaArn, Description, SchemaStatus, ...timesOf(schema) };
}

function timesOf({ createdMs, updatedMs }: StoredSchema) {
  return {
    CreatedTime: new Date(createdMs).toISOString(),
    UpdatedTime: new Date(updatedMs).toISOString(),
  };
}
