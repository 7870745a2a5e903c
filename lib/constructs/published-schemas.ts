import type { RemovalPolicy } from 'aws-cdk-lib';
import { CfnSchema, CfnSchemaVersion } from 'aws-cdk-lib/aws-glue';
import { Construct } from 'constructs';
import { definitionText } from '#core/schema/definition-text.ts';
import { type CompatibilityMode, MODE_RULES } from '#core/schema/evolution/compatibility-mode.ts';
import { publishableMode } from '#core/schema/publishable-mode.ts';

/** A stream as the registry's page shows it. */
export interface PublishedSchema {
  /** Subject: `market.trade`. */
  readonly name: string;
  readonly description: string;
  readonly compatibility: CompatibilityMode;
  /** Avro schemas of all versions, oldest first, as they stand in schemas/avro. */
  readonly versions: readonly string[];
}

export interface PublishedSchemasProps {
  readonly registry: string;
  readonly schemas: readonly PublishedSchema[];
  readonly removalPolicy: RemovalPolicy;
}

/**
 * Schemas and versions of a domain in a Glue schema registry, created in their order, so that the registry
 * numbers them as we do. They stay where data stays: records name them. The first version
 * stands in the schema resource and never changes, since CloudFormation would replace the schema.
 * Source: AWS CloudFormation, AWS::Glue::Schema, AWS::Glue::SchemaVersion.
 */
export class PublishedSchemas extends Construct {
  constructor(scope: Construct, id: string, props: PublishedSchemasProps) {
    super(scope, id);
    for (const schema of props.schemas) this.publish(props, schema);
  }

  private publish(
    { registry, removalPolicy }: PublishedSchemasProps,
    published: PublishedSchema,
  ): void {
    const parsed = published.versions.map((version): unknown => JSON.parse(version));
    const [first = '', ...later] = published.versions.map(definitionText);
    // A scope of its own gives logical ids a hash: `order_item` and `orderitem` stay apart.
    const scope = new Construct(this, published.name);
    const schema = new CfnSchema(scope, 'Schema', {
      registry: { name: registry },
      name: published.name,
      dataFormat: 'AVRO',
      compatibility: MODE_RULES[publishableMode(published.compatibility, parsed)].glue,
      description: published.description,
      schemaDefinition: first,
    });
    schema.applyRemovalPolicy(removalPolicy);
    let before: CfnSchema | CfnSchemaVersion = schema;
    for (const [index, definition] of later.entries()) {
      const version: CfnSchemaVersion = new CfnSchemaVersion(scope, `Version${index + 2}`, {
        schema: { registryName: registry, schemaName: published.name },
        schemaDefinition: definition,
      });
      version.applyRemovalPolicy(removalPolicy);
      version.addResourceDependency(before);
      before = version;
    }
  }
}
