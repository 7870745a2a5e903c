import type { Vector } from '#core/columns/vector.ts';
import type { Value } from '#core/schema/field.ts';
import { type Column, NullableColumn } from './column.ts';

type FixedKind = 'boolean' | 'int32' | 'float32' | 'float64';

const ARRAYS = {
  boolean: Uint8Array,
  int32: Int32Array,
  float32: Float32Array,
  float64: Float64Array,
} as const;

/** Booleans, 32-bit integers and floating-point numbers. */
export class FixedColumn extends NullableColumn implements Column {
  readonly kind: FixedKind;
  values: Uint8Array | Int32Array | Float32Array | Float64Array;

  constructor(kind: FixedKind) {
    super();
    this.kind = kind;
    this.values = new ARRAYS[kind](0);
  }

  allocate(capacity: number, keep: number): void {
    const larger = new ARRAYS[this.kind](capacity);
    larger.set(this.values.subarray(0, keep));
    this.values = larger;
    this.allocateValidity(capacity, keep);
  }

  fillValue(from: number, to: number, value: Value): void {
    this.values.fill(Number(value), from, to);
  }

  finish(length: number): Vector {
    const { kind, values } = this;
    return { kind, length, validity: this.finishValidity(length), values } as Vector;
  }
}

/** 64-bit integers. Decoders write two words per slot, low one first, so that no bigint is made per row. */
export class Int64Column extends NullableColumn implements Column {
  readonly kind = 'int64';
  values = new BigInt64Array(0);
  words = new Int32Array(this.values.buffer);

  allocate(capacity: number, keep: number): void {
    const larger = new BigInt64Array(capacity);
    larger.set(this.values.subarray(0, keep));
    this.values = larger;
    this.words = new Int32Array(larger.buffer);
    this.allocateValidity(capacity, keep);
  }

  fillValue(from: number, to: number, value: Value): void {
    this.values.fill(value as bigint, from, to);
  }

  finish(length: number): Vector {
    const { kind, values } = this;
    return { kind, length, validity: this.finishValidity(length), values };
  }
}

const DECIMAL128_BYTES = 16;

/** Decimals of 19 digits and more: 16 bytes per slot, big-endian two's complement. */
export class Decimal128Column extends NullableColumn implements Column {
  readonly kind = 'decimal128';
  values = new Uint8Array(0);

  allocate(capacity: number, keep: number): void {
    const larger = new Uint8Array(capacity * DECIMAL128_BYTES);
    larger.set(this.values.subarray(0, keep * DECIMAL128_BYTES));
    this.values = larger;
    this.allocateValidity(capacity, keep);
  }

  fillValue(from: number, to: number, value: Value): void {
    const view = new DataView(this.values.buffer);
    const unscaled = value as bigint;
    for (let slot = from; slot < to; slot++) {
      view.setBigInt64(slot * DECIMAL128_BYTES, unscaled >> 64n);
      view.setBigUint64(slot * DECIMAL128_BYTES + 8, BigInt.asUintN(64, unscaled));
    }
  }

  finish(length: number): Vector {
    const { kind, values } = this;
    return { kind, length, validity: this.finishValidity(length), values };
  }
}
