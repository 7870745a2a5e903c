import type { Field, Row, Value } from '../schema/field.ts';
import { storedName } from '../schema/field.ts';
import { type AvroCursor, avroCorrupt } from './avro-cursor.ts';
import { type AvroField, type AvroRecord, type AvroType, hasBytes } from './avro-type.ts';
import {
  createScalarReader,
  incompatible,
  type ReadTarget,
  type ValueReader,
} from './scalar-reader.ts';
import { createSkipper } from './value-skipper.ts';

/**
 * Compiles schema resolution: bytes of `writer`, seen through `reader`, as a value of the field.
 * Names of records, enums and fixed types are not compared: the caller has chosen the pair of schemas.
 * Timestamps of either unit are read as microseconds. Throws SCHEMA_INCOMPATIBLE. Source: Avro 1.12 §Schema Resolution.
 */
export function createFieldReader(
  writer: AvroType,
  reader: AvroType,
  field: Pick<Field, 'name' | 'type' | 'optional'>,
): ValueReader {
  const target = reader.kind === 'union' ? nonNullBranch(reader.branches, field.name) : reader;
  const nullable = reader.kind === 'union';
  if (nullable !== field.optional) {
    throw incompatible(
      field.name,
      nullable
        ? 'is nullable in the schema, but not optional'
        : 'is optional, but not nullable in the schema',
    );
  }
  if (writer.kind === 'union') {
    return createUnionReader(writer.branches.map((branch) => branchReader(branch, target, field)));
  }
  return branchReader(writer, target, field);
}

function branchReader(
  writer: AvroType,
  target: AvroType,
  field: Pick<Field, 'name' | 'type' | 'optional'>,
): ValueReader {
  if (writer.kind !== 'null')
    return createValueReader(writer, target, { path: field.name, type: field.type });
  if (!field.optional)
    throw incompatible(field.name, 'may be null in the writer schema, but is not optional');
  return () => null;
}

function createUnionReader(branches: readonly ValueReader[]): ValueReader {
  return (cursor) => {
    const index = cursor.readInt();
    const branch = branches[index];
    if (branch === undefined) {
      throw avroCorrupt(`union branch ${index}, expected 0 to ${branches.length - 1}`);
    }
    return branch(cursor);
  };
}

function nonNullBranch(branches: readonly AvroType[], path: string): AvroType {
  const [target, ...others] = branches.filter((branch) => branch.kind !== 'null');
  if (target === undefined || others.length > 0 || branches.length !== 2) {
    throw incompatible(path, 'is a union, expected null and one other type');
  }
  return target;
}

function createValueReader(writer: AvroType, reader: AvroType, target: ReadTarget): ValueReader {
  const { path, type } = target;
  switch (type.kind) {
    case 'list':
      if (writer.kind !== 'array' || reader.kind !== 'array') break;
      return createListReader(writer.items, reader.items, {
        path: `${path}[]`,
        type: type.element,
      });
    case 'map':
      if (writer.kind !== 'map' || reader.kind !== 'map') break;
      return createMapReader(writer.values, reader.values, { path: `${path}{}`, type: type.value });
    case 'record':
      if (writer.kind !== 'record' || reader.kind !== 'record') break;
      return nestedReader(
        createRecordReader(writer, reader, { path: `${path}.`, fields: type.fields }),
      );
    default:
      return createScalarReader(writer, reader, target);
  }
  throw incompatible(path, `is ${writer.kind} in the writer schema, expected ${type.kind}`);
}

function createListReader(writer: AvroType, reader: AvroType, target: ReadTarget): ValueReader {
  // Counts are bounded by the bytes that are left, which bounds nothing when items take none.
  if (!hasBytes(writer)) throw incompatible(target.path, 'takes no bytes in the writer schema');
  const readItem = createFieldReader(writer, reader, {
    name: target.path,
    type: target.type,
    optional: false,
  });
  return (cursor) => {
    const items: Value[] = [];
    for (let count = cursor.readBlockCount(); count > 0; count = cursor.readBlockCount()) {
      for (let index = 0; index < count; index++) items.push(readItem(cursor));
    }
    return items;
  };
}

function createMapReader(writer: AvroType, reader: AvroType, target: ReadTarget): ValueReader {
  const readValue = createFieldReader(writer, reader, {
    name: target.path,
    type: target.type,
    optional: false,
  });
  return (cursor) => {
    const entries = new Map<string, Value>();
    for (let count = cursor.readBlockCount(); count > 0; count = cursor.readBlockCount()) {
      for (let index = 0; index < count; index++) {
        const key = cursor.readString();
        entries.set(key, readValue(cursor));
      }
    }
    return entries;
  };
}

function nestedReader(read: (cursor: AvroCursor) => Row): ValueReader {
  return (cursor) => cursor.nested(() => read(cursor));
}

interface RecordStep {
  /** Key in the row; null when the reader does not want the writer's field. */
  readonly key: string | null;
  readonly read: (cursor: AvroCursor) => Value;
}

/** Compiles a record: writer fields in writer order, defaults for what the writer did not know. */
export function createRecordReader(
  writer: AvroRecord,
  reader: AvroRecord,
  target: { readonly path: string; readonly fields: readonly Field[] },
): (cursor: AvroCursor) => Row {
  const template: Record<string, Value> = {};
  const wanted = new Map<AvroField, RecordStep>();
  for (const field of target.fields) {
    const key = storedName(field);
    // Assigning this key would set the prototype of every row.
    if (key === '__proto__') throw incompatible(key, 'cannot be a field name');
    const path = `${target.path}${field.name}`;
    const declared = reader.fields.find((candidate) => candidate.name === key);
    if (declared === undefined)
      throw incompatible(path, `has no field ${key} in the reader schema`);
    const written = findWritten(writer.fields, declared);
    template[key] = written === undefined ? defaultOf(field, path) : null;
    if (written === undefined) continue;
    if (wanted.has(written)) throw incompatible(path, `reads ${written.name} like another field`);
    wanted.set(written, {
      key,
      read: createFieldReader(written.type, declared.type, { ...field, name: path }),
    });
  }
  const steps = writer.fields.map(
    (field) => wanted.get(field) ?? { key: null, read: createSkipper(field.type) },
  );
  return (cursor) => {
    // A copy of the template has all keys at once, so that rows share one shape.
    const row: Record<string, Value> = { ...template };
    for (const step of steps) {
      const value = step.read(cursor);
      if (step.key !== null) row[step.key] = value;
    }
    return row;
  };
}

/** The writer's field of the same name, else one that carries an earlier name. */
function findWritten(fields: readonly AvroField[], declared: AvroField): AvroField | undefined {
  for (const name of [declared.name, ...declared.aliases]) {
    const found = fields.find((field) => field.name === name);
    if (found !== undefined) return found;
  }
  return undefined;
}

function defaultOf(field: Field, path: string): Value {
  if (field.default !== undefined) return field.default;
  if (field.optional) return null;
  throw incompatible(path, 'is not in the writer schema and has no default');
}
