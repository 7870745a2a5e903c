import { SluiceError } from '../../errors.ts';
import {
  arrayField,
  asObject,
  bigintField,
  intField,
  type JsonObject,
  stringField,
  stringMapField,
  tableInvalid,
} from './json-field.ts';
import type { PartitionField, PartitionSpec } from './partition.ts';
import type { Schema } from './schema.ts';
import { parseSchema } from './schema-json.ts';
import {
  MAIN_BRANCH,
  type MetadataLogEntry,
  type Snapshot,
  type SnapshotLogEntry,
  type SnapshotRef,
} from './snapshot.ts';
import type { SortField, SortOrder } from './sort-order.ts';

/**
 * The state of a table, with the key names of its JSON. Ids and sequence numbers are bigint, times
 * milliseconds since the epoch. Keys of the JSON that are not named here are kept.
 * Source: Iceberg v2 §Table Metadata.
 */
export interface TableMetadata {
  readonly 'format-version': 2;
  readonly 'table-uuid': string;
  readonly location: string;
  readonly 'last-sequence-number': bigint;
  readonly 'last-updated-ms': number;
  readonly 'last-column-id': number;
  readonly schemas: readonly Schema[];
  readonly 'current-schema-id': number;
  readonly 'partition-specs': readonly PartitionSpec[];
  readonly 'default-spec-id': number;
  readonly 'last-partition-id': number;
  readonly properties: Readonly<Record<string, string>>;
  /** Null before the first snapshot; -1 in the JSON, as the reference implementation writes it for v2. */
  readonly 'current-snapshot-id': bigint | null;
  readonly snapshots: readonly Snapshot[];
  readonly 'snapshot-log': readonly SnapshotLogEntry[];
  readonly 'metadata-log': readonly MetadataLogEntry[];
  readonly 'sort-orders': readonly SortOrder[];
  readonly 'default-sort-order-id': number;
  readonly refs: Readonly<Record<string, SnapshotRef>>;
}

/** Parts of the metadata that are checked already; the JSON need not have them. */
export type KnownParts = Pick<
  TableMetadata,
  'snapshots' | 'snapshot-log' | 'metadata-log' | 'refs'
>;

/**
 * Turns metadata JSON into TableMetadata: required keys are checked, optional ones get the default
 * the specification gives them. Source: Iceberg v2 §Table Metadata Fields, §Appendix C.
 */
export function checkTableMetadata(json: unknown, known?: KnownParts): TableMetadata {
  const root = asObject(json, '');
  requireVersion2(root);
  const currentSnapshotId = parseCurrentSnapshotId(root);
  const metadata: TableMetadata = {
    ...root,
    'format-version': 2,
    'table-uuid': stringField(root, 'table-uuid', ''),
    location: stringField(root, 'location', ''),
    'last-sequence-number': bigintField(root, 'last-sequence-number', ''),
    'last-updated-ms': intField(root, 'last-updated-ms', ''),
    'last-column-id': intField(root, 'last-column-id', ''),
    schemas: arrayField(root, 'schemas', { where: '', item: parseSchema }),
    'current-schema-id': intField(root, 'current-schema-id', ''),
    'partition-specs': arrayField(root, 'partition-specs', { where: '', item: parsePartitionSpec }),
    'default-spec-id': intField(root, 'default-spec-id', ''),
    'last-partition-id': intField(root, 'last-partition-id', ''),
    properties: stringMapField(root, 'properties', ''),
    'current-snapshot-id': currentSnapshotId,
    snapshots: known?.snapshots ?? optionalArray(root, 'snapshots', parseSnapshot),
    'snapshot-log':
      known?.['snapshot-log'] ?? optionalArray(root, 'snapshot-log', parseSnapshotLogEntry),
    'metadata-log':
      known?.['metadata-log'] ?? optionalArray(root, 'metadata-log', parseMetadataLogEntry),
    'sort-orders': arrayField(root, 'sort-orders', { where: '', item: parseSortOrder }),
    'default-sort-order-id': intField(root, 'default-sort-order-id', ''),
    refs: withMain(known?.refs ?? parseRefs(root), currentSnapshotId),
  };
  requireReferences(metadata);
  return metadata;
}

/** The partition fields array, as it also stands in manifest headers. */
export function parsePartitionFields(
  object: JsonObject,
  key: string,
  where: string,
): readonly PartitionField[] {
  return arrayField(object, key, { where, item: parsePartitionField });
}

function requireVersion2(root: JsonObject): void {
  const version = intField(root, 'format-version', '');
  if (version === 2) return;
  const hint =
    version === 1
      ? "upgrade the table: ALTER TABLE … SET TBLPROPERTIES ('format-version' = '2')"
      : 'copy the rows into a table of version 2';
  throw new SluiceError(
    'FEATURE_UNSUPPORTED',
    `table metadata format-version: expected 2, got ${version}; ${hint}`,
    { context: { key: 'format-version' } },
  );
}

function parseCurrentSnapshotId(root: JsonObject): bigint | null {
  const value = root['current-snapshot-id'];
  if (value === undefined || value === null || value === -1n) return null;
  return bigintField(root, 'current-snapshot-id', '');
}

function parsePartitionSpec(value: unknown, where: string): PartitionSpec {
  const object = asObject(value, where);
  return {
    ...object,
    'spec-id': intField(object, 'spec-id', where),
    fields: parsePartitionFields(object, 'fields', where),
  };
}

function parsePartitionField(value: unknown, where: string): PartitionField {
  const object = asObject(value, where);
  return {
    ...object,
    'source-id': intField(object, 'source-id', where),
    'field-id': intField(object, 'field-id', where),
    name: stringField(object, 'name', where),
    transform: stringField(object, 'transform', where),
  };
}

/** A snapshot, as it also stands in a commit to a REST catalog. */
export function parseSnapshot(value: unknown, where: string): Snapshot {
  const object = asObject(value, where);
  const parent = object['parent-snapshot-id'];
  const { 'parent-snapshot-id': _, ...rest } = object;
  return {
    ...rest,
    'snapshot-id': bigintField(object, 'snapshot-id', where),
    // Some engines write null or -1 for "no parent"; the specification omits the key.
    ...(parent === undefined || parent === null || parent === -1n
      ? {}
      : { 'parent-snapshot-id': bigintField(object, 'parent-snapshot-id', where) }),
    // Snapshots from before an upgrade to version 2 have no sequence number: Iceberg v2 §Appendix E.
    'sequence-number':
      object['sequence-number'] === undefined ? 0n : bigintField(object, 'sequence-number', where),
    'timestamp-ms': intField(object, 'timestamp-ms', where),
    'manifest-list': stringField(object, 'manifest-list', where),
    summary: stringMapField(object, 'summary', where),
  };
}

export function parseSnapshotLogEntry(value: unknown, where: string): SnapshotLogEntry {
  const object = asObject(value, where);
  return {
    ...object,
    'snapshot-id': bigintField(object, 'snapshot-id', where),
    'timestamp-ms': intField(object, 'timestamp-ms', where),
  };
}

export function parseMetadataLogEntry(value: unknown, where: string): MetadataLogEntry {
  const object = asObject(value, where);
  return {
    ...object,
    'metadata-file': stringField(object, 'metadata-file', where),
    'timestamp-ms': intField(object, 'timestamp-ms', where),
  };
}

/** A sort order, as it also stands in a commit to a REST catalog. */
export function parseSortOrder(value: unknown, where: string): SortOrder {
  const object = asObject(value, where);
  return {
    ...object,
    'order-id': intField(object, 'order-id', where),
    fields: arrayField(object, 'fields', { where, item: parseSortField }),
  };
}

function parseSortField(value: unknown, where: string): SortField {
  const object = asObject(value, where);
  return {
    ...object,
    transform: stringField(object, 'transform', where),
    'source-id': intField(object, 'source-id', where),
    direction: oneOf(object, 'direction', { where, allowed: ['asc', 'desc'] }),
    'null-order': oneOf(object, 'null-order', { where, allowed: ['nulls-first', 'nulls-last'] }),
  };
}

function parseRefs(root: JsonObject): Readonly<Record<string, SnapshotRef>> {
  const declared = root['refs'];
  if (declared === undefined || declared === null) return {};
  return Object.fromEntries(
    Object.entries(asObject(declared, 'refs')).map(([name, value]) => [
      name,
      parseRef(value, `refs.${name}`),
    ]),
  );
}

/** A table with a current snapshot always has a `main` branch, even where `refs` is missing. */
function withMain(
  refs: Readonly<Record<string, SnapshotRef>>,
  currentSnapshotId: bigint | null,
): Readonly<Record<string, SnapshotRef>> {
  if (refs[MAIN_BRANCH] !== undefined || currentSnapshotId === null) return refs;
  return { ...refs, [MAIN_BRANCH]: { 'snapshot-id': currentSnapshotId, type: 'branch' } };
}

/** A branch or tag, as it also stands in a commit to a REST catalog. */
export function parseRef(value: unknown, where: string): SnapshotRef {
  const object = asObject(value, where);
  return {
    ...object,
    'snapshot-id': bigintField(object, 'snapshot-id', where),
    type: oneOf(object, 'type', { where, allowed: ['branch', 'tag'] }),
  };
}

function requireReferences(metadata: TableMetadata): void {
  const schemaId = metadata['current-schema-id'];
  if (!metadata.schemas.some((schema) => schema['schema-id'] === schemaId)) {
    throw tableInvalid('current-schema-id', 'the id of one of the schemas', schemaId);
  }
  const specId = metadata['default-spec-id'];
  if (!metadata['partition-specs'].some((spec) => spec['spec-id'] === specId)) {
    throw tableInvalid('default-spec-id', 'the id of one of the partition specs', specId);
  }
  const current = metadata['current-snapshot-id'];
  if (current === null) {
    // A lost key must not read as a table without rows.
    const main = metadata.refs[MAIN_BRANCH];
    if (main === undefined) return;
    throw tableInvalid('current-snapshot-id', `${main['snapshot-id']}, as refs.main says`, null);
  }
  if (!metadata.snapshots.some((snapshot) => snapshot['snapshot-id'] === current)) {
    throw tableInvalid('current-snapshot-id', 'the id of one of the snapshots', current);
  }
  if (metadata.refs[MAIN_BRANCH]?.['snapshot-id'] !== current) {
    throw tableInvalid(
      'refs.main',
      `the current snapshot ${current}`,
      metadata.refs[MAIN_BRANCH]?.['snapshot-id'],
    );
  }
}

function optionalArray<T>(
  root: JsonObject,
  key: string,
  item: (value: unknown, where: string) => T,
): readonly T[] {
  return arrayField(root, key, { where: '', item, optional: true });
}

function oneOf<T extends string>(
  object: JsonObject,
  key: string,
  options: { readonly where: string; readonly allowed: readonly T[] },
): T {
  const value = object[key];
  const match = options.allowed.find((candidate) => candidate === value);
  if (match === undefined) {
    throw tableInvalid(`${options.where}.${key}`, options.allowed.join(' or '), value);
  }
  return match;
}
