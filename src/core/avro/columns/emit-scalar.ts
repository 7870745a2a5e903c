import type { FieldType } from '#core/schema/field.ts';
import type { ScalarType } from '#core/schema/type-mapping.ts';
import type { AvroEnum, AvroType } from '../avro-type.ts';
import { MAX_INT64_PRECISION } from './create-column.ts';
import { type DecoderSource, type Place, roomEnd } from './decoder-source.ts';
import { emitInt, emitLength } from './emit-varint.ts';
import { largestDecimal } from './read-decimal.ts';

/** A value that is read: bytes of `writer` for a column of `type`; the row decoder has found that they fit. */
export interface ReadValue<T extends FieldType = FieldType> {
  readonly writer: AvroType;
  readonly reader: AvroType;
  readonly type: T;
  readonly column: number;
}

/** Code that reads one scalar into its column. The same conversions as in ../scalar-reader.ts. */
export function emitScalar(
  source: DecoderSource,
  value: ReadValue<ScalarType>,
  place: Place,
): void {
  const { type } = value;
  if (type.kind === 'decimal') emitDecimal(source, { ...value, type }, place);
  else EMITTERS[type.kind](source, value, place);
}

type Emitter = (source: DecoderSource, value: ReadValue, place: Place) => void;

/** A table and no switch: one finds the code of a type by its name. */
const EMITTERS: Readonly<Record<Exclude<ScalarType['kind'], 'decimal'>, Emitter>> = {
  string: emitString,
  bytes: emitBytes,
  boolean: emitBoolean,
  int: emitInt32,
  date: emitInt32,
  long: emitInt64,
  money: emitInt64,
  timestamp_millis: emitTimestamp,
  timestamp_micros: emitTimestamp,
  float: emitFloating,
  double: emitFloating,
  enum: emitEnum,
};

function emitString(source: DecoderSource, { column }: ReadValue, place: Place): void {
  const { out, fail, slot } = place;
  const name = source.member(place.space, column, 'column');
  emitLength(place);
  out.add(`if (!${name}.put(b, dv, ${slot}, p, p + n)) ${fail}`, 'p += n;');
}

function emitBytes(source: DecoderSource, { column }: ReadValue, place: Place): void {
  const starts = source.member(place.space, column, 'starts');
  const ends = source.member(place.space, column, 'ends');
  emitLength(place);
  place.out.add(`${starts}[${place.slot}] = p;`, `${ends}[${place.slot}] = p += n;`);
}

function emitBoolean(source: DecoderSource, { column }: ReadValue, place: Place): void {
  const { out, fail, slot } = place;
  const values = source.member(place.space, column, 'values');
  out.add('n = b[p++];', `if (n > 1) ${fail}`, `${values}[${slot}] = n;`);
}

function emitInt32(source: DecoderSource, { column }: ReadValue, place: Place): void {
  emitInt(place);
  place.out.add(`${source.member(place.space, column, 'values')}[${place.slot}] = n;`);
}

/** Ints and longs have one wire form. */
function emitInt64(source: DecoderSource, { column }: ReadValue, place: Place): void {
  const { out, fail, slot, after } = place;
  const words = source.member(place.space, column, 'words');
  out.add(`p = readLong(b, p, end, ${words}, ${slot});`, `if (p > ${roomEnd(after)}) ${fail}`);
}

/** Microseconds in the column, whichever unit the writer has. */
function emitTimestamp(source: DecoderSource, value: ReadValue, place: Place): void {
  const { writer, column } = value;
  emitInt64(source, value, place);
  if (writer.kind !== 'long' || writer.logical?.name !== 'timestamp-millis') return;
  const words = source.member(place.space, column, 'words');
  place.out.add(`if (!scaleMillis(${words}, ${place.slot})) ${place.fail}`);
}

function emitFloating(source: DecoderSource, value: ReadValue, place: Place): void {
  const { out, fail, slot, after } = place;
  const target = `${source.member(place.space, value.column, 'values')}[${slot}]`;
  switch (value.writer.kind) {
    case 'int':
      emitInt(place);
      out.add(`${target} = n;`);
      return;
    case 'long':
      out.add(`${target} = readLongAsDouble(b, p, end);`, 'p = cursor.next;');
      out.add(`if (p > ${roomEnd(after)}) ${fail}`);
      return;
    case 'float':
      out.add(`${target} = dv.getFloat32(p, true);`, 'p += 4;');
      return;
    default:
      out.add(`${target} = dv.getFloat64(p, true);`, 'p += 8;');
  }
}

function emitDecimal(
  source: DecoderSource,
  value: ReadValue<Extract<FieldType, { kind: 'decimal' }>>,
  place: Place,
): void {
  const { writer, type, column } = value;
  const { out, fail, slot } = place;
  const small = type.precision <= MAX_INT64_PRECISION;
  const target = source.member(place.space, column, small ? 'words' : 'values');
  const largest = source.constant(largestDecimal(type.precision, small ? 2 : 4));
  if (writer.kind === 'fixed') out.add(`n = ${writer.sizeBytes};`);
  else emitLength(place);
  const read = small ? 'readDecimal64' : 'readDecimal128';
  out.add(`if (!${read}(b, p, n, ${target}, ${slot}, ${largest})) ${fail}`, 'p += n;');
}

function emitEnum(source: DecoderSource, value: ReadValue, place: Place): void {
  const { out, fail, slot } = place;
  const codes = source.member(place.space, value.column, 'codes');
  const symbols = symbolsOf(value.writer as AvroEnum, value.reader as AvroEnum);
  const symbolCodes = source.symbolCodes(value.column, symbols);
  emitInt(place);
  out.add(`if (n >>> 0 >= ${symbols.length}) ${fail}`, `${codes}[${slot}] = ${symbolCodes}[n];`);
}

/** Each of the writer's symbols as the reader sees it. */
function symbolsOf(writer: AvroEnum, reader: AvroEnum): readonly string[] {
  return writer.symbols.map((symbol) =>
    reader.symbols.includes(symbol) ? symbol : (reader.default ?? symbol),
  );
}
