import { SluiceError } from '#core/errors.ts';
import type { PartitionField, PartitionSpec } from '#core/iceberg/spec/partition.ts';
import type { Schema } from '#core/iceberg/spec/schema.ts';
import { parseSchema } from '#core/iceberg/spec/schema-json.ts';
import { type SortField, type SortOrder, UNSORTED } from '#core/iceberg/spec/sort-order.ts';
import { parseTransform } from '#core/iceberg/transform/transform.ts';

/** The first shape of a table, in Iceberg's own terms. */
export interface IcebergTableShape {
  readonly location: string;
  readonly schema: Schema;
  readonly partitionSpec: PartitionSpec;
  readonly sortOrder: SortOrder;
  readonly properties: Readonly<Record<string, string>>;
}

type Json = Readonly<Record<string, unknown>>;

/** First partition field id. Source: Iceberg v2 §Partition Evolution. */
const FIRST_PARTITION_FIELD_ID = 1000;

/**
 * Reads `IcebergTableInput` of AWS::Glue::Table. Only what the resource's schema allows is accepted;
 * every other property throws an Error that names it. Nested column types are no strings, so the
 * resource cannot carry them. Source: AWS CloudFormation, AWS::Glue::Table IcebergTableInput.
 */
export function readIcebergTableInput(input: Json): IcebergTableShape {
  const known = ['Location', 'Schema', 'PartitionSpec', 'WriteOrder', 'Properties'];
  refuseUnknown(input, known, 'IcebergTableInput');
  const schema = readSchema(structure(input, 'Schema', 'IcebergTableInput'));
  const columnIds = new Set(schema.fields.map((field) => field.id));
  return {
    location: readLocation(input),
    schema,
    partitionSpec: readPartitionSpec(input, columnIds),
    sortOrder: readWriteOrder(input, columnIds),
    properties: readProperties(input),
  };
}

function readLocation(input: Json): string {
  const location = text(input, 'Location', 'IcebergTableInput').replace(/\/+$/, '');
  if (!/^s3:\/\/[^/]+\/.+$/.test(location)) {
    throw refusal('IcebergTableInput.Location', 'expected s3://bucket/prefix', location);
  }
  return location;
}

function readSchema(input: Json): Schema {
  refuseUnknown(input, ['Type', 'SchemaId', 'Fields', 'IdentifierFieldIds'], 'Schema');
  if (input['Type'] !== undefined && input['Type'] !== 'struct') {
    throw refusal('Schema.Type', 'expected struct', input['Type']);
  }
  const fields = list(input, 'Fields', 'Schema').map(readField);
  if (fields.length === 0) throw refusal('Schema.Fields', 'expected at least one column', '[]');
  refuseRepeated(
    fields.map((field) => field.id),
    'Schema.Fields[].Id',
  );
  refuseRepeated(
    fields.map((field) => field.name.toLowerCase()),
    'Schema.Fields[].Name',
  );
  const identifiers = input['IdentifierFieldIds'];
  const json = {
    type: 'struct',
    'schema-id': optionalInteger(input, 'SchemaId', 'Schema') ?? 0,
    fields,
    ...(identifiers === undefined
      ? {}
      : { 'identifier-field-ids': readIdentifiers(identifiers, fields) }),
  };
  return explained('Schema.Fields[].Type', () => parseSchema(json, 'schema'));
}

interface FieldJson {
  readonly id: number;
  readonly name: string;
  readonly required: boolean;
  readonly type: string;
  readonly doc?: string;
}

function readField(value: unknown, index: number): FieldJson {
  const where = `Schema.Fields[${index}]`;
  const field = asStructure(value, where);
  refuseUnknown(field, ['Id', 'Name', 'Type', 'Required', 'Doc'], where);
  if (typeof field['Required'] !== 'boolean') {
    throw refusal(`${where}.Required`, 'expected true or false', field['Required']);
  }
  if (typeof field['Type'] !== 'string') {
    throw refusal(`${where}.Type`, 'expected a primitive type as a string', field['Type']);
  }
  return {
    id: integer(field, 'Id', where),
    name: text(field, 'Name', where),
    required: field['Required'],
    type: field['Type'],
    ...(field['Doc'] === undefined ? {} : { doc: text(field, 'Doc', where) }),
  };
}

function readIdentifiers(value: unknown, fields: readonly FieldJson[]): readonly number[] {
  const ids = asList(value, 'Schema.IdentifierFieldIds');
  for (const id of ids) {
    const field = fields.find((candidate) => candidate.id === id);
    if (field === undefined || !field.required) {
      throw refusal('Schema.IdentifierFieldIds', 'expected ids of required columns', id);
    }
  }
  return ids as number[];
}

function readPartitionSpec(input: Json, columnIds: ReadonlySet<number>): PartitionSpec {
  if (input['PartitionSpec'] === undefined) return { 'spec-id': 0, fields: [] };
  const spec = structure(input, 'PartitionSpec', 'IcebergTableInput');
  refuseUnknown(spec, ['SpecId', 'Fields'], 'PartitionSpec');
  const fields = list(spec, 'Fields', 'PartitionSpec').map((value, index): PartitionField => {
    const where = `PartitionSpec.Fields[${index}]`;
    const field = asStructure(value, where);
    refuseUnknown(field, ['SourceId', 'Transform', 'Name', 'FieldId'], where);
    return {
      'source-id': columnId(field, columnIds, where),
      'field-id': optionalInteger(field, 'FieldId', where) ?? FIRST_PARTITION_FIELD_ID + index,
      name: text(field, 'Name', where),
      transform: transform(field, where),
    };
  });
  refuseRepeated(
    fields.map((field) => field['field-id']),
    'PartitionSpec.Fields[].FieldId',
  );
  return { 'spec-id': optionalInteger(spec, 'SpecId', 'PartitionSpec') ?? 0, fields };
}

function readWriteOrder(input: Json, columnIds: ReadonlySet<number>): SortOrder {
  if (input['WriteOrder'] === undefined) return UNSORTED;
  const order = structure(input, 'WriteOrder', 'IcebergTableInput');
  refuseUnknown(order, ['OrderId', 'Fields'], 'WriteOrder');
  const fields = list(order, 'Fields', 'WriteOrder').map((value, index): SortField => {
    const where = `WriteOrder.Fields[${index}]`;
    const field = asStructure(value, where);
    refuseUnknown(field, ['SourceId', 'Transform', 'Direction', 'NullOrder'], where);
    return {
      transform: transform(field, where),
      'source-id': columnId(field, columnIds, where),
      direction: oneOf(field, 'Direction', { where, allowed: ['asc', 'desc'] }),
      'null-order': oneOf(field, 'NullOrder', { where, allowed: ['nulls-first', 'nulls-last'] }),
    };
  });
  const orderId = integer(order, 'OrderId', 'WriteOrder');
  // Order 0 is the unsorted one: Iceberg v2 §Sorting.
  if ((orderId === 0) !== (fields.length === 0)) {
    throw refusal('WriteOrder.OrderId', 'expected 0 exactly when there are no fields', orderId);
  }
  return { 'order-id': orderId, fields };
}

function readProperties(input: Json): Readonly<Record<string, string>> {
  if (input['Properties'] === undefined) return {};
  const properties = structure(input, 'Properties', 'IcebergTableInput');
  for (const [name, value] of Object.entries(properties)) {
    if (typeof value !== 'string') throw refusal(`Properties.${name}`, 'expected a string', value);
  }
  return properties as Readonly<Record<string, string>>;
}

function transform(field: Json, where: string): string {
  const value = text(field, 'Transform', where);
  if (parseTransform(value).kind === 'unknown') {
    const expected = 'identity, year, month, day, hour, void, bucket[N] or truncate[W]';
    throw refusal(`${where}.Transform`, `expected ${expected}`, value);
  }
  return value;
}

function columnId(field: Json, columnIds: ReadonlySet<number>, where: string): number {
  const id = integer(field, 'SourceId', where);
  if (!columnIds.has(id)) throw refusal(`${where}.SourceId`, 'expected the id of a column', id);
  return id;
}

function refuseUnknown(object: Json, known: readonly string[], where: string): void {
  const unknown = Object.keys(object).filter((key) => !known.includes(key));
  if (unknown.length > 0) {
    throw new Error(`AWS::Glue::Table ${where}: unknown property ${unknown.join(', ')}`);
  }
}

function refuseRepeated(values: readonly (string | number)[], where: string): void {
  const repeated = values.find((value, index) => values.indexOf(value) !== index);
  if (repeated !== undefined) throw refusal(where, 'expected every value once', repeated);
}

function structure(object: Json, key: string, where: string): Json {
  return asStructure(object[key], `${where}.${key}`);
}

function asStructure(value: unknown, where: string): Json {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    throw refusal(where, 'expected a structure', value);
  }
  return value as Json;
}

function list(object: Json, key: string, where: string): readonly unknown[] {
  return asList(object[key], `${where}.${key}`);
}

function asList(value: unknown, where: string): readonly unknown[] {
  if (!Array.isArray(value)) throw refusal(where, 'expected a list', value);
  return value;
}

function text(object: Json, key: string, where: string): string {
  const value = object[key];
  if (typeof value !== 'string' || value === '') {
    throw refusal(`${where}.${key}`, 'expected a string', value);
  }
  return value;
}

function integer(object: Json, key: string, where: string): number {
  const value = object[key];
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) {
    throw refusal(`${where}.${key}`, 'expected an integer of at least 0', value);
  }
  return value;
}

function optionalInteger(object: Json, key: string, where: string): number | undefined {
  return object[key] === undefined ? undefined : integer(object, key, where);
}

function oneOf<T extends string>(
  object: Json,
  key: string,
  options: { readonly where: string; readonly allowed: readonly T[] },
): T {
  const found = options.allowed.find((candidate) => candidate === object[key]);
  if (found !== undefined) return found;
  throw refusal(`${options.where}.${key}`, `expected ${options.allowed.join(' or ')}`, object[key]);
}

function explained<T>(where: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (!(cause instanceof SluiceError)) throw cause;
    throw new Error(`AWS::Glue::Table ${where}: ${cause.message}`, { cause });
  }
}

function refusal(where: string, expected: string, received: unknown): Error {
  const shown = typeof received === 'object' ? JSON.stringify(received) : String(received);
  return new Error(`AWS::Glue::Table ${where}: ${expected}, got ${shown}`);
}
