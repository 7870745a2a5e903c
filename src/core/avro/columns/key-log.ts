const FEW_KEYS = 8;
const MIN_PLACES = 64;
/** What one giant map leaves behind is given back with the next batch. */
const MAX_KEPT_PLACES = 8_192;

/** The keys of one map value, to find those that come again. */
export class KeyLog {
  #places = new Int32Array(MIN_PLACES);
  #count = 0;

  /** Starts a batch. */
  begin(): void {
    if (this.#places.length > MAX_KEPT_PLACES) this.#places = new Int32Array(MIN_PLACES);
    this.clear();
  }

  /** Starts a map. */
  clear(): void {
    this.#count = 0;
  }

  push(start: number, end: number): void {
    if (this.#count * 2 === this.#places.length) {
      const larger = new Int32Array(this.#places.length * 2);
      larger.set(this.#places);
      this.#places = larger;
    }
    this.#places[this.#count * 2] = start;
    this.#places[this.#count * 2 + 1] = end;
    this.#count++;
  }

  /**
   * Null when all keys differ. Otherwise, for each different key in order of its first appearance: start and end of
   * its first place, and the end of its last one, where the value that counts begins.
   */
  repeated(bytes: Uint8Array): Int32Array | null {
    if (this.#count <= FEW_KEYS && !this.#hasEqualPair(bytes)) return null;
    // Keyed by text: the engine's hashes are seeded, so that chosen keys cannot make this slow.
    const distinct = new Map<string, { readonly index: number; last: number }>();
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let index = 0; index < this.#count; index++) {
      const key = buffer.toString('latin1', this.#startOf(index), this.#endOf(index));
      const known = distinct.get(key);
      if (known === undefined) distinct.set(key, { index, last: index });
      else known.last = index;
    }
    if (distinct.size === this.#count) return null;
    const places = [...distinct.values()].flatMap(({ index, last }) => [
      this.#startOf(index),
      this.#endOf(index),
      this.#endOf(last),
    ]);
    return Int32Array.from(places);
  }

  #hasEqualPair(bytes: Uint8Array): boolean {
    for (let index = 1; index < this.#count; index++) {
      for (let earlier = 0; earlier < index; earlier++) {
        if (this.#areEqual(bytes, index, earlier)) return true;
      }
    }
    return false;
  }

  #areEqual(bytes: Uint8Array, left: number, right: number): boolean {
    const from = this.#startOf(left);
    const other = this.#startOf(right);
    const size = this.#endOf(left) - from;
    if (this.#endOf(right) - other !== size) return false;
    for (let at = 0; at < size; at++) if (bytes[from + at] !== bytes[other + at]) return false;
    return true;
  }

  #startOf(index: number): number {
    return this.#places[index * 2] as number;
  }

  #endOf(index: number): number {
    return this.#places[index * 2 + 1] as number;
  }
}
