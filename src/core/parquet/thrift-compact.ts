/**
 * Thrift compact protocol, the part that Parquet metadata needs.
 *
 * ```
 * struct  := field* 0x00
 * field   := (id delta 1..15) << 4 | type   value
 *          | type  zigzag-varint(id)        value
 * list    := (size 0..14) << 4 | type       value*
 *          | 0xf0 | type  varint(size)      value*
 * binary  := varint(length) bytes
 * i16 | i32 | i64 := zigzag-varint
 * bool    := nothing, the field type is the value
 * ```
 *
 * Source: Thrift compact protocol specification.
 */
const BOOLEAN_TRUE = 1;
const BOOLEAN_FALSE = 2;
const I16 = 4;
const I32 = 5;
const I64 = 6;
const BINARY = 8;
const LIST = 9;
const STRUCT = 12;

/** A value that knows its wire type and how to append itself. */
export interface ThriftValue {
  readonly type: number;
  readonly write: (out: number[]) => void;
}

/** Field id to value; undefined fields are left out. Integer keys iterate in ascending order, as the protocol wants. */
export type ThriftFields = Readonly<Record<number, ThriftValue | undefined>>;

export function bool(value: boolean): ThriftValue {
  return { type: value ? BOOLEAN_TRUE : BOOLEAN_FALSE, write: () => undefined };
}

export function i16(value: number): ThriftValue {
  return { type: I16, write: (out) => pushZigZag(out, BigInt(value)) };
}

export function i32(value: number): ThriftValue {
  return { type: I32, write: (out) => pushZigZag(out, BigInt(value)) };
}

export function i64(value: bigint | number): ThriftValue {
  return { type: I64, write: (out) => pushZigZag(out, BigInt(value)) };
}

export function binary(value: Uint8Array): ThriftValue {
  return {
    type: BINARY,
    write: (out) => {
      pushVarint(out, BigInt(value.length));
      for (const item of value) out.push(item);
    },
  };
}

export function string(value: string): ThriftValue {
  return binary(new TextEncoder().encode(value));
}

/** A list whose items all come from one of the functions above, never from `bool`. */
export function list(items: readonly ThriftValue[]): ThriftValue {
  // The element type of an empty list is never looked at; Parquet's own lists are lists of structs.
  const type = items[0]?.type ?? STRUCT;
  return {
    type: LIST,
    write: (out) => {
      out.push((Math.min(items.length, 15) << 4) | type);
      if (items.length >= 15) pushVarint(out, BigInt(items.length));
      for (const item of items) item.write(out);
    },
  };
}

export function struct(fields: ThriftFields): ThriftValue {
  return {
    type: STRUCT,
    write: (out) => {
      let lastId = 0;
      for (const [key, value] of Object.entries(fields)) {
        if (value === undefined) continue;
        const id = Number(key);
        pushFieldHeader(out, id - lastId, { id, type: value.type });
        value.write(out);
        lastId = id;
      }
      out.push(0);
    },
  };
}

/** Serializes a value, in practice a struct. */
export function encodeThrift(value: ThriftValue): Uint8Array {
  const out: number[] = [];
  value.write(out);
  return Uint8Array.from(out);
}

function pushFieldHeader(out: number[], delta: number, field: { id: number; type: number }): void {
  if (delta <= 15) {
    out.push((delta << 4) | field.type);
    return;
  }
  out.push(field.type);
  pushZigZag(out, BigInt(field.id));
}

function pushZigZag(out: number[], value: bigint): void {
  pushVarint(out, BigInt.asUintN(64, (value << 1n) ^ (value >> 63n)));
}

function pushVarint(out: number[], value: bigint): void {
  let rest = value;
  while (rest > 0x7fn) {
    out.push(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  }
  out.push(Number(rest));
}
