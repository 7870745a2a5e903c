import { type AvroCursor, avroCorrupt } from './avro-cursor.ts';

/** An Avro schema as JSON; attributes the Avro specification does not know are kept. */
export type AvroSchema = string | readonly AvroSchema[] | AvroSchemaObject;
export interface AvroSchemaObject {
  readonly [attribute: string]: unknown;
}

/**
 * Reads one datum: boolean, number (int, float, double), bigint (long), string (string, enum),
 * Uint8Array (bytes, fixed), array, Map (map), plain object (record), null.
 */
export type DatumReader = (cursor: AvroCursor) => unknown;

/** What a record field is stored under in the object that is read. */
export type RecordKey = (field: AvroSchemaObject) => string;

/**
 * Compiles a writer schema to a reader. avsc is not used here: it trusts array counts and lengths,
 * so that one flipped bit exhausts the heap.
 * Throws FORMAT_CORRUPT on a schema that is none. Source: Avro 1.12 §Schema Declaration.
 */
export function compileDatumReader(schema: AvroSchema, recordKey: RecordKey): DatumReader {
  return compile(schema, { recordKey, named: new Map(), namespace: '' });
}

interface Scope {
  readonly recordKey: RecordKey;
  readonly named: Map<string, DatumReader>;
  readonly namespace: string;
}

const PRIMITIVES: ReadonlyMap<string, DatumReader> = new Map<string, DatumReader>([
  ['null', () => null],
  ['boolean', (cursor) => cursor.readBoolean()],
  ['int', (cursor) => cursor.readInt()],
  ['long', (cursor) => cursor.readLong()],
  ['float', (cursor) => cursor.readFloat()],
  ['double', (cursor) => cursor.readDouble()],
  ['bytes', (cursor) => cursor.readBytes()],
  ['string', (cursor) => cursor.readString()],
]);

function compile(schema: unknown, scope: Scope): DatumReader {
  if (Array.isArray(schema)) return compileUnion(schema, scope);
  if (typeof schema === 'string') return PRIMITIVES.get(schema) ?? namedReader(schema, scope);
  const object = asSchemaObject(schema);
  switch (object['type']) {
    case 'record':
    case 'error':
      return compileRecord(object, scope);
    case 'enum':
      return compileEnum(object, scope);
    case 'fixed':
      return compileFixed(object, scope);
    case 'array':
      return compileArray(compile(object['items'], scope));
    case 'map':
      return compileMap(compile(object['values'], scope));
    default:
      return compile(object['type'], scope);
  }
}

function compileUnion(branches: readonly unknown[], scope: Scope): DatumReader {
  const readers = branches.map((branch) => compile(branch, scope));
  return (cursor) => {
    const index = cursor.readInt();
    const reader = readers[index];
    if (reader === undefined) {
      throw avroCorrupt(`expected a union branch below ${readers.length}, got ${index}`);
    }
    return reader(cursor);
  };
}

function compileRecord(schema: AvroSchemaObject, outer: Scope): DatumReader {
  const fullName = fullNameOf(schema, outer);
  const scope = { ...outer, namespace: fullName.split('.').slice(0, -1).join('.') };
  const fields: { readonly key: string; readonly read: DatumReader }[] = [];
  const reader: DatumReader = (cursor) =>
    cursor.nested(() => {
      // A plain object: without prototype it would be a hash table, three times the memory.
      const record: Record<string, unknown> = {};
      for (const field of fields) record[field.key] = field.read(cursor);
      return record;
    });
  // Registered before its fields are compiled, so that a record can contain itself.
  scope.named.set(fullName, reader);
  const declared = schema['fields'];
  if (!Array.isArray(declared)) throw avroCorrupt(`record ${fullName} has no fields`);
  for (const item of declared) {
    const field = asSchemaObject(item);
    const key = scope.recordKey(field);
    if (key === '__proto__') throw avroCorrupt('a field is named __proto__');
    fields.push({ key, read: compile(field['type'], scope) });
  }
  return reader;
}

function compileEnum(schema: AvroSchemaObject, scope: Scope): DatumReader {
  const symbols: unknown = schema['symbols'];
  if (!Array.isArray(symbols)) throw avroCorrupt('enum has no symbols');
  const reader: DatumReader = (cursor) => {
    const index = cursor.readInt();
    if (index < 0 || index >= symbols.length) throw avroCorrupt(`enum has no symbol ${index}`);
    return symbols[index];
  };
  scope.named.set(fullNameOf(schema, scope), reader);
  return reader;
}

function compileFixed(schema: AvroSchemaObject, scope: Scope): DatumReader {
  const size = schema['size'];
  if (typeof size !== 'number' || !Number.isInteger(size) || size < 0) {
    throw avroCorrupt('fixed has no size');
  }
  const reader: DatumReader = (cursor) => cursor.take(size).slice();
  scope.named.set(fullNameOf(schema, scope), reader);
  return reader;
}

function compileArray(readItem: DatumReader): DatumReader {
  return (cursor) => {
    const items: unknown[] = [];
    for (let count = cursor.readBlockCount(); count > 0; count = cursor.readBlockCount()) {
      for (let index = 0; index < count; index++) items.push(readItem(cursor));
    }
    return items;
  };
}

function compileMap(readValue: DatumReader): DatumReader {
  return (cursor) => {
    const entries = new Map<string, unknown>();
    for (let count = cursor.readBlockCount(); count > 0; count = cursor.readBlockCount()) {
      for (let index = 0; index < count; index++) {
        entries.set(cursor.readString(), readValue(cursor));
      }
    }
    return entries;
  };
}

function namedReader(name: string, scope: Scope): DatumReader {
  const fullName =
    name.includes('.') || scope.namespace === '' ? name : `${scope.namespace}.${name}`;
  const reader = scope.named.get(fullName) ?? scope.named.get(name);
  if (reader === undefined) throw avroCorrupt(`schema names the unknown type "${name}"`);
  return reader;
}

function fullNameOf(schema: AvroSchemaObject, scope: Scope): string {
  const name = schema['name'];
  if (typeof name !== 'string' || name === '') throw avroCorrupt('a named type has no name');
  if (name.includes('.')) return name;
  const namespace = typeof schema['namespace'] === 'string' ? schema['namespace'] : scope.namespace;
  return namespace === '' ? name : `${namespace}.${name}`;
}

function asSchemaObject(schema: unknown): AvroSchemaObject {
  if (typeof schema !== 'object' || schema === null || Array.isArray(schema)) {
    throw avroCorrupt(`expected a schema, got ${schema === null ? 'null' : typeof schema}`);
  }
  return schema as AvroSchemaObject;
}
