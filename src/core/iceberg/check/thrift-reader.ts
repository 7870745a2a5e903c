/**
 * Thrift compact protocol, read without a schema: what Parquet footers are written in. Kept apart from the
 * writer's own encoder, so that a slip there is found here. Source: Thrift compact protocol specification.
 */
import { SluiceError } from '../../errors.ts';

export type ThriftStruct = ReadonlyMap<number, ThriftValue>;
export type ThriftValue =
  | bigint
  | number
  | boolean
  | Uint8Array
  | readonly ThriftValue[]
  | ThriftStruct;

const TRUE = 1;
const FALSE = 2;
const BYTE = 3;
const I16 = 4;
const I32 = 5;
const I64 = 6;
const DOUBLE = 7;
const BINARY = 8;
const LIST = 9;
const SET = 10;
const STRUCT = 12;
/** A footer of a real file nests about ten levels; more is damage. */
const MAX_DEPTH = 64;

/** Reads one struct that fills the bytes. Throws FORMAT_CORRUPT. */
export function readThriftStruct(bytes: Uint8Array): ThriftStruct {
  const reader = new ThriftReader(bytes);
  const struct = reader.struct(0);
  if (reader.remaining > 0) throw corrupt(`${reader.remaining} bytes follow the struct`);
  return struct;
}

class ThriftReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get remaining(): number {
    return this.#bytes.length - this.#at;
  }

  struct(depth: number): ThriftStruct {
    if (depth > MAX_DEPTH) throw corrupt(`nested deeper than ${MAX_DEPTH} levels`);
    const fields = new Map<number, ThriftValue>();
    let id = 0;
    for (;;) {
      const head = this.#byte();
      if (head === 0) return fields;
      const delta = head >> 4;
      id = delta === 0 ? Number(this.#zigZag()) : id + delta;
      const type = head & 0x0f;
      const isBoolean = type === TRUE || type === FALSE;
      fields.set(id, isBoolean ? type === TRUE : this.#value(type, depth));
    }
  }

  #value(type: number, depth: number): ThriftValue {
    switch (type) {
      // Inside a list a boolean is a byte of its own.
      case TRUE:
      case FALSE:
        return this.#byte() === TRUE;
      case BYTE:
        return this.#byte();
      case I16:
      case I32:
      case I64:
        return this.#zigZag();
      case DOUBLE:
        return Buffer.from(this.#take(8)).readDoubleLE();
      case BINARY:
        return this.#take(Number(this.#varint()));
      case LIST:
      case SET:
        return this.#list(depth);
      case STRUCT:
        return this.struct(depth + 1);
      default:
        throw corrupt(`type ${type} is not of a Parquet footer`);
    }
  }

  #list(depth: number): readonly ThriftValue[] {
    const head = this.#byte();
    const short = head >> 4;
    const count = short === 15 ? Number(this.#varint()) : short;
    if (count > this.remaining) throw corrupt(`a list of ${count} in ${this.remaining} bytes`);
    return Array.from({ length: count }, () => this.#value(head & 0x0f, depth + 1));
  }

  #zigZag(): bigint {
    const value = this.#varint();
    return (value >> 1n) ^ -(value & 1n);
  }

  #varint(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.#byte();
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    throw corrupt('a number of more than ten bytes');
  }

  #byte(): number {
    return this.#take(1)[0] ?? 0;
  }

  #take(length: number): Uint8Array {
    if (length > this.remaining) throw corrupt(`${length} bytes expected, got ${this.remaining}`);
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }
}

function corrupt(problem: string): SluiceError {
  return new SluiceError('FORMAT_CORRUPT', `parquet footer: ${problem}`);
}
