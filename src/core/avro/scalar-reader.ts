import { SluiceError } from '../errors.ts';
import type { FieldType, Value } from '../schema/field.ts';
import { type AvroCursor, avroCorrupt } from './avro-cursor.ts';
import type { AvroType } from './avro-type.ts';
import { decodeTwosComplement } from './decimal-bytes.ts';

/** Reads one value in the representation of `Row` and moves the cursor behind it. */
export type ValueReader = (cursor: AvroCursor) => Value;

/** Longest decimal that is read: 38 digits fit 16 bytes; more are sign extension, up to this bound. */
const MAX_DECIMAL_BYTES = 64;
/** Largest milliseconds whose microseconds fit 64 bits. */
const MAX_TIMESTAMP_MILLIS = 9_223_372_036_854_775n;

/** A value inside a row and what it must become. */
export interface ReadTarget {
  /** Dotted path for error messages. */
  readonly path: string;
  readonly type: FieldType;
}

/** Compiles the reader of a scalar; see createFieldReader. Throws SCHEMA_INCOMPATIBLE. */
export function createScalarReader(
  writer: AvroType,
  reader: AvroType,
  target: ReadTarget,
): ValueReader {
  const { path, type } = target;
  switch (type.kind) {
    case 'string':
      expectKind(reader, 'string', target);
      if (writer.kind === 'string' || writer.kind === 'bytes')
        return (cursor) => cursor.readString();
      break;
    case 'bytes':
      expectKind(reader, 'bytes', target);
      if (writer.kind === 'string' || writer.kind === 'bytes')
        // A copy: a view would keep the whole Kinesis record alive and share its bytes.
        return (cursor) => new Uint8Array(cursor.take(cursor.readLength()));
      break;
    case 'boolean':
      expectKind(reader, 'boolean', target);
      if (writer.kind === 'boolean') return (cursor) => cursor.readBoolean();
      break;
    case 'int':
      expectKind(reader, 'int', target);
      if (writer.kind === 'int') return (cursor) => cursor.readInt();
      break;
    case 'long':
    case 'money':
      expectKind(reader, 'long', target);
      // An int and a long have the same wire form.
      if (writer.kind === 'long' || writer.kind === 'int') return (cursor) => cursor.readLong();
      break;
    case 'float':
    case 'double':
      return createFloatingReader(writer, reader, target);
    case 'date':
      expectLogical(reader, 'date', target);
      if (isLogical(writer, 'date')) return (cursor) => cursor.readInt();
      break;
    case 'timestamp_millis':
    case 'timestamp_micros':
      return createTimestampReader(writer, reader, target);
    case 'decimal':
      return createDecimalReader(writer, reader, { path, ...type });
    case 'enum':
      return createEnumReader(writer, reader, { path, symbols: type.symbols });
  }
  throw incompatible(path, `is ${writer.kind} in the writer schema, expected ${type.kind}`);
}

function createFloatingReader(writer: AvroType, reader: AvroType, target: ReadTarget): ValueReader {
  const single = target.type.kind === 'float';
  expectKind(reader, single ? 'float' : 'double', target);
  switch (writer.kind) {
    case 'int':
      return single ? (cursor) => Math.fround(cursor.readInt()) : (cursor) => cursor.readInt();
    case 'long':
      return single
        ? (cursor) => Math.fround(Number(cursor.readLong()))
        : (cursor) => Number(cursor.readLong());
    case 'float':
      return (cursor) => cursor.readFloat();
    case 'double':
      if (!single) return (cursor) => cursor.readDouble();
  }
  throw incompatible(
    target.path,
    `is ${writer.kind} in the writer schema, expected ${target.type.kind}`,
  );
}

function createTimestampReader(
  writer: AvroType,
  reader: AvroType,
  target: ReadTarget,
): ValueReader {
  const unit = target.type.kind === 'timestamp_millis' ? 'timestamp-millis' : 'timestamp-micros';
  expectLogical(reader, unit, target);
  if (isLogical(writer, 'timestamp-micros')) return (cursor) => cursor.readLong();
  if (isLogical(writer, 'timestamp-millis')) {
    return (cursor) => {
      const millis = cursor.readLong();
      if (millis > MAX_TIMESTAMP_MILLIS || millis < -MAX_TIMESTAMP_MILLIS) {
        throw avroCorrupt(`timestamp of ${millis} ms does not fit 64 bits of microseconds`);
      }
      return millis * 1000n;
    };
  }
  throw incompatible(target.path, `is ${writer.kind} in the writer schema, expected a timestamp`);
}

function createDecimalReader(
  writer: AvroType,
  reader: AvroType,
  target: { readonly path: string; readonly precision: number; readonly scale: number },
): ValueReader {
  const { path, precision, scale } = target;
  const declared = decimalOf(reader);
  if (declared?.precision !== precision || declared.scale !== scale) {
    throw incompatible(path, `is no decimal(${precision}, ${scale}) in the reader schema`);
  }
  const written = decimalOf(writer);
  if (written === null || written.scale !== scale || written.precision > precision) {
    throw incompatible(
      path,
      `needs scale ${scale} and at most ${precision} digits in the writer schema`,
    );
  }
  const limit = 10n ** BigInt(precision);
  const takeBytes =
    writer.kind === 'fixed'
      ? (cursor: AvroCursor) => cursor.take(writer.sizeBytes)
      : (cursor: AvroCursor) => cursor.take(cursor.readLength());
  return (cursor) => {
    const bytes = takeBytes(cursor);
    if (bytes.byteLength > MAX_DECIMAL_BYTES) {
      throw avroCorrupt(
        `decimal of ${bytes.byteLength} bytes, expected at most ${MAX_DECIMAL_BYTES}`,
      );
    }
    const unscaled = decodeTwosComplement(bytes);
    if (unscaled >= limit || unscaled <= -limit) {
      throw avroCorrupt(`decimal has more than ${precision} digits`);
    }
    return unscaled;
  };
}

function decimalOf(type: AvroType): { readonly precision: number; readonly scale: number } | null {
  if (type.kind !== 'bytes' && type.kind !== 'fixed') return null;
  return type.logical?.name === 'decimal' ? type.logical : null;
}

function createEnumReader(
  writer: AvroType,
  reader: AvroType,
  target: { readonly path: string; readonly symbols: readonly string[] },
): ValueReader {
  if (writer.kind !== 'enum' || reader.kind !== 'enum') {
    throw incompatible(target.path, `is ${writer.kind} in the writer schema, expected enum`);
  }
  const symbols = writer.symbols.map((symbol) => {
    const known = reader.symbols.includes(symbol) ? symbol : reader.default;
    if (known === null || !target.symbols.includes(known)) {
      throw incompatible(target.path, `does not know the writer's symbol ${symbol}`);
    }
    return known;
  });
  return (cursor) => {
    const index = cursor.readInt();
    const symbol = symbols[index];
    if (symbol === undefined) throw avroCorrupt(`enum symbol ${index} of ${symbols.length}`);
    return symbol;
  };
}

function isLogical(type: AvroType, name: string): boolean {
  return (type.kind === 'int' || type.kind === 'long') && type.logical?.name === name;
}

function expectLogical(reader: AvroType, name: string, target: ReadTarget): void {
  if (!isLogical(reader, name))
    throw incompatible(target.path, `is no ${name} in the reader schema`);
}

function expectKind(reader: AvroType, kind: AvroType['kind'], target: ReadTarget): void {
  const annotated = 'logical' in reader && reader.logical !== null;
  if (reader.kind !== kind || annotated) {
    throw incompatible(target.path, `is ${reader.kind} in the reader schema, expected ${kind}`);
  }
}

/** SCHEMA_INCOMPATIBLE for one field. */
export function incompatible(path: string, problem: string): SluiceError {
  return new SluiceError(
    'SCHEMA_INCOMPATIBLE',
    `field ${path} ${problem}; change the field or the schema`,
    {
      context: { field: path },
    },
  );
}
