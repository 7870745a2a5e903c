import type { FieldSummary } from './manifest-list.ts';
import type { PartitionTuple } from './partition.ts';
import type { PrimitiveType } from './schema.ts';
import { encodeSingleValue, type SingleValue } from './single-value.ts';
import { compareValues, conformValue } from './value-order.ts';

/**
 * Range of every partition field over a manifest's files. `types` are the result types of the
 * spec's fields. Source: Iceberg v2 §Manifest Lists, `field_summary`.
 */
export function summarizePartitions(
  tuples: readonly PartitionTuple[],
  types: readonly PrimitiveType[],
): readonly FieldSummary[] {
  return types.map((type, index) =>
    summarizeField(
      tuples.map((tuple) => tuple[index] ?? null),
      type,
    ),
  );
}

function summarizeField(
  values: readonly (SingleValue | null)[],
  type: PrimitiveType,
): FieldSummary {
  let lower: SingleValue | null = null;
  let upper: SingleValue | null = null;
  let containsNull = false;
  let containsNan = false;
  for (const raw of values) {
    const value = raw === null ? null : conformValue(raw, type);
    if (value === null) containsNull = true;
    else if (Number.isNaN(value)) containsNan = true;
    else {
      if (lower === null || precedes(value, lower)) lower = value;
      if (upper === null || precedes(upper, value)) upper = value;
    }
  }
  return {
    containsNull,
    containsNan,
    lowerBound: lower === null ? null : encodeSingleValue(type, lower),
    upperBound: upper === null ? null : encodeSingleValue(type, upper),
  };
}

/** As compareValues, but -0 comes before 0: the specification asks it of bounds. */
function precedes(a: SingleValue, b: SingleValue): boolean {
  const order = compareValues(a, b);
  return order < 0 || (order === 0 && Object.is(a, -0) && !Object.is(b, -0));
}
