import type { Vector } from '#core/columns/vector.ts';
import type { Value } from '#core/schema/field.ts';

/**
 * The buffers of one field, reused from batch to batch. Generated decoders write into them directly; slots that
 * nobody has written read as present, so that a decoder marks only what is missing.
 */
export interface Column {
  /** 0 for a missing value, one byte per slot. */
  validity: Uint8Array;
  /** Gets room for `capacity` slots and keeps the first `keep`. */
  allocate(capacity: number, keep: number): void;
  /** Starts a batch: forgets the `used` slots of the one before. */
  begin(used: number): void;
  /** Takes back slots from `from` to before `to`, the last ones written, with what they pushed into children. */
  takeBack(from: number, to: number): void;
  fillMissing(from: number, to: number): void;
  /** Fills slots with one value of the field's type (a default), in row representation. */
  fillValue(from: number, to: number, value: Value): void;
  /** The first `length` slots; `data` is what the decoded byte strings are views of. */
  finish(length: number, data: Uint8Array): Vector;
}

/** Validity, alike in all columns. */
export abstract class NullableColumn {
  validity = new Uint8Array(0);

  begin(used: number): void {
    this.validity.fill(1, 0, used);
  }

  takeBack(from: number, to: number): void {
    this.validity.fill(1, from, to);
  }

  fillMissing(from: number, to: number): void {
    this.validity.fill(0, from, to);
  }

  protected allocateValidity(capacity: number, keep: number): void {
    const larger = new Uint8Array(capacity).fill(1, keep);
    larger.set(this.validity.subarray(0, keep));
    this.validity = larger;
  }

  /** Validity of the first `length` slots; null when none is missing. */
  protected finishValidity(length: number): Uint8Array | null {
    return this.validity.subarray(0, length).includes(0) ? this.validity : null;
  }
}
