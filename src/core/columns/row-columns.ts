import type { Schema } from '../iceberg/spec/schema.ts';
import type { VectorColumn } from '../parquet/vector-column.ts';
import type { Row } from '../schema/field.ts';
import { buildVector } from './build-vectors.ts';

/**
 * Rows keyed by column name as the columns of a table, in its order; a column that a row does not have is missing in
 * it. Throws SCHEMA_INCOMPATIBLE as buildVector does.
 */
export function rowColumns(
  schema: Pick<Schema, 'fields'>,
  rows: readonly Row[],
): readonly VectorColumn[] {
  return schema.fields.map((field) => ({
    field,
    vector: buildVector(
      field,
      rows.map((row) => row[field.name] ?? null),
    ),
  }));
}
