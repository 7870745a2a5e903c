import { Aws, RemovalPolicy } from 'aws-cdk-lib';
import { CfnTable } from 'aws-cdk-lib/aws-glue';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { SluiceError } from '#core/errors.ts';
import type { PartitionSpec } from '#core/iceberg/spec/partition.ts';
import type { NestedField } from '#core/iceberg/spec/schema.ts';
import type { SortOrder } from '#core/iceberg/spec/sort-order.ts';
import type { TableShape } from '#core/schema/table-shape.ts';

/** A bronze table as it is created: name and frozen shape (schemas/tables). */
export interface CatalogTable {
  readonly name: string;
  readonly shape: Pick<TableShape, 'schema' | 'partitionSpec' | 'sortOrder' | 'properties'>;
}

/**
 * Iceberg v2 table in the Glue catalog. The resource carries the table's first shape and nothing that changes later:
 * an update of it could strip `metadata_location` from the catalog entry, and with it the data. Always retained.
 * Source: AWS CloudFormation, AWS::Glue::Table IcebergTableInput.
 */
export function createIcebergTable(
  scope: Construct,
  props: { readonly lake: IBucket; readonly database: string; readonly table: CatalogTable },
): CfnTable {
  const { name, shape } = props.table;
  const table = new CfnTable(scope, name, {
    catalogId: Aws.ACCOUNT_ID,
    databaseName: props.database,
    name,
    openTableFormatInput: {
      icebergInput: {
        metadataOperation: 'CREATE',
        version: '2',
        icebergTableInput: {
          location: props.lake.s3UrlForObject(`${props.database}/${name}`),
          schema: schemaProperty(props.table),
          partitionSpec: partitionSpecProperty(shape.partitionSpec),
          ...writeOrderProperty(shape.sortOrder),
          properties: { ...shape.properties },
        },
      },
    },
  });
  table.applyRemovalPolicy(RemovalPolicy.RETAIN);
  return table;
}

function schemaProperty(table: CatalogTable): CfnTable.IcebergSchemaProperty {
  const { schema } = table.shape;
  const identifiers = schema['identifier-field-ids'];
  return {
    type: 'struct',
    schemaId: schema['schema-id'],
    fields: schema.fields.map((field) => fieldProperty(table.name, field)),
    ...(identifiers === undefined ? {} : { identifierFieldIds: [...identifiers] }),
  };
}

function fieldProperty(table: string, field: NestedField): CfnTable.IcebergStructFieldProperty {
  if (typeof field.type !== 'string') {
    throw new SluiceError(
      'FEATURE_UNSUPPORTED',
      `table ${table}, column ${field.name}: AWS::Glue::Table takes a column type as a string, got a nested ` +
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

/** An unsorted table has no write order. Source: Iceberg v2 §Sorting. */
function writeOrderProperty(
  sortOrder: SortOrder,
): Pick<CfnTable.IcebergTableInputProperty, 'writeOrder'> {
  if (sortOrder.fields.length === 0) return {};
  return {
    writeOrder: {
      orderId: sortOrder['order-id'],
      fields: sortOrder.fields.map((field) => ({
        sourceId: field['source-id'],
        transform: field.transform,
        direction: field.direction,
        nullOrder: field['null-order'],
      })),
    },
  };
}
