import type { Row, Value } from '../../schema/field.ts';
import type { PartitionSpec, PartitionTuple } from '../spec/partition.ts';
import type { Schema } from '../spec/schema.ts';
import type { SingleValue } from '../spec/single-value.ts';
import { bindTransform, type TransformFunction } from './apply-transform.ts';
import { bindPartitionSpec } from './bind-partition-spec.ts';

/**
 * Compiles the function that gives a row's partition tuple; rows are keyed by column names.
 * Throws SCHEMA_INCOMPATIBLE when the spec does not go with the schema.
 */
export function partitionTupleOf(
  spec: PartitionSpec,
  schema: Pick<Schema, 'fields'>,
): (row: Row) => PartitionTuple {
  const steps = bindPartitionSpec(spec, schema).map((field) => ({
    path: field.source.path,
    apply: bindTransform(field.transform, field.sourceType),
  }));
  return (row) => steps.map(({ path, apply }) => partitionValue(row, path, apply));
}

/**
 * Text that is equal for equal tuples only: the key to group rows and files by. Paths do not serve:
 * null and the string "null" have the same one, as have long strings that begin alike.
 */
export function partitionKey(tuple: PartitionTuple): string {
  return JSON.stringify(tuple.map(keyPart));
}

function partitionValue(
  row: Row,
  path: readonly string[],
  apply: TransformFunction,
): SingleValue | null {
  let value: Value | undefined = row;
  for (const name of path) {
    if (value === null || value === undefined) break;
    value = (value as Row)[name];
  }
  return apply((value ?? null) as SingleValue | null);
}

/** Type and value as JSON: 1n, 1 and "1" differ, -0 is not 0. */
function keyPart(value: PartitionTuple[number]): readonly [string, string] | null {
  if (value === null) return null;
  if (value instanceof Uint8Array) return ['bytes', Buffer.from(value).toString('hex')];
  return [typeof value, Object.is(value, -0) ? '-0' : String(value)];
}
