import type { BytesVector, DictionaryVector } from './vector.ts';

const ENCODER = new TextEncoder();

/** Byte strings in one buffer, equal texts once. */
export class TextBuilder {
  #data = new Uint8Array(1024);
  #used = 0;
  readonly #items: number[] = [];
  readonly #known = new Map<string, number>();
  readonly #maxRemembered: number;

  /** @param maxRemembered Texts beyond so many distinct ones are no longer told to be equal. */
  constructor(maxRemembered: number) {
    this.#maxRemembered = maxRemembered;
  }

  /** Number of the text among the items, which is new unless the text has one. Texts are well-formed. */
  addOnce(text: string): number {
    const known = this.#known.get(text);
    if (known !== undefined) return known;
    const start = this.#used;
    this.#reserve(3 * text.length);
    this.#used += ENCODER.encodeInto(text, this.#data.subarray(start)).written;
    const item = this.#push(start);
    if (this.#known.size < this.#maxRemembered) this.#known.set(text, item);
    return item;
  }

  /** Number of the new item. */
  addBytes(bytes: Uint8Array): number {
    const start = this.#used;
    this.#reserve(bytes.length);
    this.#data.set(bytes, start);
    this.#used += bytes.length;
    return this.#push(start);
  }

  /** A vector of the items with these numbers. */
  bytesVector(items: Int32Array, validity: Uint8Array | null): BytesVector {
    const { length } = items;
    const starts = new Int32Array(length);
    const ends = new Int32Array(length);
    for (let row = 0; row < length; row++) {
      starts[row] = this.#items[2 * items[row]!] ?? 0;
      ends[row] = this.#items[2 * items[row]! + 1] ?? 0;
    }
    return { kind: 'bytes', length, validity, data: this.#data, starts, ends };
  }

  /** A vector of codes, which are numbers of items; all of them were added by `addOnce` and are remembered. */
  dictionaryVector(codes: Int32Array, validity: Uint8Array | null): DictionaryVector {
    const entries = Int32Array.from({ length: this.#items.length / 2 }, (_, item) => item);
    const dictionary = this.bytesVector(entries, null);
    return { kind: 'dictionary', length: codes.length, validity, codes, dictionary };
  }

  #push(start: number): number {
    this.#items.push(start, this.#used);
    return this.#items.length / 2 - 1;
  }

  #reserve(sizeBytes: number): void {
    const needed = this.#used + sizeBytes;
    if (needed <= this.#data.length) return;
    const grown = new Uint8Array(Math.max(needed, 2 * this.#data.length));
    grown.set(this.#data.subarray(0, this.#used));
    this.#data = grown;
  }
}
