import { SluiceError } from '../../errors.ts';
import { checkPartitionSpecs } from '../check/check-partition-specs.ts';
import { checkSchemas } from '../check/check-schemas.ts';
import { checkSortOrders } from '../check/check-sort-orders.ts';
import { newProblemReport, type Problem } from '../check/problem.ts';
import { tableInvalid } from '../spec/json-field.ts';
import {
  parseTableMetadata,
  serializeTableMetadata,
  type TableMetadata,
} from '../spec/table-metadata.ts';
import { withLoggedBase } from '../transaction/metadata-log.ts';
import { setProperties } from '../transaction/set-properties.ts';
import {
  addSnapshot,
  finishSnapshotLog,
  removeRef,
  removeSnapshots,
  removeStatistics,
  setRef,
  setStatistics,
} from './apply-snapshots.ts';
import {
  addSchema,
  addSortOrder,
  addSpec,
  removeSchemas,
  removeSpecs,
  setCurrentSchema,
  setDefaultSortOrder,
  setDefaultSpec,
} from './apply-structure.ts';
import { type MetadataDraft, newMetadataDraft } from './metadata-draft.ts';
import type { TableUpdate } from './table-update.ts';

/**
 * The metadata after a commit to a REST catalog, as the catalog writes it. Without updates the same object comes back.
 * `base` is null for a commit that creates the table. Throws TABLE_INVALID, SCHEMA_INCOMPATIBLE or FEATURE_UNSUPPORTED,
 * naming what is wrong, for updates that contradict the table or break the specification where the base did not;
 * COMMIT_CONFLICT for a snapshot whose sequence number has passed.
 * Source: Iceberg REST catalog API, updateTable; Apache Iceberg, TableMetadata.Builder.
 */
export function applyUpdates(
  base: { readonly metadata: TableMetadata; readonly location: string } | null,
  updates: readonly TableUpdate[],
  options: { readonly nowMs: number },
): TableMetadata {
  if (base !== null && updates.length === 0) return base.metadata;
  const draft = newMetadataDraft(base?.metadata ?? null, options.nowMs);
  for (const update of updates) applyUpdate(draft, update);
  finishSnapshotLog(draft);
  const { metadata, nowMs } = draft;
  const next =
    base === null
      ? { ...metadata, 'last-updated-ms': Math.max(metadata['last-updated-ms'], nowMs) }
      : withLoggedBase(base.metadata, metadata, { baseLocation: base.location, nowMs });
  // What a reader of the file would find wrong is found here.
  const checked = parseTableMetadata(serializeTableMetadata(next));
  requireNoNewProblem(checked, base?.metadata ?? null);
  return checked;
}

type UpdateOf<A extends TableUpdate['action']> = Extract<TableUpdate, { readonly action: A }>;

const HANDLERS: {
  readonly [A in TableUpdate['action']]: (draft: MetadataDraft, update: UpdateOf<A>) => void;
} = {
  'assign-uuid': (draft, { uuid }) => assignUuid(draft, uuid),
  'upgrade-format-version': (_, update) => requireVersion2(update['format-version']),
  'add-schema': (draft, update) => addSchema(draft, update.schema, update['last-column-id']),
  'set-current-schema': (draft, update) => setCurrentSchema(draft, update['schema-id']),
  'add-spec': (draft, { spec }) => addSpec(draft, spec.fields),
  'set-default-spec': (draft, update) => setDefaultSpec(draft, update['spec-id']),
  'add-sort-order': (draft, update) => addSortOrder(draft, update['sort-order'].fields),
  'set-default-sort-order': (draft, update) => setDefaultSortOrder(draft, update['sort-order-id']),
  'add-snapshot': (draft, { snapshot }) => addSnapshot(draft, snapshot),
  'set-snapshot-ref': (draft, { action: _, 'ref-name': name, ...ref }) => setRef(draft, name, ref),
  'remove-snapshots': (draft, update) => removeSnapshots(draft, update['snapshot-ids']),
  'remove-snapshot-ref': (draft, update) => removeRef(draft, update['ref-name']),
  'set-location': ({ metadata }, { location }) => {
    metadata.location = locationOf(location);
  },
  'set-properties': ({ metadata }, { updates }) => {
    metadata.properties = setProperties(metadata, updates).properties;
  },
  'remove-properties': ({ metadata }, { removals }) => {
    metadata.properties = withoutKeys(metadata.properties, removals);
  },
  'set-statistics': (draft, update) => setStatistics(draft, 'statistics', update.statistics),
  'remove-statistics': (draft, update) =>
    removeStatistics(draft, 'statistics', update['snapshot-id']),
  'set-partition-statistics': (draft, update) =>
    setStatistics(draft, 'partition-statistics', update['partition-statistics']),
  'remove-partition-statistics': (draft, update) =>
    removeStatistics(draft, 'partition-statistics', update['snapshot-id']),
  'remove-partition-specs': (draft, update) => removeSpecs(draft, update['spec-ids']),
  'remove-schemas': (draft, update) => removeSchemas(draft, update['schema-ids']),
};

function applyUpdate(draft: MetadataDraft, update: TableUpdate): void {
  // The table above pairs each action with its own update, which a lookup by key cannot say.
  const handler = HANDLERS[update.action] as (draft: MetadataDraft, update: TableUpdate) => void;
  handler(draft, update);
}

/** A table keeps its UUID for good: it is what tells it from a later one of the same name. */
function assignUuid({ metadata, base }: MetadataDraft, uuid: string): void {
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(uuid)) {
    throw tableInvalid('assign-uuid', 'a UUID', uuid);
  }
  if (base !== null && base['table-uuid'] !== uuid.toLowerCase()) {
    throw tableInvalid('assign-uuid', `the table's own UUID ${base['table-uuid']}`, uuid);
  }
  metadata['table-uuid'] = uuid.toLowerCase();
}

function requireVersion2(version: number): void {
  if (version === 2) return;
  throw new SluiceError(
    'FEATURE_UNSUPPORTED',
    `upgrade-format-version: expected 2, got ${version}; only version 2 tables are served`,
  );
}

function locationOf(location: string): string {
  const trimmed = location.replace(/\/+$/, '');
  if (/^[a-z][a-z0-9+.-]*:\/\/[^/\s]\S*$/.test(trimmed)) return trimmed;
  throw tableInvalid('set-location', 'a URI with a scheme', location);
}

function withoutKeys(
  properties: Readonly<Record<string, string>>,
  keys: readonly string[],
): Readonly<Record<string, string>> {
  const removed = new Set(keys);
  return Object.fromEntries(Object.entries(properties).filter(([key]) => !removed.has(key)));
}

/** What was there before is not the client's to mend. */
function requireNoNewProblem(metadata: TableMetadata, base: TableMetadata | null): void {
  const old = new Set((base === null ? [] : structureProblems(base)).map(textOf));
  const found = structureProblems(metadata).find((problem) => !old.has(textOf(problem)));
  if (found !== undefined) throw new SluiceError('TABLE_INVALID', textOf(found));
}

function structureProblems(metadata: TableMetadata): readonly Problem[] {
  const report = newProblemReport();
  report.attempt('schemas', () => checkSchemas(metadata, report));
  report.attempt('partition-specs', () => checkPartitionSpecs(metadata, report));
  report.attempt('sort-orders', () => checkSortOrders(metadata, report));
  return report.problems;
}

function textOf({ where, message }: Problem): string {
  return `${where}: ${message}`;
}
