import { tableInvalid } from '../spec/json-field.ts';
import type { PartitionField } from '../spec/partition.ts';
import type { Schema } from '../spec/schema.ts';
import { highestFieldId } from '../spec/schema-fields.ts';
import { type SortField, UNSORTED } from '../spec/sort-order.ts';
import { currentSchema } from '../spec/table-metadata.ts';
import { bindPartitionSpec } from '../transform/bind-partition-spec.ts';
import { type MetadataDraft, resolveId, sameJson } from './metadata-draft.ts';
import type { UnboundPartitionField } from './table-update.ts';

/** A schema the table has already is used again; a new one gets the next id. */
export function addSchema(
  draft: MetadataDraft,
  schema: Schema,
  lastColumnId: number | undefined,
): void {
  const { metadata } = draft;
  if (lastColumnId !== undefined && lastColumnId < metadata['last-column-id']) {
    throw tableInvalid('last-column-id', `${metadata['last-column-id']} or more`, lastColumnId);
  }
  metadata['last-column-id'] = Math.max(
    metadata['last-column-id'],
    highestFieldId(schema),
    lastColumnId ?? 0,
  );
  const known = metadata.schemas.find((candidate) => sameSchema(candidate, schema));
  const id =
    known?.['schema-id'] ??
    nextId(
      metadata.schemas.map((each) => each['schema-id']),
      0,
    );
  if (known === undefined) metadata.schemas = [...metadata.schemas, { ...schema, 'schema-id': id }];
  draft.lastSchemaId = id;
}

function sameSchema(a: Schema, b: Schema): boolean {
  return (
    sameJson(a.fields, b.fields) &&
    sameJson(a['identifier-field-ids'] ?? [], b['identifier-field-ids'] ?? [])
  );
}

export function setCurrentSchema(draft: MetadataDraft, schemaId: number): void {
  const { metadata } = draft;
  const id = resolveId(schemaId, draft.lastSchemaId, 'set-current-schema');
  if (!metadata.schemas.some((schema) => schema['schema-id'] === id)) {
    throw tableInvalid('set-current-schema', 'the id of a schema of the table', id);
  }
  metadata['current-schema-id'] = id;
}

/**
 * A spec the table has already is used again. Fields without an id get the one that the same transform of the same
 * column has in another spec, else the next. Throws SCHEMA_INCOMPATIBLE for a field that does not go with its column.
 * Source: Iceberg v2 §Partition Evolution.
 */
export function addSpec(draft: MetadataDraft, unbound: readonly UnboundPartitionField[]): void {
  const { metadata } = draft;
  const specs = metadata['partition-specs'];
  const known = specs.find((spec) => sameJson(spec.fields.map(meaning), unbound.map(meaning)));
  if (known !== undefined) {
    draft.lastSpecId = known['spec-id'];
    return;
  }
  const fields: PartitionField[] = [];
  const earlier = specs.flatMap((spec) => spec.fields);
  for (const field of unbound) {
    const same = earlier.find((other) => sameJson(meaning(other), meaning(field)));
    const id = field['field-id'] ?? same?.['field-id'] ?? metadata['last-partition-id'] + 1;
    metadata['last-partition-id'] = Math.max(metadata['last-partition-id'], id);
    fields.push({ ...field, 'field-id': id });
  }
  const spec = {
    'spec-id': nextId(
      specs.map((each) => each['spec-id']),
      0,
    ),
    fields,
  };
  bindPartitionSpec(spec, currentSchema(metadata));
  metadata['partition-specs'] = [...specs, spec];
  draft.lastSpecId = spec['spec-id'];
}

function meaning(field: UnboundPartitionField): readonly unknown[] {
  return [field['source-id'], field.transform, field.name];
}

export function setDefaultSpec(draft: MetadataDraft, specId: number): void {
  const { metadata } = draft;
  const id = resolveId(specId, draft.lastSpecId, 'set-default-spec');
  if (!metadata['partition-specs'].some((spec) => spec['spec-id'] === id)) {
    throw tableInvalid('set-default-spec', 'the id of a partition spec of the table', id);
  }
  metadata['default-spec-id'] = id;
}

/** An order the table has already is used again; no fields at all is order 0. Source: Iceberg v2 §Sorting. */
export function addSortOrder(draft: MetadataDraft, fields: readonly SortField[]): void {
  const { metadata } = draft;
  const orders = metadata['sort-orders'];
  const known = orders.find((order) => sameJson(order.fields, fields));
  if (known !== undefined) {
    draft.lastSortOrderId = known['order-id'];
    return;
  }
  const order =
    fields.length === 0
      ? UNSORTED
      : {
          'order-id': nextId(
            orders.map((each) => each['order-id']),
            1,
          ),
          fields,
        };
  metadata['sort-orders'] = [...orders, order];
  draft.lastSortOrderId = order['order-id'];
}

export function setDefaultSortOrder(draft: MetadataDraft, orderId: number): void {
  const { metadata } = draft;
  const id = resolveId(orderId, draft.lastSortOrderId, 'set-default-sort-order');
  if (!metadata['sort-orders'].some((order) => order['order-id'] === id)) {
    throw tableInvalid('set-default-sort-order', 'the id of a sort order of the table', id);
  }
  metadata['default-sort-order-id'] = id;
}

export function removeSpecs(draft: MetadataDraft, ids: readonly number[]): void {
  const { metadata } = draft;
  if (ids.includes(metadata['default-spec-id'])) {
    throw tableInvalid('remove-partition-specs', 'no default spec', metadata['default-spec-id']);
  }
  metadata['partition-specs'] = metadata['partition-specs'].filter(
    (spec) => !ids.includes(spec['spec-id']),
  );
}

export function removeSchemas(draft: MetadataDraft, ids: readonly number[]): void {
  const { metadata } = draft;
  if (ids.includes(metadata['current-schema-id'])) {
    throw tableInvalid('remove-schemas', 'no current schema', metadata['current-schema-id']);
  }
  metadata.schemas = metadata.schemas.filter((schema) => !ids.includes(schema['schema-id']));
}

/** Ids are never lower than one in use. */
function nextId(ids: readonly number[], first: number): number {
  return ids.reduce((next, id) => Math.max(next, id + 1), first);
}
