import { SluiceError } from '../../errors.ts';
import type { PartitionField, PartitionSpec } from '../spec/partition.ts';
import { columnsById } from '../spec/schema-fields.ts';
import { currentSchema, defaultPartitionSpec, type TableMetadata } from '../spec/table-metadata.ts';
import { bindPartitionSpec } from '../transform/bind-partition-spec.ts';
import { parseTransform, type Transform, transformText } from '../transform/transform.ts';
import { findPartitionNameConflict } from './partition-names.ts';

/** One step of partition evolution. `column` names a column from the root. Source: Iceberg v2 §Partition Evolution. */
export type PartitionChange =
  /** Without a name: `ts_day`, `symbol_bucket_16`, `price_trunc_10`, and for identity the column's own. */
  | {
      readonly kind: 'add-field';
      readonly column: readonly string[];
      readonly transform: Transform;
      readonly name?: string;
    }
  | { readonly kind: 'remove-field'; readonly name: string }
  | { readonly kind: 'rename-field'; readonly name: string; readonly newName: string };

/**
 * Applies changes in order and makes the result the default spec: new files are partitioned by it, old ones keep
 * theirs. A field of an earlier spec with the same source and transform gets its id back; a spec the table already
 * has is made the default again instead of being repeated; without an effective change the same object comes back.
 * A removed field is left out, as version 2 does (version 1 would keep it as `void`).
 * Throws SCHEMA_INCOMPATIBLE with the rule that forbids a change.
 */
export function evolvePartitionSpec(
  metadata: TableMetadata,
  changes: readonly PartitionChange[],
): TableMetadata {
  const base = defaultPartitionSpec(metadata);
  let lastId = metadata['last-partition-id'];
  let fields = base.fields;
  for (const change of changes) {
    const changed = applyChange(fields, change, { metadata, nextId: lastId + 1 });
    fields = changed;
    lastId = Math.max(lastId, ...changed.map((field) => field['field-id']));
  }
  if (sameFields(fields, base.fields)) return metadata;
  const schema = currentSchema(metadata);
  bindPartitionSpec({ 'spec-id': 0, fields }, schema);
  const conflict = findPartitionNameConflict([{ 'spec-id': 0, fields }], schema);
  if (conflict !== null) throw forbidden(conflict);
  return withDefaultSpec(metadata, fields, lastId);
}

interface ChangeContext {
  readonly metadata: TableMetadata;
  readonly nextId: number;
}

function applyChange(
  fields: readonly PartitionField[],
  change: PartitionChange,
  context: ChangeContext,
): readonly PartitionField[] {
  switch (change.kind) {
    case 'add-field':
      return addField(fields, change, context);
    case 'remove-field':
      requireField(fields, change.name);
      return fields.filter((field) => field.name !== change.name);
    case 'rename-field':
      requireField(fields, change.name);
      if (change.newName !== change.name) requireFreeName(fields, change.newName);
      return fields.map((field) =>
        field.name === change.name ? { ...field, name: change.newName } : field,
      );
  }
}

function addField(
  fields: readonly PartitionField[],
  change: PartitionChange & { readonly kind: 'add-field' },
  { metadata, nextId }: ChangeContext,
): readonly PartitionField[] {
  const { column, transform } = change;
  if (transform.kind === 'unknown' || transform.kind === 'void') {
    throw forbidden(`transform ${transformText(transform)} partitions nothing`);
  }
  const sourceId = columnIdAt(metadata, column);
  const text = transformText(transform);
  const isSame = (field: PartitionField) =>
    field['source-id'] === sourceId && field.transform === text;
  const taken =
    fields.find(isSame) ?? fields.find((field) => isSameTime(field, sourceId, transform));
  if (taken !== undefined) {
    throw forbidden(
      `field ${taken.name} partitions by ${taken.transform} of ${column.join('.')} already`,
    );
  }
  const earlier = metadata['partition-specs'].flatMap((spec) => spec.fields).findLast(isSame);
  const name = change.name ?? earlier?.name ?? defaultName(column, transform);
  requireFreeName(fields, name);
  const fieldId = earlier?.['field-id'] ?? nextId;
  return [...fields, { 'source-id': sourceId, 'field-id': fieldId, name, transform: text }];
}

const TIME_UNITS: ReadonlySet<string> = new Set(['year', 'month', 'day', 'hour']);

/** A second time unit of one column only makes more partitions: the finer one says it all. */
function isSameTime(field: PartitionField, sourceId: number, transform: Transform): boolean {
  return (
    field['source-id'] === sourceId &&
    TIME_UNITS.has(field.transform) &&
    TIME_UNITS.has(transform.kind)
  );
}

function columnIdAt(metadata: TableMetadata, path: readonly string[]): number {
  for (const column of columnsById(currentSchema(metadata)).values()) {
    const isAt =
      column.path.length === path.length && column.path.every((name, at) => name === path[at]);
    if (isAt) return column.id;
  }
  throw forbidden(`there is no column ${path.join('.')}`);
}

/** As engines name them. Source: Apache Iceberg, BaseUpdatePartitionSpec. */
function defaultName(path: readonly string[], transform: Transform): string {
  const column = path.join('.');
  switch (transform.kind) {
    case 'identity':
      return column;
    case 'bucket':
      return `${column}_bucket_${transform.buckets}`;
    case 'truncate':
      return `${column}_trunc_${transform.width}`;
    default:
      return `${column}_${transform.kind}`;
  }
}

function requireField(fields: readonly PartitionField[], name: string): void {
  if (fields.some((field) => field.name === name)) return;
  const known = fields.map((field) => field.name).join(', ');
  throw forbidden(`there is no partition field ${name}; the default spec has ${known || 'none'}`);
}

function requireFreeName(fields: readonly PartitionField[], name: string): void {
  if (name === '') throw forbidden('a partition field needs a name');
  const taken = fields.find((field) => field.name.toLowerCase() === name.toLowerCase());
  if (taken !== undefined) {
    throw forbidden(`the name ${taken.name} is taken (letter case does not count)`);
  }
}

function withDefaultSpec(
  metadata: TableMetadata,
  fields: readonly PartitionField[],
  lastPartitionId: number,
): TableMetadata {
  const specs = metadata['partition-specs'];
  const known = specs.find((spec) => sameFields(spec.fields, fields));
  const nextId = Math.max(...specs.map((spec) => spec['spec-id'])) + 1;
  const spec: PartitionSpec = known ?? { 'spec-id': nextId, fields };
  return {
    ...metadata,
    'partition-specs': known === undefined ? [...specs, spec] : specs,
    'default-spec-id': spec['spec-id'],
    'last-partition-id': lastPartitionId,
  };
}

function sameFields(a: readonly PartitionField[], b: readonly PartitionField[]): boolean {
  return (
    a.length === b.length &&
    a.every((field, index) => {
      const other = b[index];
      return (
        field['field-id'] === other?.['field-id'] &&
        field['source-id'] === other['source-id'] &&
        field.name === other.name &&
        transformText(parseTransform(field.transform)) === other.transform
      );
    })
  );
}

function forbidden(rule: string): SluiceError {
  return new SluiceError('SCHEMA_INCOMPATIBLE', `partition spec: ${rule}`);
}
