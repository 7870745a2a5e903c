import type { PartitionSpec } from '../spec/partition.ts';
import type { Schema } from '../spec/schema.ts';

/**
 * A partition field whose name is also a column's, in words; null when there is none. Engines show
 * partition fields beside columns, so only an identity field may carry the name of its own column.
 */
export function findPartitionNameConflict(
  specs: readonly PartitionSpec[],
  schema: Pick<Schema, 'fields'>,
): string | null {
  const columnIds = new Map(schema.fields.map((field) => [field.name.toLowerCase(), field.id]));
  for (const field of specs.flatMap((spec) => spec.fields)) {
    const columnId = columnIds.get(field.name.toLowerCase());
    if (columnId === undefined) continue;
    const isOwnIdentity = field.transform === 'identity' && columnId === field['source-id'];
    if (!isOwnIdentity) {
      return `column ${field.name} has the name of the partition field ${field.transform} of column ${field['source-id']}`;
    }
  }
  return null;
}
