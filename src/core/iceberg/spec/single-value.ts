/**
 * Binary single-value serialization: bounds in manifests and partition summaries in manifest lists.
 *
 * ```
 * boolean          := 0x00 | 0x01
 * int | date       := 4 bytes, little-endian
 * long | timestamp := 8 bytes, little-endian
 * float            := 4 bytes, IEEE 754, little-endian
 * double           := 8 bytes, IEEE 754, little-endian
 * string           := UTF-8, no length
 * binary           := the bytes, no length
 * decimal(p, s)    := unscaled value, two's complement, big-endian, as few bytes as hold it
 * ```
 *
 * Source: Iceberg v2 §Appendix D: Single-value serialization.
 */
import { SluiceError } from '#core/errors.ts';
import type { PrimitiveType } from './schema.ts';

/** A primitive in row representation (src/core/schema/field.ts). */
export type SingleValue = boolean | number | bigint | string | Uint8Array;

const INT32_MIN = -(2 ** 31);
const INT32_MAX = 2 ** 31 - 1;
const INT64_MIN = -(2n ** 63n);
const INT64_MAX = 2n ** 63n - 1n;

/** Lengths a reader accepts; the other types have any length. */
const LENGTHS_BYTES: Partial<Record<PrimitiveType, readonly number[]>> = {
  boolean: [1],
  int: [4],
  date: [4],
  long: [4, 8],
  timestamp: [8],
  float: [4],
  double: [4, 8],
};

/** Encodes one value of `type`. Throws SCHEMA_INCOMPATIBLE when the value is of another kind or out of range. */
export function encodeSingleValue(type: PrimitiveType, value: SingleValue): Uint8Array {
  switch (type) {
    case 'boolean':
      if (typeof value === 'boolean') return Uint8Array.of(value ? 1 : 0);
      throw mismatch(type, value);
    case 'int':
    case 'date':
      return fixedWidth(4, (view) => view.setInt32(0, expectInt32(type, value), true));
    case 'long':
    case 'timestamp':
      return fixedWidth(8, (view) => view.setBigInt64(0, expectInt64(type, value), true));
    case 'float':
      return fixedWidth(4, (view) => view.setFloat32(0, expectNumber(type, value), true));
    case 'double':
      return fixedWidth(8, (view) => view.setFloat64(0, expectNumber(type, value), true));
    case 'string':
      return encodeString(value);
    case 'binary':
      if (value instanceof Uint8Array) return value.slice();
      throw mismatch(type, value);
    default:
      return encodeDecimal(type, value);
  }
}

/**
 * Decodes one value of `type`. A bound written before a column was widened keeps its old width, so
 * four bytes are accepted for long and double. Throws FORMAT_CORRUPT when the length or the UTF-8 is wrong.
 * Source: Iceberg v2 §Schema Evolution, type promotion and bounds.
 */
export function decodeSingleValue(type: PrimitiveType, bytes: Uint8Array): SingleValue {
  expectLength(type, bytes);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  switch (type) {
    case 'boolean':
      return view.getUint8(0) !== 0;
    case 'int':
    case 'date':
      return view.getInt32(0, true);
    case 'long':
    case 'timestamp':
      return bytes.length === 4 ? BigInt(view.getInt32(0, true)) : view.getBigInt64(0, true);
    case 'float':
      return view.getFloat32(0, true);
    case 'double':
      return bytes.length === 4 ? view.getFloat32(0, true) : view.getFloat64(0, true);
    case 'string':
      return decodeString(bytes);
    case 'binary':
      return bytes.slice();
    default:
      return decodeDecimal(type, bytes);
  }
}

function fixedWidth(widthBytes: number, write: (view: DataView) => void): Uint8Array {
  const bytes = new Uint8Array(widthBytes);
  write(new DataView(bytes.buffer));
  return bytes;
}

function encodeString(value: SingleValue): Uint8Array {
  if (typeof value !== 'string') throw mismatch('string', value);
  if (!value.isWellFormed()) {
    throw new SluiceError(
      'SCHEMA_INCOMPATIBLE',
      'single value of type string: got a lone surrogate, expected well-formed Unicode; UTF-8 cannot carry it',
    );
  }
  return new TextEncoder().encode(value);
}

function decodeString(bytes: Uint8Array): string {
  try {
    // A byte order mark is data here: without ignoreBOM the decoder drops it.
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new SluiceError(
      'FORMAT_CORRUPT',
      `single value of type string: got ${bytes.length} bytes that are not UTF-8, expected UTF-8`,
      { cause },
    );
  }
}

function encodeDecimal(type: PrimitiveType, value: SingleValue): Uint8Array {
  if (!type.startsWith('decimal(')) throw unsupported(type);
  if (typeof value !== 'bigint') throw mismatch(type, value);
  const bytes: number[] = [];
  let rest = value;
  let low: number;
  do {
    low = Number(BigInt.asUintN(8, rest));
    bytes.unshift(low);
    rest >>= 8n;
    // Done when what is left is only the sign that the top bit already shows.
  } while (rest !== (low < 0x80 ? 0n : -1n));
  return Uint8Array.from(bytes);
}

function decodeDecimal(type: PrimitiveType, bytes: Uint8Array): bigint {
  if (!type.startsWith('decimal(')) throw unsupported(type);
  if (bytes.length === 0) {
    throw new SluiceError(
      'FORMAT_CORRUPT',
      `single value of type ${type}: got 0 bytes, expected at least 1`,
    );
  }
  const magnitude = bytes.reduce((value, byte) => (value << 8n) | BigInt(byte), 0n);
  return BigInt.asIntN(8 * bytes.length, magnitude);
}

function expectInt32(type: PrimitiveType, value: SingleValue): number {
  const fits = Number.isInteger(value) && Number(value) >= INT32_MIN && Number(value) <= INT32_MAX;
  if (typeof value !== 'number' || !fits) throw mismatch(type, value);
  return value;
}

function expectInt64(type: PrimitiveType, value: SingleValue): bigint {
  if (typeof value !== 'bigint' || value < INT64_MIN || value > INT64_MAX) {
    throw mismatch(type, value);
  }
  return value;
}

function expectNumber(type: PrimitiveType, value: SingleValue): number {
  if (typeof value !== 'number') throw mismatch(type, value);
  return value;
}

function expectLength(type: PrimitiveType, bytes: Uint8Array): void {
  const lengths = LENGTHS_BYTES[type];
  if (lengths !== undefined && !lengths.includes(bytes.length)) {
    throw new SluiceError(
      'FORMAT_CORRUPT',
      `single value of type ${type}: got ${bytes.length} bytes, expected ${lengths.join(' or ')}`,
    );
  }
}

function mismatch(type: PrimitiveType, value: SingleValue): SluiceError {
  const received = value instanceof Uint8Array ? 'bytes' : `a ${typeof value}`;
  return new SluiceError(
    'SCHEMA_INCOMPATIBLE',
    `single value of type ${type}: got ${received} that does not fit, expected a value in the range of the type`,
  );
}

function unsupported(type: string): SluiceError {
  return new SluiceError(
    'FEATURE_UNSUPPORTED',
    `single value: got type ${type}, expected boolean, int, long, float, double, date, timestamp, string, binary or decimal(p, s)`,
  );
}
