import { SluiceError } from '../../errors.ts';
import { columnsById } from '../spec/schema-fields.ts';
import { type SortField, type SortOrder, UNSORTED } from '../spec/sort-order.ts';
import { currentSchema, type TableMetadata } from '../spec/table-metadata.ts';
import { parseTransform, requireResultType } from '../transform/transform.ts';

/**
 * Makes a sort order the default one: what writers shall sort new files by; no fields mean no order. An order the table
 * already has is made the default again instead of being repeated; without an effective change the same object comes
 * back. Throws SCHEMA_INCOMPATIBLE for a column that is missing or inside a list or map, and for a transform that does
 * not take it. Source: Iceberg v2 §Sorting.
 */
export function replaceSortOrder(
  metadata: TableMetadata,
  fields: readonly SortField[],
): TableMetadata {
  for (const field of fields) requireSortable(metadata, field);
  const orders = metadata['sort-orders'];
  const known =
    fields.length === 0
      ? (orders.find((order) => order.fields.length === 0) ?? UNSORTED)
      : orders.find((order) => sameFields(order.fields, fields));
  const nextId = Math.max(0, ...orders.map((order) => order['order-id'])) + 1;
  const order: SortOrder = known ?? { 'order-id': nextId, fields };
  const isListed = orders.some((other) => other['order-id'] === order['order-id']);
  if (isListed && metadata['default-sort-order-id'] === order['order-id']) return metadata;
  return {
    ...metadata,
    'sort-orders': isListed ? orders : [...orders, order],
    'default-sort-order-id': order['order-id'],
  };
}

function requireSortable(metadata: TableMetadata, field: SortField): void {
  const column = columnsById(currentSchema(metadata)).get(field['source-id']);
  if (column === undefined || column.repeated) {
    throw new SluiceError(
      'SCHEMA_INCOMPATIBLE',
      `sort order: expected column ${field['source-id']} outside lists and maps`,
    );
  }
  requireResultType(parseTransform(field.transform), column.type);
}

function sameFields(a: readonly SortField[], b: readonly SortField[]): boolean {
  return (
    a.length === b.length &&
    a.every((field, index) => {
      const other = b[index];
      return (
        field.transform === other?.transform &&
        field['source-id'] === other['source-id'] &&
        field.direction === other.direction &&
        field['null-order'] === other['null-order']
      );
    })
  );
}
