import { stringifyBigintJson } from '../spec/bigint-json.ts';
import { tableInvalid } from '../spec/json-field.ts';
import type { Snapshot } from '../spec/snapshot.ts';
import type { TableMetadata } from '../spec/table-metadata.ts';
import { LAST_ADDED } from './table-update.ts';

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

/** Metadata while the updates of one commit are applied to it. */
export interface MetadataDraft {
  readonly metadata: Mutable<TableMetadata>;
  /** Null for a table that the commit creates. */
  readonly base: TableMetadata | null;
  /** Time of the commit, never before the base's last update. */
  readonly nowMs: number;
  readonly addedSnapshots: Map<bigint, Snapshot>;
  /** Ids of what `-1` stands for. */
  lastSchemaId: number | null;
  lastSpecId: number | null;
  lastSortOrderId: number | null;
}

const NOTHING: TableMetadata = {
  'format-version': 2,
  'table-uuid': '',
  location: '',
  'last-sequence-number': 0n,
  'last-updated-ms': 0,
  'last-column-id': 0,
  schemas: [],
  'current-schema-id': LAST_ADDED,
  'partition-specs': [],
  'default-spec-id': LAST_ADDED,
  // Partition field ids start at 1000. Source: Iceberg v2 §Partition Evolution.
  'last-partition-id': 999,
  properties: {},
  'current-snapshot-id': null,
  snapshots: [],
  'snapshot-log': [],
  'metadata-log': [],
  'sort-orders': [],
  'default-sort-order-id': LAST_ADDED,
  refs: {},
};

export function newMetadataDraft(base: TableMetadata | null, nowMs: number): MetadataDraft {
  return {
    metadata: { ...(base ?? NOTHING) },
    base,
    nowMs: Math.max(nowMs, (base?.['last-updated-ms'] ?? 0) + 1),
    addedSnapshots: new Map(),
    lastSchemaId: null,
    lastSpecId: null,
    lastSortOrderId: null,
  };
}

/** The id a client means. Throws TABLE_INVALID for `-1` where nothing was added. */
export function resolveId(id: number, lastAdded: number | null, where: string): number {
  if (id !== LAST_ADDED) return id;
  if (lastAdded !== null) return lastAdded;
  throw tableInvalid(where, 'something added by the same commit', id);
}

/** Equal for equal JSON, whatever the order of its keys; keys without a value mean nothing. */
export function sameJson(a: unknown, b: unknown): boolean {
  return canonicalJson(a) === canonicalJson(b);
}

function canonicalJson(value: unknown): string {
  return stringifyBigintJson(sortKeys(value) ?? null);
}

function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, item]) => item !== undefined && item !== null)
      .sort(([x], [y]) => (x < y ? -1 : 1))
      .map(([key, item]) => [key, sortKeys(item)]),
  );
}
