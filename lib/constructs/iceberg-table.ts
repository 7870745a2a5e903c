import { Aws, RemovalPolicy } from 'aws-cdk-lib';
import { CfnTable } from 'aws-cdk-lib/aws-glue';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { SluiceError } from '#core/errors.ts';
import type { PartitionSpec } from '#core/iceberg/spec/partition.ts';
import type { NestedField, Schema } from '#core/iceberg/spec/schema.ts';
import type { SortOrder } from '#core/iceberg/spec/sort-order.ts';

/** What a table is created with; afterwards the writer evolves it through Iceberg metadata, never through the template. */
export interface TableShape {
  readonly name: string;
  readonly schema: Schema;
  readonly partitionSpec: PartitionSpec;
  readonly sortOrder: SortOrder;
  readonly properties: Readonly<Record<string, string>>;
}

/**
 * Iceberg v2 table in the Glue catalog. The resource carries the table's first shape and nothing that changes later:
 * an update of it could strip `metadata_location` from the catalog entry, and with it the data. Always retained.
 * Source: AWS CloudFormation, AWS::Glue::Table IcebergTableInput.
 */
export function createIcebergTable(
  scope: Construct,
  props: { readonly lake: IBucket; readonly database: string; readonly shape: TableShape },
): CfnTable {
  const { shape } = props;
  const table = new CfnTable(scope, shape.name, {
    catalogId: Aws.ACCOUNT_ID,
    databaseName: props.database,
    name: shape.name,
    openTableFormatInput: {
      icebergInput: {
        metadataOperation: 'CREATE',
        version: '2',
        icebergTableInput: {
          location: props.lake.s3UrlForObject(`${props.database}/${shape.name}`),
          schema: schemaProperty(shape),
          partitionSpec: partitionSpecProperty(shape.partitionSpec),
          writeOrder: writeOrderProperty(shape),
          properties: { ...shape.properties },
        },
      },
    },
  });
  table.applyRemovalPolicy(RemovalPolicy.RETAIN);
  return table;
}

function schemaProperty(shape: TableShape): CfnTable.IcebergSchemaProperty {
  const { schema } = shape;
  const identifiers = schema['identifier-field-ids'];
  return {
    type: 'struct',
    schemaId: schema['schema-id'],
    fields: schema.fields.map((field) => fieldProperty(shape, field)),
    ...(identifiers === undefined ? {} : { identifierFieldIds: [...identifiers] }),
  };
}

function fieldProperty(shape: TableShape, field: NestedField): CfnTable.IcebergStructFieldProperty {
  if (typeof field.type !== 'string') {
    throw new SluiceError(
      'FEATURE_UNSUPPORTED',
      `table ${shape.name}, column ${field.name}: AWS::Glue::Table takes a column type as a string, got a nested ` +
        `${field.type.type}; store the field as a JSON string instead`,
    );
  }
  return {
    id: field.id,
    name: field.name,
    required: field.required,
    type: field.type,
    ...(field.doc === undefined ? {} : { doc: field.doc }),
  };
}

function partitionSpecProperty(spec: PartitionSpec): CfnTable.IcebergPartitionSpecProperty {
  return {
    specId: spec['spec-id'],
    fields: spec.fields.map((field) => ({
      sourceId: field['source-id'],
      fieldId: field['field-id'],
      name: field.name,
      transform: field.transform,
    })),
  };
}

function writeOrderProperty(shape: TableShape): CfnTable.IcebergSortOrderProperty {
  return {
    orderId: shape.sortOrder['order-id'],
    fields: shape.sortOrder.fields.map((field) => ({
      sourceId: field['source-id'],
      transform: field.transform,
      direction: field.direction,
      nullOrder: field['null-order'],
    })),
  };
}
