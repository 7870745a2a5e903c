import { Aws } from 'aws-cdk-lib';
import type { Environment } from '#core/config/project.ts';
import {
  buildSchemaRegistryConfig,
  SCHEMA_REGISTRY_VARIABLE,
  serializeSchemaRegistryConfig,
} from '#core/config/schema-registry-config.ts';
import { subjectOf } from '#core/schema/identify-schema.ts';
import type { Grant } from './policy-grants.ts';
import { secretGrants } from './secret-grants.ts';

type RegistryOwner = Pick<Environment, 'schemaRegistry' | 'secrets'>;

/** Tells a function that reads or writes events which registry there is; nothing when there is none. */
export function schemaRegistryVariables(environment: RegistryOwner): Record<string, string> {
  const config = buildSchemaRegistryConfig(environment);
  return config === null
    ? {}
    : { [SCHEMA_REGISTRY_VARIABLE]: serializeSchemaRegistryConfig(config) };
}

/**
 * What a reader of events needs: a version by its id alone. The request names no schema, so that AWS checks it
 * against every resource. Source: AWS Glue developer guide, "Getting started with schema registry", IAM examples.
 */
export function schemaReaderGrants(environment: RegistryOwner): readonly Grant[] {
  const { schemaRegistry } = environment;
  return schemaRegistry.kind === 'glue'
    ? [{ actions: ['glue:GetSchemaVersion'], resources: ['*'] }]
    : passwordGrants(environment);
}

/** The finding that schemaReaderGrants raises in AwsSolutions-IAM5. */
export function schemaReaderAcknowledgements({
  schemaRegistry,
}: RegistryOwner): readonly { readonly id: string; readonly reason: string }[] {
  if (schemaRegistry.kind !== 'glue') return [];
  const reason =
    'a schema version is asked for by the id in a record, which names no schema: the action has no narrower resource';
  return [{ id: 'AwsSolutions-IAM5[Resource::*]', reason }];
}

/** What a producer of these streams needs: the id of its definition. */
export function schemaFinderGrants(
  environment: RegistryOwner,
  domain: string,
  streams: readonly string[],
): readonly Grant[] {
  const { schemaRegistry } = environment;
  if (schemaRegistry.kind !== 'glue') return passwordGrants(environment);
  const { name } = schemaRegistry;
  const resources = [
    `registry/${name}`,
    ...streams.map((stream) => `schema/${name}/${subjectOf('glue', domain, stream)}`),
  ];
  return [
    {
      actions: ['glue:GetSchemaByDefinition'],
      resources: resources.map(
        (resource) => `arn:${Aws.PARTITION}:glue:${Aws.REGION}:${Aws.ACCOUNT_ID}:${resource}`,
      ),
    },
  ];
}

function passwordGrants(environment: RegistryOwner): readonly Grant[] {
  const secrets = buildSchemaRegistryConfig(environment)?.secrets ?? null;
  return secrets === null ? [] : secretGrants(secrets);
}
