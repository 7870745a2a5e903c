/** What the writer takes: columns of one length, and which of their rows. */
import type { Vector } from '#core/columns/vector.ts';
import { SluiceError } from '#core/errors.ts';
import type { NestedField } from '#core/iceberg/spec/schema.ts';
import type { Selection } from './leaf-entries.ts';

export interface VectorColumn {
  /** Id, name, required and Iceberg type. */
  readonly field: NestedField;
  readonly vector: Vector;
}

/**
 * All rows, or the given ones. Throws CONFIG_INVALID without columns, for columns of different length and
 * for a row number that they do not have.
 */
export function selectRows(columns: readonly VectorColumn[], rows?: Int32Array): Selection {
  const [first] = columns;
  if (first === undefined) {
    throw new SluiceError('CONFIG_INVALID', 'parquet file: got no columns, expected at least one');
  }
  const { length } = first.vector;
  for (const { field, vector } of columns) {
    if (vector.length !== length) {
      throw new SluiceError(
        'CONFIG_INVALID',
        `parquet column "${field.name}": got ${vector.length} values, expected ${length} like column "${first.field.name}"`,
        { context: { column: field.name } },
      );
    }
  }
  if (rows === undefined) return { rows: null, from: 0, to: length };
  for (let index = 0; index < rows.length; index += 1) {
    const row = rows[index] ?? -1;
    if (row < 0 || row >= length) {
      throw new SluiceError(
        'CONFIG_INVALID',
        `parquet option rows: got row ${row}, expected 0 to ${length - 1}`,
      );
    }
  }
  return { rows, from: 0, to: rows.length };
}
