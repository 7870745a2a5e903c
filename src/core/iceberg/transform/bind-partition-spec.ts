import { SluiceError } from '../../errors.ts';
import type { PartitionSpec } from '../spec/partition.ts';
import type { PrimitiveType, Schema } from '../spec/schema.ts';
import { columnsById, isPrimitive, type SchemaColumn } from '../spec/schema-fields.ts';
import { parseTransform, requireResultType, type Transform } from './transform.ts';

/** A partition field together with what its source column says about it. */
export interface BoundPartitionField {
  readonly fieldId: number;
  readonly name: string;
  readonly transform: Transform;
  readonly source: SchemaColumn;
  readonly sourceType: PrimitiveType;
  readonly resultType: PrimitiveType;
}

/**
 * Resolves a spec against a schema. Throws SCHEMA_INCOMPATIBLE when a source column is missing, is
 * not primitive, lies inside a list or map, or does not go with its transform.
 */
export function bindPartitionSpec(
  spec: PartitionSpec,
  schema: Pick<Schema, 'fields'>,
): readonly BoundPartitionField[] {
  const columns = columnsById(schema);
  return spec.fields.map((field) => {
    const source = columns.get(field['source-id']);
    if (source === undefined || source.repeated || !isPrimitive(source.type)) {
      throw new SluiceError(
        'SCHEMA_INCOMPATIBLE',
        `partition field ${field.name}: expected column ${field['source-id']} to be a primitive outside lists and maps`,
      );
    }
    const transform = parseTransform(field.transform);
    return {
      fieldId: field['field-id'],
      name: field.name,
      transform,
      source,
      sourceType: source.type,
      resultType: requireResultType(transform, source.type),
    };
  });
}
