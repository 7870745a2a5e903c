import type { BytesVector } from '#core/columns/vector.ts';

/**
 * Places of byte strings in the data of a batch. A constant, which has no place there, is kept beside and only
 * when there are some does the batch's data get copied, with the constants behind it.
 */
export class ByteRanges {
  starts = new Int32Array(0);
  ends = new Int32Array(0);
  readonly #constants: Uint8Array[] = [];

  allocate(capacity: number, keep: number): void {
    const starts = new Int32Array(capacity);
    starts.set(this.starts.subarray(0, keep));
    this.starts = starts;
    const ends = new Int32Array(capacity);
    ends.set(this.ends.subarray(0, keep));
    this.ends = ends;
  }

  clear(): void {
    this.#constants.length = 0;
  }

  /** A number that stands in `starts` for a value that is not in the data. */
  addConstant(value: Uint8Array): number {
    const known = this.#constants.findIndex((other) => Buffer.compare(other, value) === 0);
    if (known >= 0) return -1 - known;
    return -this.#constants.push(value);
  }

  finish(data: Uint8Array, slots: Pick<BytesVector, 'length' | 'validity'>): BytesVector {
    const { starts, ends } = this;
    const vector = { kind: 'bytes', ...slots, starts, ends } as const;
    if (this.#constants.length === 0) return { ...vector, data };
    return { ...vector, data: this.#place(data, slots.length) };
  }

  #place(data: Uint8Array, length: number): Uint8Array {
    const placed = new Uint8Array(Buffer.concat([data, ...this.#constants]));
    let start = data.length;
    const places = this.#constants.map(({ length: size }) => {
      start += size;
      return { start: start - size, end: start };
    });
    for (let slot = 0; slot < length; slot++) {
      const place = places[-1 - (this.starts[slot] as number)];
      if (place === undefined) continue;
      this.starts[slot] = place.start;
      this.ends[slot] = place.end;
    }
    return placed;
  }
}

/** A default of a string or bytes field as bytes. */
export function bytesOf(value: unknown): Uint8Array {
  return value instanceof Uint8Array ? value : Buffer.from(String(value));
}
