import {
  arnOf,
  type CallInput,
  EVERYTHING,
  type JsonCallTable,
  textMember,
} from './service-call.ts';

function member(input: CallInput, name: string): CallInput {
  const value = input[name];
  return typeof value === 'object' && value !== null ? (value as CallInput) : {};
}

function registryArns(id: CallInput): readonly string[] {
  const arn = textMember(id, 'RegistryArn');
  return [arn === '' ? arnOf('glue', `registry/${textMember(id, 'RegistryName')}`) : arn];
}

/** A call about a schema needs its registry too. */
function schemaArns(input: CallInput): readonly string[] {
  const id = member(input, 'SchemaId');
  const arn = textMember(id, 'SchemaArn');
  const path =
    arn === ''
      ? `${textMember(id, 'RegistryName')}/${textMember(id, 'SchemaName')}`
      : arn.replace(/^.*:schema\//, '');
  const [registry = ''] = path.split('/');
  return [arnOf('glue', `registry/${registry}`), arnOf('glue', `schema/${path}`)];
}

const namedRegistry = (input: CallInput) => registryArns(member(input, 'RegistryId'));

/**
 * Permissions of the schema registry. A version that is asked for by its id alone belongs to a schema that
 * the request does not name, so that AWS asks for `*`.
 * Sources: AWS Glue developer guide, "Getting started with schema registry", IAM examples; Service
 * Authorization Reference, AWS Glue.
 */
export const SCHEMA_REGISTRY_CALLS: JsonCallTable = {
  CheckSchemaVersionValidity: EVERYTHING,
  CreateRegistry: (input) => [arnOf('glue', `registry/${textMember(input, 'RegistryName')}`)],
  CreateSchema(input) {
    const [registry = ''] = namedRegistry(input);
    const name = registry.replace(/^.*:registry\//, '');
    return [registry, arnOf('glue', `schema/${name}/${textMember(input, 'SchemaName')}`)];
  },
  DeleteRegistry: namedRegistry,
  DeleteSchema: schemaArns,
  DeleteSchemaVersions: schemaArns,
  GetRegistry: namedRegistry,
  GetSchema: schemaArns,
  GetSchemaByDefinition: schemaArns,
  GetSchemaVersion: (input) => (input['SchemaId'] === undefined ? EVERYTHING() : schemaArns(input)),
  ListRegistries: EVERYTHING,
  ListSchemaVersions: schemaArns,
  ListSchemas: (input) => (input['RegistryId'] === undefined ? EVERYTHING() : namedRegistry(input)),
  RegisterSchemaVersion: schemaArns,
  UpdateRegistry: namedRegistry,
  UpdateSchema: schemaArns,
};
