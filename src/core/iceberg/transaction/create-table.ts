import { SluiceError } from '../../errors.ts';
import type { PartitionSpec } from '../spec/partition.ts';
import type { Schema } from '../spec/schema.ts';
import { columnsById, highestFieldId } from '../spec/schema-fields.ts';
import { type SortOrder, UNSORTED } from '../spec/sort-order.ts';
import type { TableMetadata } from '../spec/table-metadata.ts';
import { bindPartitionSpec } from '../transform/bind-partition-spec.ts';
import { findPartitionNameConflict } from './partition-names.ts';

/** Partition field ids start here. Source: Iceberg v2 §Partition Evolution. */
const FIRST_PARTITION_FIELD_ID = 1000;

/**
 * First metadata of a version 2 table: no snapshot, sequence number 0. Ids are taken as given.
 * Throws TABLE_INVALID for ids or names that repeat or collide, SCHEMA_INCOMPATIBLE when a partition
 * field does not go with its column.
 */
export function createTableMetadata(table: {
  readonly location: string;
  readonly tableUuid: string;
  readonly schema: Schema;
  readonly partitionSpec: PartitionSpec;
  readonly sortOrder?: SortOrder;
  readonly properties: Readonly<Record<string, string>>;
  readonly nowMs: number;
}): TableMetadata {
  const { schema, partitionSpec, sortOrder = UNSORTED } = table;
  checkSchema(schema);
  checkPartitionSpec(partitionSpec, schema);
  checkSortOrder(sortOrder, schema);
  return {
    'format-version': 2,
    'table-uuid': table.tableUuid,
    location: table.location.replace(/\/+$/, ''),
    'last-sequence-number': 0n,
    'last-updated-ms': table.nowMs,
    'last-column-id': highestFieldId(schema),
    schemas: [schema],
    'current-schema-id': schema['schema-id'],
    'partition-specs': [partitionSpec],
    'default-spec-id': partitionSpec['spec-id'],
    'last-partition-id': Math.max(
      FIRST_PARTITION_FIELD_ID - 1,
      ...partitionSpec.fields.map((field) => field['field-id']),
    ),
    properties: { ...table.properties },
    'current-snapshot-id': null,
    snapshots: [],
    'snapshot-log': [],
    'metadata-log': [],
    'sort-orders': [sortOrder],
    'default-sort-order-id': sortOrder['order-id'],
    refs: {},
  };
}

function checkSchema(schema: Schema): void {
  if (schema.fields.length === 0) throw invalid('schema: expected at least one column, got none');
  const ids = schema.fields.flatMap((field) => [...columnsById({ fields: [field] }).keys()]);
  requireUnique(ids, 'schema field ids');
  requireUnique(
    schema.fields.map((field) => field.name.toLowerCase()),
    'column names (letter case does not count)',
  );
}

function checkPartitionSpec(spec: PartitionSpec, schema: Schema): void {
  const bound = bindPartitionSpec(spec, schema);
  requireUnique(
    bound.map((field) => field.fieldId),
    'partition field ids',
  );
  requireUnique(
    bound.map((field) => field.name),
    'partition field names',
  );
  const tooLow = bound.find((field) => field.fieldId < FIRST_PARTITION_FIELD_ID);
  if (tooLow !== undefined) {
    throw invalid(
      `partition field ${tooLow.name}: expected an id from 1000, got ${tooLow.fieldId}`,
    );
  }
  const conflict = findPartitionNameConflict([spec], schema);
  if (conflict !== null) throw invalid(`partition spec: ${conflict}`);
}

function checkSortOrder(order: SortOrder, schema: Schema): void {
  if ((order['order-id'] === 0) !== (order.fields.length === 0)) {
    throw invalid(
      `sort order: expected id 0 for no fields and another for some, got id ${order['order-id']} with ${order.fields.length} fields`,
    );
  }
  const columns = columnsById(schema);
  const missing = order.fields.find((field) => !columns.has(field['source-id']));
  if (missing !== undefined) {
    throw invalid(`sort order: expected a column of the schema, got id ${missing['source-id']}`);
  }
}

function requireUnique(values: readonly (string | number)[], what: string): void {
  const repeated = values.find((value, index) => values.indexOf(value) !== index);
  if (repeated !== undefined)
    throw invalid(`${what}: expected unique values, got ${repeated} twice`);
}

function invalid(message: string): SluiceError {
  return new SluiceError('TABLE_INVALID', message);
}
