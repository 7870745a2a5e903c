/** Entries by time, the earliest first; adding and taking cost O(log n). */
export class TimeHeap<T> {
  #entries: { readonly atMs: number; readonly value: T }[] = [];

  get size(): number {
    return this.#entries.length;
  }

  /** Time of the earliest entry; infinite when there is none. */
  get nextMs(): number {
    return this.#entries[0]?.atMs ?? Number.POSITIVE_INFINITY;
  }

  add(atMs: number, value: T): void {
    const entries = this.#entries;
    entries.push({ atMs, value });
    let child = entries.length - 1;
    while (child > 0) {
      const parent = (child - 1) >> 1;
      if (this.#timeOf(parent) <= atMs) return;
      this.#swap(parent, child);
      child = parent;
    }
  }

  /** Takes the earliest entry, if its time has come. */
  takeDue(nowMs: number): { readonly atMs: number; readonly value: T } | null {
    const entries = this.#entries;
    const first = entries[0];
    if (first === undefined || first.atMs > nowMs) return null;
    const last = entries.pop();
    if (entries.length > 0 && last !== undefined) {
      entries[0] = last;
      this.#sink();
    }
    return first;
  }

  /** Drops the entries that the test does not hold for. */
  retain(isKept: (value: T, atMs: number) => boolean): void {
    const kept = this.#entries.filter(({ value, atMs }) => isKept(value, atMs));
    // A sorted list is a heap.
    kept.sort((left, right) => left.atMs - right.atMs);
    this.#entries = kept;
  }

  #sink(): void {
    let parent = 0;
    for (;;) {
      const left = 2 * parent + 1;
      const child = this.#timeOf(left + 1) < this.#timeOf(left) ? left + 1 : left;
      if (this.#timeOf(child) >= this.#timeOf(parent)) return;
      this.#swap(parent, child);
      parent = child;
    }
  }

  #timeOf(index: number): number {
    return this.#entries[index]?.atMs ?? Number.POSITIVE_INFINITY;
  }

  #swap(left: number, right: number): void {
    const leftEntry = this.#entries[left];
    const rightEntry = this.#entries[right];
    if (leftEntry === undefined || rightEntry === undefined) return;
    this.#entries[left] = rightEntry;
    this.#entries[right] = leftEntry;
  }
}
