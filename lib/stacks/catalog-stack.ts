import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { type Domain, databaseName, type Environment } from '#core/config/project.ts';
import { createGlueDatabase } from '../constructs/glue-database.ts';
import { type CatalogTable, createIcebergTable } from '../constructs/iceberg-table.ts';
import { type PublishedSchema, PublishedSchemas } from '../constructs/published-schemas.ts';
import { dataRemovalPolicy } from '../removal-policy.ts';

export interface CatalogStackProps extends StackProps {
  readonly environment: Environment;
  readonly domain: Domain;
  readonly lake: IBucket;
  /** What the domain's tables are created with; it never changes (schemas/tables). */
  readonly tables: readonly CatalogTable[];
  /** What the schema registry shows of the domain. */
  readonly schemas: readonly PublishedSchema[];
}

/** Stateful: the bronze database of a domain and its Iceberg tables. */
export class CatalogStack extends Stack {
  constructor(scope: Construct, id: string, props: CatalogStackProps) {
    super(scope, id, props);
    const bronze = databaseName(props.environment.name, props.domain.name, 'bronze');
    const database = createGlueDatabase(this, 'BronzeDatabase', {
      name: bronze,
      description: `${props.domain.description} (as received)`,
    });
    // A scope of their own gives logical ids a hash: `order_item` and `orderitem` stay apart.
    const tables = new Construct(this, 'Tables');
    for (const table of props.tables) {
      const resource = createIcebergTable(tables, { lake: props.lake, database: bronze, table });
      resource.addResourceDependency(database);
    }
    const { schemaRegistry } = props.environment;
    if (schemaRegistry.kind === 'glue') {
      new PublishedSchemas(this, 'Schemas', {
        registry: schemaRegistry.name,
        schemas: props.schemas,
        removalPolicy: dataRemovalPolicy(props.environment),
      });
    }
    new CfnOutput(this, 'BronzeDatabaseName', {
      value: database.ref,
    });
  }
}
