/**
 * Working memory that one file after another reuses: fresh arrays of this size cost page faults and garbage.
 *
 * Grows to the largest row group written so far and never shrinks. Nothing that leaves the writer is a view
 * of it, except what the next column may overwrite. Contents are undefined when an array is taken.
 */
type BytesName = 'levels' | 'values' | 'codePages' | 'deltaPages' | 'page';
type Int32Name = 'positions' | 'items' | 'codes' | 'lengths' | 'slots' | 'hashes' | 'entries';

export interface Scratch {
  readonly bytes: Record<BytesName, Uint8Array<ArrayBuffer>>;
  readonly int32s: Record<Int32Name, Int32Array<ArrayBuffer>>;
  /** Code of a dictionary entry + 1, or 0; whoever writes to it puts the zeros back. */
  newCodes: Int32Array<ArrayBuffer>;
}

export function createScratch(): Scratch {
  const noBytes = new Uint8Array(0);
  const noInt32s = new Int32Array(0);
  return {
    bytes: {
      levels: noBytes,
      values: noBytes,
      codePages: noBytes,
      deltaPages: noBytes,
      page: noBytes,
    },
    int32s: {
      positions: noInt32s,
      items: noInt32s,
      codes: noInt32s,
      lengths: noInt32s,
      slots: noInt32s,
      hashes: noInt32s,
      entries: noInt32s,
    },
    newCodes: noInt32s,
  };
}

/** The array of that name, `length` bytes or longer. */
export function takeBytes(
  scratch: Scratch,
  name: BytesName,
  length: number,
): Uint8Array<ArrayBuffer> {
  const current = scratch.bytes[name];
  if (current.length >= length) return current;
  const grown = new Uint8Array(grownLength(current.length, length));
  scratch.bytes[name] = grown;
  return grown;
}

/** The array of that name, `length` items or longer. */
export function takeInt32s(
  scratch: Scratch,
  name: Int32Name,
  length: number,
): Int32Array<ArrayBuffer> {
  const current = scratch.int32s[name];
  if (current.length >= length) return current;
  const grown = new Int32Array(grownLength(current.length, length));
  scratch.int32s[name] = grown;
  return grown;
}

/** `length` zeros or more; see `newCodes`. */
export function takeNewCodes(scratch: Scratch, length: number): Int32Array<ArrayBuffer> {
  if (scratch.newCodes.length < length) {
    scratch.newCodes = new Int32Array(grownLength(scratch.newCodes.length, length));
  }
  return scratch.newCodes;
}

/** Half as much again, so that slowly growing batches do not allocate every time. */
function grownLength(current: number, needed: number): number {
  return Math.max(needed, current + (current >> 1));
}
