/** Strings and byte arrays of rows in one buffer, back to back: the places of a bytes vector. */
import { SluiceError } from '#core/errors.ts';
import type { Value } from '#core/schema/field.ts';

/** Called with the index of a value that does not fit. */
export type RejectAt = (index: number, received?: string) => never;

export interface BytePlaces {
  readonly data: Uint8Array;
  readonly starts: Int32Array;
  readonly ends: Int32Array;
}

/** Places are signed 32-bit. */
const MAX_DATA_BYTES = 2 ** 31 - 1;
const TEXT_ENCODER = new TextEncoder();

/** Encodes strings as UTF-8. Refuses a lone surrogate, which UTF-8 cannot carry; replacing it would alter data. */
export function buildStrings(values: ArrayLike<Value>, reject: RejectAt): BytePlaces {
  const offsets = new Int32Array(values.length + 1);
  // ASCII takes exactly this; everything after `at` that is still to come stays reserved when the buffer grows.
  let reserved = 0;
  for (let index = 0; index < values.length; index += 1) {
    const value = values[index];
    if (typeof value === 'string') reserved += value.length;
    else if (value !== null) reject(index);
  }
  let data = new Uint8Array(checkDataBytes(reserved));
  let at = 0;
  for (let index = 0; index < values.length; index += 1) {
    const value = values[index];
    if (typeof value === 'string') {
      reserved -= value.length;
      const start = at;
      at = writeAscii(value, data, start);
      if (at < 0) {
        // UTF-8 needs at most 3 bytes per UTF-16 code unit.
        data = grow(data, start + 3 * value.length + reserved);
        at = writeUtf8(value, data, start);
        if (at < 0) reject(index, 'a string with a lone surrogate, which UTF-8 cannot carry');
      }
    }
    offsets[index + 1] = at;
  }
  return placesOf(data, offsets);
}

/** Copies byte arrays. */
export function buildBytes(values: ArrayLike<Value>, reject: RejectAt): BytePlaces {
  const offsets = new Int32Array(values.length + 1);
  let total = 0;
  for (let index = 0; index < values.length; index += 1) {
    const value = values[index];
    if (value instanceof Uint8Array) total += value.length;
    else if (value !== null) reject(index);
  }
  const data = new Uint8Array(checkDataBytes(total));
  let at = 0;
  for (let index = 0; index < values.length; index += 1) {
    const value = values[index];
    if (value instanceof Uint8Array) {
      data.set(value, at);
      at += value.length;
    }
    offsets[index + 1] = at;
  }
  return placesOf(data, offsets);
}

function placesOf(data: Uint8Array, offsets: Int32Array): BytePlaces {
  return { data, starts: offsets.subarray(0, -1), ends: offsets.subarray(1) };
}

/** Returns the position after the string, or -1 at the first character beyond ASCII. */
function writeAscii(value: string, data: Uint8Array, start: number): number {
  for (let index = 0; index < value.length; index += 1) {
    const unit = value.charCodeAt(index);
    if (unit > 0x7f) return -1;
    data[start + index] = unit;
  }
  return start + value.length;
}

/** Returns the position after the string, or -1 at a lone surrogate. */
function writeUtf8(value: string, data: Uint8Array, start: number): number {
  if (!value.isWellFormed()) return -1;
  return start + TEXT_ENCODER.encodeInto(value, data.subarray(start)).written;
}

function grow(data: Uint8Array<ArrayBuffer>, neededBytes: number): Uint8Array<ArrayBuffer> {
  if (neededBytes <= data.length) return data;
  const doubled = Math.min(2 * data.length, MAX_DATA_BYTES);
  const grown = new Uint8Array(Math.max(doubled, checkDataBytes(neededBytes)));
  grown.set(data);
  return grown;
}

function checkDataBytes(bytes: number): number {
  if (bytes > MAX_DATA_BYTES) {
    throw new SluiceError(
      'CONFIG_INVALID',
      `column of byte strings: got ${bytes} bytes, expected at most ${MAX_DATA_BYTES}; write fewer rows at a time`,
    );
  }
  return bytes;
}
