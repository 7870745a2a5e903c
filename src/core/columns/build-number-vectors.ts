/** Booleans and numbers of rows as typed arrays; the places of missing values hold zeros. */
import type { Value } from '#core/schema/field.ts';
import type { RejectAt } from './build-byte-vectors.ts';

export function toBooleans(values: ArrayLike<Value>, reject: RejectAt): Uint8Array {
  const out = new Uint8Array(values.length);
  for (let index = 0; index < values.length; index += 1) {
    const value = values[index];
    if (value === null) continue;
    if (typeof value !== 'boolean') reject(index);
    out[index] = value ? 1 : 0;
  }
  return out;
}

export function toInt32s(values: ArrayLike<Value>, reject: RejectAt): Int32Array {
  const out = new Int32Array(values.length);
  for (let index = 0; index < values.length; index += 1) {
    const value = values[index];
    if (value === null) continue;
    if (typeof value !== 'number' || value !== (value | 0)) reject(index);
    out[index] = value;
  }
  return out;
}

export function toInt64s(values: ArrayLike<Value>, reject: RejectAt): BigInt64Array {
  if (values instanceof BigInt64Array) return values;
  const out = new BigInt64Array(values.length);
  for (let index = 0; index < values.length; index += 1) {
    const value = values[index];
    if (value === null) continue;
    if (typeof value !== 'bigint') reject(index);
    out[index] = value;
    // A value beyond 64 bits wraps around when it is stored.
    if (out[index] !== value) reject(index);
  }
  return out;
}

export function toFloats(values: ArrayLike<Value>, reject: RejectAt): Float32Array {
  const out = new Float32Array(values.length);
  for (let index = 0; index < values.length; index += 1) {
    const value = values[index];
    if (value === null) continue;
    if (typeof value !== 'number') reject(index);
    out[index] = value;
    // A float is rounded to 32 bits, as its type says, but not to infinity.
    if (!Number.isFinite(out[index]) && Number.isFinite(value)) reject(index);
  }
  return out;
}

export function toDoubles(values: ArrayLike<Value>, reject: RejectAt): Float64Array {
  const out = new Float64Array(values.length);
  for (let index = 0; index < values.length; index += 1) {
    const value = values[index];
    if (value === null) continue;
    if (typeof value !== 'number') reject(index);
    out[index] = value;
  }
  return out;
}

/** Every value is in range. */
export function toBigEndian(values: ArrayLike<Value>): Uint8Array {
  const out = new Uint8Array(16 * values.length);
  const view = new DataView(out.buffer);
  for (let index = 0; index < values.length; index += 1) {
    const value = values[index];
    if (typeof value !== 'bigint') continue;
    view.setBigInt64(16 * index, value >> 64n);
    view.setBigUint64(16 * index + 8, BigInt.asUintN(64, value));
  }
  return out;
}
