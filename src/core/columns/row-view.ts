import { type Field, type Row, storedName, type Value } from '../schema/field.ts';
import { type ReadValue, rowReader, valueReader } from './read-value.ts';
import type { Vector } from './vector.ts';

/**
 * One row of a block at a time, as the object that compiled expressions read: a getter per stored name. Expressions
 * keep nothing of it beyond their call, and functions of users get values, never rows.
 */
export interface RowView {
  /** The row it stands at. */
  readonly row: Row;
  /** Makes it stand at another row. */
  seek(row: number): void;
}

export function createRowView(fields: readonly Field[], vectors: readonly Vector[]): RowView {
  let current = 0;
  const row: Row = Object.create(null);
  for (const [index, field] of fields.entries()) {
    const vector = vectors[index]!;
    // Made when an expression asks for the field: most fields of a row are never looked at.
    let read: ReadValue | null = null;
    Object.defineProperty(row, storedName(field), {
      enumerable: true,
      get: (): Value => {
        read ??= valueReader(vector, field.type);
        return read(current);
      },
    });
  }
  return {
    row,
    seek: (next) => {
      current = next;
    },
  };
}

/** A row as an object of its own. */
export function materializeRow(
  fields: readonly Field[],
  vectors: readonly Vector[],
  row: number,
): Row {
  return rowReader(fields, vectors)(row);
}
