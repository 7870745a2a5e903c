import { SluiceError } from '../../errors.ts';
import { MAIN_BRANCH } from '../spec/snapshot.ts';
import type { TableMetadata } from '../spec/table-metadata.ts';
import { type StatisticsKey, statisticsOf } from './apply-snapshots.ts';
import { sameJson } from './metadata-draft.ts';
import {
  LAST_ADDED,
  type TableCommit,
  type TableRequirement,
  type TableUpdate,
} from './table-update.ts';

/** Follows from the updates, or is the catalog's own business. */
const DERIVED_KEYS: ReadonlySet<string> = new Set([
  'format-version',
  'last-sequence-number',
  'last-updated-ms',
  'last-column-id',
  'last-partition-id',
  'current-snapshot-id',
  'snapshot-log',
  'metadata-log',
]);
/** Carried by updates below. */
const CARRIED_KEYS: ReadonlySet<string> = new Set([
  'table-uuid',
  'location',
  'schemas',
  'current-schema-id',
  'partition-specs',
  'default-spec-id',
  'properties',
  'snapshots',
  'sort-orders',
  'default-sort-order-id',
  'refs',
  'statistics',
  'partition-statistics',
]);

/**
 * What a client has to send to a REST catalog so that a table goes from one state to the next. The requirements pin
 * everything that the API can compare: UUID, every branch and tag, current schema, spec and sort order, and the ids
 * given out. The catalog cannot compare properties: two commits that change nothing else are both carried out.
 * Throws TABLE_INVALID for states of different tables, FEATURE_UNSUPPORTED for a change no update carries.
 * Source: Iceberg REST catalog API, CommitTableRequest.
 */
export function deriveCommit(base: TableMetadata, next: TableMetadata): TableCommit {
  if (base['table-uuid'] !== next['table-uuid']) {
    throw new SluiceError(
      'TABLE_INVALID',
      `commit: expected the table ${base['table-uuid']}, got ${next['table-uuid']}`,
    );
  }
  requireExpressible(base, next);
  return {
    requirements: requirementsOf(base, next),
    updates: [
      ...(base.location === next.location
        ? []
        : [{ action: 'set-location' as const, location: next.location }]),
      ...schemaUpdates(base, next),
      ...specUpdates(base, next),
      ...sortOrderUpdates(base, next),
      ...snapshotUpdates(base, next),
      ...statisticsUpdates(base, next),
      ...removalUpdates(base, next),
      ...propertyUpdates(base, next),
    ],
  };
}

function requirementsOf(base: TableMetadata, next: TableMetadata): readonly TableRequirement[] {
  const refs = new Set([MAIN_BRANCH, ...Object.keys(base.refs), ...Object.keys(next.refs)]);
  return [
    { type: 'assert-table-uuid', uuid: base['table-uuid'] },
    ...[...refs].map((ref) => ({
      type: 'assert-ref-snapshot-id' as const,
      ref,
      'snapshot-id': refOf(base, ref)?.['snapshot-id'] ?? null,
    })),
    { type: 'assert-current-schema-id', 'current-schema-id': base['current-schema-id'] },
    { type: 'assert-last-assigned-field-id', 'last-assigned-field-id': base['last-column-id'] },
    {
      type: 'assert-last-assigned-partition-id',
      'last-assigned-partition-id': base['last-partition-id'],
    },
    { type: 'assert-default-spec-id', 'default-spec-id': base['default-spec-id'] },
    {
      type: 'assert-default-sort-order-id',
      'default-sort-order-id': base['default-sort-order-id'],
    },
  ];
}

function refOf(metadata: TableMetadata, name: string) {
  return Object.hasOwn(metadata.refs, name) ? metadata.refs[name] : undefined;
}

function schemaUpdates(base: TableMetadata, next: TableMetadata): readonly TableUpdate[] {
  const added = addedItems(base.schemas, next.schemas, 'schema-id');
  const current = next['current-schema-id'];
  const updates: TableUpdate[] = added.map((schema) => ({ action: 'add-schema', schema }));
  if (current === base['current-schema-id']) return updates;
  // The catalog gives the id: the last one added is certain to be this one.
  const id = added.at(-1)?.['schema-id'] === current ? LAST_ADDED : current;
  return [...updates, { action: 'set-current-schema', 'schema-id': id }];
}

function specUpdates(base: TableMetadata, next: TableMetadata): readonly TableUpdate[] {
  const added = addedItems(base['partition-specs'], next['partition-specs'], 'spec-id');
  const current = next['default-spec-id'];
  const updates: TableUpdate[] = added.map((spec) => ({ action: 'add-spec', spec }));
  if (current === base['default-spec-id']) return updates;
  const id = added.at(-1)?.['spec-id'] === current ? LAST_ADDED : current;
  return [...updates, { action: 'set-default-spec', 'spec-id': id }];
}

function sortOrderUpdates(base: TableMetadata, next: TableMetadata): readonly TableUpdate[] {
  const added = addedItems(base['sort-orders'], next['sort-orders'], 'order-id');
  const current = next['default-sort-order-id'];
  const updates: TableUpdate[] = added.map((order) => ({
    action: 'add-sort-order',
    'sort-order': order,
  }));
  if (current === base['default-sort-order-id']) return updates;
  const id = added.at(-1)?.['order-id'] === current ? LAST_ADDED : current;
  return [...updates, { action: 'set-default-sort-order', 'sort-order-id': id }];
}

/** Additions first, then branches and tags, so that nothing ever refers to what is not there. */
function snapshotUpdates(base: TableMetadata, next: TableMetadata): readonly TableUpdate[] {
  const known = new Set(base.snapshots.map((snapshot) => snapshot['snapshot-id']));
  const added = next.snapshots.filter((snapshot) => !known.has(snapshot['snapshot-id']));
  const moved = Object.entries(next.refs).filter(
    ([name, ref]) => !sameJson(refOf(base, name), ref),
  );
  return [
    ...added.map((snapshot): TableUpdate => ({ action: 'add-snapshot', snapshot })),
    ...moved.map(
      ([name, ref]): TableUpdate => ({ action: 'set-snapshot-ref', 'ref-name': name, ...ref }),
    ),
  ];
}

function statisticsUpdates(base: TableMetadata, next: TableMetadata): readonly TableUpdate[] {
  const kept = new Set(next.snapshots.map((snapshot) => snapshot['snapshot-id']));
  const changes = (key: StatisticsKey) => {
    const [before, after] = [statisticsOf(base, key), statisticsOf(next, key)];
    const ids = new Set(after.map((file) => file['snapshot-id']));
    return {
      set: after.filter((file) => !before.some((other) => sameJson(other, file))),
      // Those of an expired snapshot go with it.
      removed: before
        .map((file) => file['snapshot-id'])
        .filter((id) => !ids.has(id) && kept.has(id)),
    };
  };
  const table = changes('statistics');
  const partitions = changes('partition-statistics');
  return [
    ...table.set.map((statistics): TableUpdate => ({ action: 'set-statistics', statistics })),
    ...table.removed.map((id): TableUpdate => ({ action: 'remove-statistics', 'snapshot-id': id })),
    ...partitions.set.map(
      (file): TableUpdate => ({
        action: 'set-partition-statistics',
        'partition-statistics': file,
      }),
    ),
    ...partitions.removed.map(
      (id): TableUpdate => ({ action: 'remove-partition-statistics', 'snapshot-id': id }),
    ),
  ];
}

function removalUpdates(base: TableMetadata, next: TableMetadata): readonly TableUpdate[] {
  const refs = Object.keys(base.refs).filter((name) => refOf(next, name) === undefined);
  const snapshots = removedIds(base.snapshots, next.snapshots, 'snapshot-id');
  const specs = removedIds(base['partition-specs'], next['partition-specs'], 'spec-id');
  const schemas = removedIds(base.schemas, next.schemas, 'schema-id');
  return [
    ...refs.map((name): TableUpdate => ({ action: 'remove-snapshot-ref', 'ref-name': name })),
    ...(snapshots.length === 0
      ? []
      : [{ action: 'remove-snapshots' as const, 'snapshot-ids': snapshots }]),
    ...(specs.length === 0
      ? []
      : [{ action: 'remove-partition-specs' as const, 'spec-ids': specs }]),
    ...(schemas.length === 0 ? [] : [{ action: 'remove-schemas' as const, 'schema-ids': schemas }]),
  ];
}

function propertyUpdates(base: TableMetadata, next: TableMetadata): readonly TableUpdate[] {
  const before = new Map(Object.entries(base.properties));
  const set = Object.entries(next.properties).filter(([key, value]) => before.get(key) !== value);
  const removals = [...before.keys()].filter((key) => !Object.hasOwn(next.properties, key));
  return [
    ...(set.length === 0
      ? []
      : [{ action: 'set-properties' as const, updates: Object.fromEntries(set) }]),
    ...(removals.length === 0 ? [] : [{ action: 'remove-properties' as const, removals }]),
  ];
}

/** Nothing may be lost on the way in silence. */
function requireExpressible(base: TableMetadata, next: TableMetadata): void {
  const keys = new Set([...Object.keys(base), ...Object.keys(next)]);
  const [before, after] = [new Map(Object.entries(base)), new Map(Object.entries(next))];
  for (const key of keys) {
    if (DERIVED_KEYS.has(key) || CARRIED_KEYS.has(key)) continue;
    if (!sameJson(before.get(key), after.get(key))) throw inexpressible(key);
  }
  for (const order of base['sort-orders']) {
    const same = next['sort-orders'].find((other) => other['order-id'] === order['order-id']);
    if (same === undefined || !sameJson(same, order)) throw inexpressible('sort-orders');
  }
  requireUnchanged(base.schemas, next.schemas, 'schemas', 'schema-id');
  requireUnchanged(base['partition-specs'], next['partition-specs'], 'partition-specs', 'spec-id');
  requireUnchanged(base.snapshots, next.snapshots, 'snapshots', 'snapshot-id');
}

/** What both states have under an id must be the same thing. */
function requireUnchanged<K extends string>(
  before: readonly { readonly [key in K]: number | bigint }[],
  after: readonly { readonly [key in K]: number | bigint }[],
  where: string,
  idKey: K,
): void {
  const known = new Map(before.map((item) => [item[idKey], item]));
  for (const item of after) {
    const same = known.get(item[idKey]);
    if (same !== undefined && same !== item && !sameJson(same, item)) throw inexpressible(where);
  }
}

function inexpressible(key: string): SluiceError {
  return new SluiceError(
    'FEATURE_UNSUPPORTED',
    `commit: the REST catalog API has no update for a change of ${key}`,
    { context: { key } },
  );
}

function addedItems<K extends string, T extends { readonly [key in K]: number }>(
  before: readonly T[],
  after: readonly T[],
  idKey: K,
): readonly T[] {
  const known = new Set(before.map((item) => item[idKey]));
  return after.filter((item) => !known.has(item[idKey]));
}

function removedIds<K extends string, T extends { readonly [key in K]: number | bigint }>(
  before: readonly T[],
  after: readonly T[],
  idKey: K,
): readonly T[K][] {
  const kept = new Set(after.map((item) => item[idKey]));
  return before.map((item) => item[idKey]).filter((id) => !kept.has(id));
}
