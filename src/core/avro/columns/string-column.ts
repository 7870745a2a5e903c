import type { Vector } from '#core/columns/vector.ts';
import type { Value } from '#core/schema/field.ts';
import { ByteRanges, bytesOf } from './byte-ranges.ts';
import { isUtf8 } from './check-utf8.ts';
import { type Column, NullableColumn } from './column.ts';
import { NOT_TEXT, TextDictionary } from './text-dictionary.ts';

/** Values after which a dictionary is first looked at; then after twice as many, and so on. */
const FIRST_LOOK = 4_096;
/**
 * Largest share of distinct values at the first and second look, since a few thousand values that come in turn look
 * distinct at first; later and at the end of a batch half of them must be repetitions.
 */
const MAX_DISTINCT = [15 / 16, 3 / 4] as const;
const MAX_DISTINCT_AT_END = 1 / 2;
/** A column that turned out distinct after n values is left alone for this many times n. */
const REST = 64;

/**
 * Strings. Those of few distinct values become numbers of a dictionary, those of many stay views of the batch's data;
 * which of both is found out while decoding.
 */
export class StringColumn extends NullableColumn implements Column {
  codes = new Int32Array(0);
  #coding = true;
  /** Slots that pass before a dictionary is tried again. */
  #resting = 0;
  /** Values of this batch that went through the dictionary. */
  #values = 0;
  #nextLook = FIRST_LOOK;
  #looks = 0;
  readonly #dictionary = new TextDictionary();
  readonly #ranges = new ByteRanges();

  allocate(capacity: number, keep: number): void {
    const codes = new Int32Array(capacity);
    codes.set(this.codes.subarray(0, keep));
    this.codes = codes;
    this.#ranges.allocate(capacity, keep);
    this.allocateValidity(capacity, keep);
  }

  override begin(used: number): void {
    super.begin(used);
    if (!this.#coding) this.#resting -= used;
    this.#coding = this.#resting <= 0;
    this.#values = 0;
    this.#nextLook = FIRST_LOOK;
    this.#looks = 0;
    this.#dictionary.clear();
    this.#ranges.clear();
  }

  /** Stores `bytes[start..end)`; false when it is not UTF-8. */
  put(bytes: Uint8Array, view: DataView, slot: number, start: number, end: number): boolean {
    if (this.#coding) {
      const code = this.#dictionary.codeOf(bytes, view, start, end);
      if (code >= 0) {
        this.codes[slot] = code;
        if (++this.#values >= this.#nextLook) this.#look(slot + 1);
        return true;
      }
      if (code === NOT_TEXT) return false;
      this.#giveUp(slot);
    }
    this.#ranges.starts[slot] = start;
    this.#ranges.ends[slot] = end;
    return isUtf8(bytes, view, start, end);
  }

  fillValue(from: number, to: number, value: Value): void {
    const bytes = bytesOf(value);
    const constant = this.#ranges.addConstant(bytes);
    if (this.#coding) {
      const known = this.#dictionary.size;
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      const code = this.#dictionary.codeOf(bytes, view, 0, bytes.byteLength);
      if (code === known) this.#dictionary.setSource(code, constant);
      this.#values += to - from;
      if (code >= 0) {
        this.codes.fill(code, from, to);
        return;
      }
      this.#giveUp(from);
    }
    this.#ranges.starts.fill(constant, from, to);
  }

  finish(length: number, data: Uint8Array): Vector {
    if (this.#coding && this.#dictionary.size > this.#values * MAX_DISTINCT_AT_END) {
      this.#giveUp(length);
    }
    const validity = this.finishValidity(length);
    if (!this.#coding) return this.#ranges.finish(data, { length, validity });
    const dictionary = this.#dictionary.toVector();
    return { kind: 'dictionary', length, validity, codes: this.codes, dictionary };
  }

  #look(slots: number): void {
    const share = MAX_DISTINCT[this.#looks++] ?? MAX_DISTINCT_AT_END;
    this.#nextLook *= 2;
    if (this.#dictionary.size > this.#values * share) this.#giveUp(slots);
  }

  /** Turns the first `slots` into places; what comes is stored so as well. */
  #giveUp(slots: number): void {
    const { starts, ends } = this.#ranges;
    for (let slot = 0; slot < slots; slot++) {
      // A missing value's code is left over from another batch, and so may be its place.
      const code = this.codes[slot] as number;
      if (code >= this.#dictionary.size) continue;
      starts[slot] = this.#dictionary.sourceOf(code);
      ends[slot] = (starts[slot] as number) + this.#dictionary.sizeOf(code);
    }
    this.#coding = false;
    this.#resting = this.#values * REST;
  }
}
