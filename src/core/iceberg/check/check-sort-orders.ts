import { columnsById } from '../spec/schema-fields.ts';
import { currentSchema, type TableMetadata } from '../spec/table-metadata.ts';
import { parseTransform, transformResultType } from '../transform/transform.ts';
import { allColumns } from './check-partition-specs.ts';
import type { ProblemReport } from './problem.ts';
import { requireUnique } from './require-unique.ts';

/** Ids, sources and transforms of every sort order. Source: Iceberg v2 §Sorting. */
export function checkSortOrders(metadata: TableMetadata, report: ProblemReport): void {
  const orders = metadata['sort-orders'];
  requireUnique(
    orders.map((order) => order['order-id']),
    'sort-orders',
    report,
  );
  const defaultId = metadata['default-sort-order-id'];
  report.require(
    orders.some((order) => order['order-id'] === defaultId),
    'default-sort-order-id',
    `expected the id of a sort order, got ${defaultId}`,
  );
  const every = allColumns(metadata);
  const current = columnsById(currentSchema(metadata));
  for (const order of orders) {
    const where = `sort-orders[${order['order-id']}]`;
    report.require(
      (order['order-id'] === 0) === (order.fields.length === 0),
      where,
      `expected id 0 for the order without fields only, got ${order.fields.length} fields`,
    );
    for (const { 'source-id': sourceId, transform } of order.fields) {
      const columns = order['order-id'] === defaultId ? current : every;
      const source = columns.get(sourceId);
      report.require(
        source !== undefined &&
          !source.repeated &&
          transformResultType(parseTransform(transform), source.type) !== null,
        where,
        `expected a transform of a column outside lists and maps, got ${transform} of ${sourceId}`,
      );
    }
  }
}
