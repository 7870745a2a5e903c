import { SluiceError } from '../../errors.ts';
import {
  arrayField,
  asObject,
  booleanField,
  type JsonObject,
  stringField,
  stringMapField,
  tableInvalid,
} from '../spec/json-field.ts';
import type { PartitionSpec } from '../spec/partition.ts';
import type { Schema } from '../spec/schema.ts';
import { columnsById } from '../spec/schema-fields.ts';
import { parseSchema } from '../spec/schema-json.ts';
import { type SortOrder, UNSORTED } from '../spec/sort-order.ts';
import type { TableMetadata } from '../spec/table-metadata.ts';
import { parseSortOrder } from '../spec/table-metadata-json.ts';
import { createTableMetadata } from '../transaction/create-table.ts';
import { freshFieldIds, withFreshIds } from '../transaction/fresh-field-ids.ts';
import { parseUnboundFields, withDefaultId } from './parse-commit.ts';
import type { UnboundPartitionField } from './table-update.ts';

const FIRST_PARTITION_FIELD_ID = 1000;

/** A table as a client asks a REST catalog for it. Source: Iceberg REST catalog API, CreateTableRequest. */
export interface NewTableRequest {
  readonly name: string;
  /** Null: below the database's own location. */
  readonly location: string | null;
  readonly schema: Schema;
  readonly partitionFields: readonly UnboundPartitionField[];
  readonly sortOrder: SortOrder;
  readonly properties: Readonly<Record<string, string>>;
  /** The table is made by a later commit; nothing is stored now. */
  readonly isStaged: boolean;
}

/** Checks a request from a client. Throws TABLE_INVALID with the place, FEATURE_UNSUPPORTED for a type or version not handled. */
export function parseNewTable(body: unknown): NewTableRequest {
  const root = asObject(body, 'table');
  const spec = root['partition-spec'];
  const order = root['write-order'];
  const { 'format-version': version, ...properties } = stringMapField(root, 'properties', '');
  if (version !== undefined && version !== '2') {
    throw new SluiceError(
      'FEATURE_UNSUPPORTED',
      `properties.format-version: expected 2, got ${version}; only version 2 tables are served`,
    );
  }
  return {
    name: stringField(root, 'name', ''),
    location: isMissing(root['location']) ? null : stringField(root, 'location', ''),
    schema: parseSchema(withDefaultId(root, 'schema', 'schema-id'), 'schema'),
    partitionFields: isMissing(spec) ? [] : parseUnboundFields(spec, 'partition-spec'),
    sortOrder: isMissing(order) ? UNSORTED : parseOrder(root),
    properties,
    isStaged: isMissing(root['stage-create']) ? false : booleanField(root, 'stage-create', ''),
  };
}

function parseOrder(root: JsonObject): SortOrder {
  arrayField(asObject(root['write-order'], 'write-order'), 'fields', {
    where: 'write-order',
    item: () => null,
  });
  return parseSortOrder(withDefaultId(root, 'write-order', 'order-id'), 'write-order');
}

/**
 * The table's first metadata. Ids of columns, partition fields and orders are given afresh, as every catalog does:
 * the client's only say what refers to what. Throws TABLE_INVALID, SCHEMA_INCOMPATIBLE.
 * Source: Apache Iceberg, TableMetadata.newTableMetadata.
 */
export function newTableMetadata(
  request: NewTableRequest,
  table: { readonly location: string; readonly tableUuid: string; readonly nowMs: number },
): TableMetadata {
  const { schema, fresh } = withFreshColumnIds(request.schema);
  const partitionSpec: PartitionSpec = {
    'spec-id': 0,
    fields: request.partitionFields.map((field, index) => ({
      ...field,
      'source-id': freshId(fresh, field['source-id'], 'partition-spec'),
      'field-id': FIRST_PARTITION_FIELD_ID + index,
    })),
  };
  const sortFields = request.sortOrder.fields.map((field) => ({
    ...field,
    'source-id': freshId(fresh, field['source-id'], 'write-order'),
  }));
  return createTableMetadata({
    ...table,
    schema,
    partitionSpec,
    sortOrder: sortFields.length === 0 ? UNSORTED : { 'order-id': 1, fields: sortFields },
    properties: request.properties,
  });
}

function withFreshColumnIds(schema: Schema): {
  readonly schema: Schema;
  readonly fresh: ReadonlyMap<number, number>;
} {
  const { next } = freshFieldIds(0);
  const struct = withFreshIds({ type: 'struct', fields: schema.fields }, next);
  if (typeof struct === 'string' || struct.type !== 'struct') {
    throw tableInvalid('schema', 'a struct', struct);
  }
  const [before, after] = [[...columnsById(schema).keys()], [...columnsById(struct).keys()]];
  if (before.length !== after.length)
    throw tableInvalid('schema', 'unique field ids', 'the same twice');
  const fresh = new Map(before.map((id, index) => [id, after[index] ?? id]));
  const identifiers = schema['identifier-field-ids'] ?? [];
  return {
    fresh,
    schema: {
      type: 'struct',
      'schema-id': 0,
      ...(identifiers.length === 0
        ? {}
        : { 'identifier-field-ids': identifiers.map((id) => freshId(fresh, id, 'schema')) }),
      fields: struct.fields,
    },
  };
}

function freshId(fresh: ReadonlyMap<number, number>, id: number, where: string): number {
  const given = fresh.get(id);
  if (given === undefined) throw tableInvalid(where, 'the id of a column of the schema', id);
  return given;
}

function isMissing(value: unknown): value is null | undefined {
  return value === undefined || value === null;
}
