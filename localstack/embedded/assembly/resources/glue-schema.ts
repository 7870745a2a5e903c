import { z } from 'zod';
import { COMPATIBILITY_MODES, MODE_RULES } from '#core/schema/evolution/compatibility-mode.ts';
import { uuidV5 } from '#core/schema/schema-version-id.ts';
import {
  definitionProblem,
  registryArn,
  schemaArn,
} from '../../glue-schema-registry/request-members.ts';
import {
  defineResourceType,
  type PropertyProblem,
  type ResourcePlace,
  type ResourceType,
} from '../resource-type.ts';
import { tags } from './tags.ts';

const registry = z.strictObject({
  Name: z.string(),
  Description: z.string().optional(),
  Tags: tags,
});

const schema = z.strictObject({
  Registry: z.strictObject({ Name: z.string() }),
  Name: z.string(),
  DataFormat: z.literal('AVRO'),
  Compatibility: z.enum(COMPATIBILITY_MODES.map((mode) => MODE_RULES[mode].glue)),
  Description: z.string().optional(),
  SchemaDefinition: z.string(),
  Tags: tags,
});

const schemaVersion = z.strictObject({
  Schema: z.strictObject({ RegistryName: z.string(), SchemaName: z.string() }),
  SchemaDefinition: z.string(),
});

/** Fixed, so that a version has the same id at every start. */
const VERSION_NAMESPACE = '0f6c7a1e-63f0-4c55-8d0b-5a3f6f1c9e02';

function versionIdOf({ stack, logicalId }: ResourcePlace): string {
  return uuidV5(VERSION_NAMESPACE, `${stack}/${logicalId}`);
}

function checkDefinition(definition: string): readonly PropertyProblem[] {
  const message = definitionProblem(definition);
  return message === null ? [] : [{ about: 'value', path: ['SchemaDefinition'], message }];
}

/** Source: AWS CloudFormation, AWS::Glue::Registry, AWS::Glue::Schema, AWS::Glue::SchemaVersion. */
export const GLUE_SCHEMA_RESOURCE_TYPES: Readonly<Record<string, ResourceType>> = {
  'AWS::Glue::Registry': defineResourceType({
    properties: registry,
    identify: ({ Name }) => ({ ref: registryArn(Name), attributes: { Arn: registryArn(Name) } }),
    ensure: ({ Name: name, Description: description = '' }, { services }) =>
      services.glue.schemaRegistry.ensureRegistry({ name, description }),
  }),
  'AWS::Glue::Schema': defineResourceType({
    properties: schema,
    identify(properties, place) {
      const arn = schemaArn(properties.Registry.Name, properties.Name);
      return { ref: arn, attributes: { Arn: arn, InitialSchemaVersionId: versionIdOf(place) } };
    },
    check: ({ SchemaDefinition }) => checkDefinition(SchemaDefinition),
    ensure: (properties, { services, place }) =>
      services.glue.schemaRegistry.ensureSchema({
        registry: properties.Registry.Name,
        name: properties.Name,
        compatibility: properties.Compatibility,
        description: properties.Description ?? '',
        definition: properties.SchemaDefinition,
        versionId: versionIdOf(place),
      }),
  }),
  'AWS::Glue::SchemaVersion': defineResourceType({
    properties: schemaVersion,
    identify(_properties, place) {
      const id = versionIdOf(place);
      return { ref: id, attributes: { VersionId: id } };
    },
    check: ({ SchemaDefinition }) => checkDefinition(SchemaDefinition),
    ensure: ({ Schema, SchemaDefinition: definition }, { services, place }) =>
      services.glue.schemaRegistry.ensureSchemaVersion({
        registry: Schema.RegistryName,
        schema: Schema.SchemaName,
        definition,
        versionId: versionIdOf(place),
      }),
  }),
};
