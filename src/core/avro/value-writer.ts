import { SluiceError } from '../errors.ts';
import type { Field, FieldType, Row, Value } from '../schema/field.ts';
import { storedName } from '../schema/field.ts';
import type { AvroRecord, AvroType } from './avro-type.ts';
import type { AvroWriter } from './avro-writer.ts';
import { encodeFixedTwosComplement, encodeTwosComplement } from './decimal-bytes.ts';
import { incompatible } from './scalar-reader.ts';

/** Writes one value; throws SCHEMA_INCOMPATIBLE when it is not of its field's type. */
export type ValueWriter = (out: AvroWriter, value: Value) => void;

const INT64_LIMIT = 1n << 63n;

/** Compiles a record whose fields are exactly those of the schema. Throws SCHEMA_INCOMPATIBLE. */
export function createRecordWriter(
  schema: AvroRecord,
  target: { readonly path: string; readonly fields: readonly Field[] },
): (out: AvroWriter, row: Row) => void {
  const steps = schema.fields.map((declared) => {
    const field = target.fields.find((candidate) => storedName(candidate) === declared.name);
    if (field === undefined)
      throw incompatible(`${target.path}${declared.name}`, 'is not declared');
    const path = `${target.path}${field.name}`;
    return {
      key: declared.name,
      write: createFieldWriter(declared.type, { ...field, name: path }),
    };
  });
  for (const field of target.fields) {
    if (!schema.fields.some((declared) => declared.name === storedName(field))) {
      throw incompatible(`${target.path}${field.name}`, 'is not in the schema');
    }
  }
  return (out, row) => {
    for (const { key, write } of steps) write(out, row[key] ?? null);
  };
}

function createFieldWriter(
  schema: AvroType,
  field: Pick<Field, 'name' | 'type' | 'optional'>,
): ValueWriter {
  const target = { path: field.name, type: field.type };
  if (schema.kind !== 'union') {
    if (field.optional)
      throw incompatible(field.name, 'is optional, but not nullable in the schema');
    return createValueWriter(schema, target);
  }
  const nullIndex = schema.branches.findIndex((branch) => branch.kind === 'null');
  const [content, ...others] = schema.branches.filter((branch) => branch.kind !== 'null');
  if (content === undefined || nullIndex < 0 || others.length > 0 || !field.optional) {
    throw incompatible(field.name, 'is a union, expected null and one type for an optional field');
  }
  const contentIndex = schema.branches.indexOf(content);
  const write = createValueWriter(content, target);
  return (out, value) => {
    out.writeInt(value === null ? nullIndex : contentIndex);
    if (value !== null) write(out, value);
  };
}

interface WriteTarget {
  readonly path: string;
  readonly type: FieldType;
}

function createValueWriter(schema: AvroType, target: WriteTarget): ValueWriter {
  const { path, type } = target;
  switch (type.kind) {
    case 'list':
      if (schema.kind !== 'array') break;
      return createListWriter(schema.items, { path, type: type.element });
    case 'map':
      if (schema.kind !== 'map') break;
      return createMapWriter(schema.values, { path, type: type.value });
    case 'record':
      if (schema.kind !== 'record') break;
      return createNestedWriter(schema, { path, fields: type.fields });
    case 'enum':
      if (schema.kind !== 'enum') break;
      return createEnumWriter(schema.symbols, path);
    case 'decimal':
      return createDecimalWriter(schema, { path, precision: type.precision, scale: type.scale });
    default:
      return createScalarWriter(schema, target);
  }
  throw incompatible(path, `is ${schema.kind} in the schema, expected ${type.kind}`);
}

function createScalarWriter(schema: AvroType, target: WriteTarget): ValueWriter {
  const { path, type } = target;
  const form = SCALARS.get(type.kind);
  const logical = 'logical' in schema ? (schema.logical?.name ?? null) : null;
  if (form === undefined || form.kind !== schema.kind || form.logical !== logical) {
    throw incompatible(path, `is ${logical ?? schema.kind} in the schema, expected ${type.kind}`);
  }
  return (out, value) => {
    if (!form.write(out, value)) throw unfit(path, value, type.kind);
  };
}

interface ScalarForm {
  readonly kind: AvroType['kind'];
  readonly logical: string | null;
  /** False when the value does not fit; nothing is written then. */
  readonly write: (out: AvroWriter, value: Value) => boolean;
}

const writeInt = (out: AvroWriter, value: Value): boolean => {
  if (typeof value !== 'number' || (value | 0) !== value) return false;
  out.writeInt(value);
  return true;
};
const writeLong = (out: AvroWriter, value: Value): boolean => {
  if (typeof value !== 'bigint' || value >= INT64_LIMIT || value < -INT64_LIMIT) return false;
  out.writeLong(value);
  return true;
};

const SCALARS: ReadonlyMap<FieldType['kind'], ScalarForm> = new Map<FieldType['kind'], ScalarForm>([
  [
    'string',
    {
      kind: 'string',
      logical: null,
      write: (out, value) => {
        // A lone surrogate has no UTF-8 form; writing U+FFFD in its place would change the data.
        if (typeof value !== 'string' || !value.isWellFormed()) return false;
        out.writeString(value);
        return true;
      },
    },
  ],
  [
    'boolean',
    {
      kind: 'boolean',
      logical: null,
      write: (out, value) => {
        if (typeof value !== 'boolean') return false;
        out.writeBoolean(value);
        return true;
      },
    },
  ],
  [
    'float',
    {
      kind: 'float',
      logical: null,
      write: (out, value) => {
        if (typeof value !== 'number') return false;
        // A finite double beyond the range of float would become infinite.
        if (Number.isFinite(value) && !Number.isFinite(Math.fround(value))) return false;
        out.writeFloat(value);
        return true;
      },
    },
  ],
  [
    'double',
    {
      kind: 'double',
      logical: null,
      write: (out, value) => {
        if (typeof value !== 'number') return false;
        out.writeDouble(value);
        return true;
      },
    },
  ],
  [
    'bytes',
    {
      kind: 'bytes',
      logical: null,
      write: (out, value) => {
        if (!(value instanceof Uint8Array)) return false;
        out.writeBytes(value);
        return true;
      },
    },
  ],
  ['int', { kind: 'int', logical: null, write: writeInt }],
  ['date', { kind: 'int', logical: 'date', write: writeInt }],
  ['long', { kind: 'long', logical: null, write: writeLong }],
  ['money', { kind: 'long', logical: null, write: writeLong }],
  ['timestamp_micros', { kind: 'long', logical: 'timestamp-micros', write: writeLong }],
  [
    'timestamp_millis',
    {
      kind: 'long',
      logical: 'timestamp-millis',
      // Microseconds that are no whole milliseconds are refused rather than dropped.
      write: (out, value) =>
        typeof value === 'bigint' && value % 1000n === 0n && writeLong(out, value / 1000n),
    },
  ],
]);

function createEnumWriter(symbols: readonly string[], path: string): ValueWriter {
  const indices = new Map(symbols.map((symbol, index) => [symbol, index]));
  return (out, value) => {
    const index = typeof value === 'string' ? indices.get(value) : undefined;
    if (index === undefined) throw unfit(path, value, `one of ${symbols.join(', ')}`);
    out.writeInt(index);
  };
}

function createDecimalWriter(
  schema: AvroType,
  target: { readonly path: string; readonly precision: number; readonly scale: number },
): ValueWriter {
  const { path, precision, scale } = target;
  const declared = schema.kind === 'bytes' || schema.kind === 'fixed' ? schema.logical : null;
  if (
    declared?.name !== 'decimal' ||
    declared.precision !== precision ||
    declared.scale !== scale
  ) {
    throw incompatible(path, `is no decimal(${precision}, ${scale}) in the schema`);
  }
  const digitLimit = 10n ** BigInt(precision);
  const fixedBytes = schema.kind === 'fixed' ? schema.sizeBytes : null;
  if (fixedBytes !== null && digitLimit > 1n << BigInt(fixedBytes * 8 - 1)) {
    throw incompatible(path, `has ${precision} digits, which ${fixedBytes} bytes cannot hold`);
  }
  return (out, value) => {
    if (typeof value !== 'bigint' || value >= digitLimit || value <= -digitLimit) {
      throw unfit(path, value, `decimal(${precision}, ${scale})`);
    }
    if (fixedBytes === null) out.writeBytes(encodeTwosComplement(value));
    else out.writeFixed(encodeFixedTwosComplement(fixedBytes, value));
  };
}

function createListWriter(items: AvroType, target: WriteTarget): ValueWriter {
  const write = createFieldWriter(items, {
    name: `${target.path}[]`,
    type: target.type,
    optional: false,
  });
  return (out, value) => {
    if (!Array.isArray(value)) throw unfit(target.path, value, 'list');
    if (value.length > 0) out.writeInt(value.length);
    for (const item of value) write(out, item);
    out.writeInt(0);
  };
}

function createMapWriter(values: AvroType, target: WriteTarget): ValueWriter {
  const write = createFieldWriter(values, {
    name: `${target.path}{}`,
    type: target.type,
    optional: false,
  });
  return (out, value) => {
    if (!(value instanceof Map)) throw unfit(target.path, value, 'map');
    if (value.size > 0) out.writeInt(value.size);
    for (const [key, entry] of value) {
      if (typeof key !== 'string' || !key.isWellFormed())
        throw unfit(target.path, key, 'string key');
      out.writeString(key);
      write(out, entry);
    }
    out.writeInt(0);
  };
}

function createNestedWriter(
  schema: AvroRecord,
  target: { readonly path: string; readonly fields: readonly Field[] },
): ValueWriter {
  const write = createRecordWriter(schema, { path: `${target.path}.`, fields: target.fields });
  return (out, value) => {
    if (!isRow(value)) throw unfit(target.path, value, 'record');
    write(out, value);
  };
}

function isRow(value: Value): value is Row {
  if (typeof value !== 'object' || value === null) return false;
  return !(Array.isArray(value) || value instanceof Map || value instanceof Uint8Array);
}

/** Names the kind of the value, never the value: rows may hold personal data. */
function unfit(path: string, value: Value, expected: string): SluiceError {
  const kind = value === null ? 'null' : typeof value;
  return new SluiceError(
    'SCHEMA_INCOMPATIBLE',
    `field ${path}: got a ${kind} that does not fit, expected ${expected}; correct the row`,
    { context: { field: path } },
  );
}
