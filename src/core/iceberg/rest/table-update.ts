import type { JsonObject } from '../spec/json-field.ts';
import type { Schema } from '../spec/schema.ts';
import type { Snapshot, SnapshotRef } from '../spec/snapshot.ts';
import type { SortField } from '../spec/sort-order.ts';

/** A partition field whose id the catalog may give. */
export interface UnboundPartitionField {
  readonly 'source-id': number;
  readonly 'field-id'?: number;
  readonly name: string;
  readonly transform: string;
}

/**
 * One change of a table as a client sends it to a REST catalog. `-1` for an id means what the same commit added last.
 * Source: Iceberg REST catalog API, TableUpdate.
 */
export type TableUpdate =
  | { readonly action: 'assign-uuid'; readonly uuid: string }
  | { readonly action: 'upgrade-format-version'; readonly 'format-version': number }
  | {
      readonly action: 'add-schema';
      readonly schema: Schema;
      readonly 'last-column-id'?: number;
    }
  | { readonly action: 'set-current-schema'; readonly 'schema-id': number }
  | {
      readonly action: 'add-spec';
      readonly spec: { readonly fields: readonly UnboundPartitionField[] };
    }
  | { readonly action: 'set-default-spec'; readonly 'spec-id': number }
  | {
      readonly action: 'add-sort-order';
      readonly 'sort-order': { readonly fields: readonly SortField[] };
    }
  | { readonly action: 'set-default-sort-order'; readonly 'sort-order-id': number }
  | { readonly action: 'add-snapshot'; readonly snapshot: Snapshot }
  | ({ readonly action: 'set-snapshot-ref'; readonly 'ref-name': string } & SnapshotRef)
  | { readonly action: 'remove-snapshots'; readonly 'snapshot-ids': readonly bigint[] }
  | { readonly action: 'remove-snapshot-ref'; readonly 'ref-name': string }
  | { readonly action: 'set-location'; readonly location: string }
  | {
      readonly action: 'set-properties';
      readonly updates: Readonly<Record<string, string>>;
    }
  | { readonly action: 'remove-properties'; readonly removals: readonly string[] }
  | { readonly action: 'set-statistics'; readonly statistics: StatisticsFile }
  | { readonly action: 'remove-statistics'; readonly 'snapshot-id': bigint }
  | {
      readonly action: 'set-partition-statistics';
      readonly 'partition-statistics': StatisticsFile;
    }
  | { readonly action: 'remove-partition-statistics'; readonly 'snapshot-id': bigint }
  | { readonly action: 'remove-partition-specs'; readonly 'spec-ids': readonly number[] }
  | { readonly action: 'remove-schemas'; readonly 'schema-ids': readonly number[] };

/** Statistics are carried as they are: nothing here reads them. Source: Iceberg v2 §Table Statistics. */
export interface StatisticsFile extends JsonObject {
  readonly 'snapshot-id': bigint;
}

/** What must hold for a commit to be carried out. Source: Iceberg REST catalog API, TableRequirement. */
export type TableRequirement =
  | { readonly type: 'assert-create' }
  | { readonly type: 'assert-table-uuid'; readonly uuid: string }
  | {
      readonly type: 'assert-ref-snapshot-id';
      readonly ref: string;
      /** Null: there must be no such branch or tag. */
      readonly 'snapshot-id': bigint | null;
    }
  | {
      readonly type: 'assert-last-assigned-field-id';
      readonly 'last-assigned-field-id': number;
    }
  | { readonly type: 'assert-current-schema-id'; readonly 'current-schema-id': number }
  | {
      readonly type: 'assert-last-assigned-partition-id';
      readonly 'last-assigned-partition-id': number;
    }
  | { readonly type: 'assert-default-spec-id'; readonly 'default-spec-id': number }
  | {
      readonly type: 'assert-default-sort-order-id';
      readonly 'default-sort-order-id': number;
    };

/** A commit: all of it or nothing. Source: Iceberg REST catalog API, CommitTableRequest. */
export interface TableCommit {
  readonly requirements: readonly TableRequirement[];
  readonly updates: readonly TableUpdate[];
}

/** The last schema, spec or sort order that the same commit added. */
export const LAST_ADDED = -1;
