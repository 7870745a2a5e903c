import { closedTimes } from '#core/delivery/closed-time.ts';
import { type LiveInventory, listLiveFiles } from '#core/iceberg/maintenance/live-inventory.ts';
import { partitionEnds } from '#core/iceberg/maintenance/partition-end.ts';
import {
  type CompactionLimits,
  type CompactionPlan,
  planCompaction,
} from '#core/iceberg/maintenance/plan-compaction.ts';
import {
  bindSortOrder,
  type SortKey,
  sortKeysByName,
} from '#core/iceberg/maintenance/sort-rows.ts';
import { isPrimitive } from '#core/iceberg/spec/schema-fields.ts';
import { UNSORTED } from '#core/iceberg/spec/sort-order.ts';
import {
  currentSchema,
  partitionSpecById,
  type TableMetadata,
} from '#core/iceberg/spec/table-metadata.ts';
import type { ObjectStore } from '#ports/object-store.ts';
import type { TableCatalog, TableIdent } from '#ports/table-catalog.ts';
import { loadTable } from '../load-table.ts';

export interface CompactionOptions extends CompactionLimits {
  /** Columns to sort by, ascending; null: the table's own sort order, if it has one. */
  readonly sortBy: readonly string[] | null;
  /** Column of the event time and the delay of its watermark; null: only arrival counts. */
  readonly eventTime: { readonly column: string; readonly delayMs: number } | null;
  /** No group is begun after this time. */
  readonly deadlineMs: number;
  /** Files that were rewritten so far, and those that are planned. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** What a compaction would do now. Throws as listLiveFiles and loadTable. */
export async function planTableCompaction(
  deps: { readonly store: ObjectStore; readonly catalog: TableCatalog },
  ident: TableIdent,
  options: CompactionOptions,
): Promise<CompactionPlan> {
  const { metadata } = await loadTable(deps, ident);
  return (await planOn(deps, metadata, options)).plan;
}

export interface TablePlan {
  readonly plan: CompactionPlan;
  readonly inventory: LiveInventory;
  readonly order: RowOrder | null;
}

export interface RowOrder {
  readonly keys: readonly SortKey[];
  /** Id of the table's sort order, which the files then say they keep. */
  readonly orderId: number;
}

/** The plan on one state of a table, with what it is based on. */
export async function planOn(
  deps: { readonly store: ObjectStore },
  metadata: TableMetadata,
  options: CompactionOptions,
): Promise<TablePlan> {
  const schema = currentSchema(metadata);
  const order = rowOrder(metadata, options.sortBy);
  const first = schema.fields.find(({ id }) => id === order?.keys[0]?.columnId);
  const boundsOf =
    first !== undefined && isPrimitive(first.type) ? { id: first.id, type: first.type } : null;
  const inventory = await listLiveFiles((uri) => deps.store.get(uri), metadata, { boundsOf });
  const closed = closedTimes(metadata, options.eventTime);
  const plan = planCompaction(inventory.files, options, ({ specId, partition }) => {
    const spec = partitionSpecById(metadata, specId);
    return partitionEnds(spec, schema, partition).every(({ column, endMicros }) => {
      const before = closed.get(column);
      return before === undefined || endMicros <= before;
    });
  });
  return { plan, inventory, order };
}

function rowOrder(metadata: TableMetadata, sortBy: readonly string[] | null): RowOrder | null {
  const schema = currentSchema(metadata);
  if (sortBy !== null && sortBy.length > 0) {
    return { keys: sortKeysByName(sortBy, schema), orderId: UNSORTED['order-id'] };
  }
  const orderId = metadata['default-sort-order-id'];
  const order = metadata['sort-orders'].find((each) => each['order-id'] === orderId) ?? UNSORTED;
  const keys = bindSortOrder(order, schema);
  return keys === null || keys.length === 0 ? null : { keys, orderId };
}
