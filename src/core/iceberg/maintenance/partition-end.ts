import { daysFromCivil, MICROS_PER_DAY, MICROS_PER_HOUR } from '../../civil-date.ts';
import type { PartitionSpec, PartitionTuple } from '../spec/partition.ts';
import type { Schema } from '../spec/schema.ts';

/** The column a partition is cut by in time, and when its time ends, microseconds. */
export interface PartitionEnd {
  readonly column: string;
  readonly endMicros: bigint;
}

/**
 * The time ends of a partition: for each of its time fields the first moment that is not in it any more. A null
 * partition has none, nor has a spec without time fields. Source: Iceberg v2 §Partition Transforms.
 */
export function partitionEnds(
  spec: PartitionSpec,
  schema: Pick<Schema, 'fields'>,
  tuple: PartitionTuple,
): readonly PartitionEnd[] {
  const names = new Map(schema.fields.map((field) => [field.id, field.name]));
  return spec.fields.flatMap(({ 'source-id': sourceId, transform }, index) => {
    const column = names.get(sourceId);
    const value = tuple[index] ?? null;
    if (column === undefined || (typeof value !== 'number' && typeof value !== 'bigint')) return [];
    const endMicros = endOf(transform, Number(value));
    return endMicros === null ? [] : [{ column, endMicros }];
  });
}

function endOf(transform: string, value: number): bigint | null {
  switch (transform) {
    case 'hour':
      return BigInt(value + 1) * MICROS_PER_HOUR;
    case 'day':
      return BigInt(value + 1) * MICROS_PER_DAY;
    case 'month':
      return startOfMonth(value + 1);
    case 'year':
      return startOfMonth((value + 1) * 12);
    default:
      return null;
  }
}

/** `months` since January 1970. */
function startOfMonth(months: number): bigint {
  const month = ((months % 12) + 12) % 12;
  const year = 1970 + (months - month) / 12;
  return BigInt(daysFromCivil({ year, month: month + 1, day: 1 })) * MICROS_PER_DAY;
}
