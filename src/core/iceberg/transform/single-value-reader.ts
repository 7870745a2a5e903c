import { type ReadValue, valueReader } from '../../columns/read-value.ts';
import type { Vector } from '../../columns/vector.ts';
import type { FieldType } from '../../schema/field.ts';
import type { PrimitiveType } from '../spec/schema.ts';
import type { SingleValue } from '../spec/single-value.ts';

const TEXT: FieldType = { kind: 'string' };
const BINARY: FieldType = { kind: 'bytes' };

/** Reads the values of a column of a primitive type; see ReadValue. */
export function singleValueReader(
  vector: Vector,
  type: PrimitiveType,
): (row: number) => SingleValue | null {
  // Only byte strings need to be told what they are.
  const read: ReadValue = valueReader(vector, type === 'binary' ? BINARY : TEXT);
  return (row) => read(row) as SingleValue | null;
}
