import type { Column } from './column.ts';

const MIN_CAPACITY = 1_024;
/** Batches after which the largest of them decides whether memory is given back. */
const WINDOW = 8;
/** Slack that is kept: capacity up to this many times the largest need of a window. */
const SLACK = 4;

/**
 * Slots that grow together: the rows of a batch, or the items of all its lists of one field. Capacity doubles as
 * needed; eight batches that need less than a quarter of it give it back, so that one giant batch does not hold
 * memory for ever.
 */
export class ColumnSpace {
  /** Slots in use. */
  length = 0;
  capacity = 0;
  /** All columns of the space: those of its fields, and of fields of records among them. */
  readonly columns: readonly Column[];
  #largest = 0;
  #batches = 0;

  constructor(columns: readonly Column[]) {
    this.columns = columns;
  }

  /** Forgets all slots and prepares room for `capacity`. */
  begin(capacity: number): void {
    this.#largest = Math.max(this.#largest, capacity, this.length, MIN_CAPACITY);
    for (const column of this.columns) column.begin(this.length);
    this.length = 0;
    if (++this.#batches >= WINDOW) this.#shrink();
    this.reserve(capacity);
  }

  /** Makes room for `capacity` slots in all; buffers may be other ones afterwards. */
  reserve(capacity: number): void {
    if (capacity <= this.capacity) return;
    this.#allocate(Math.max(capacity, this.capacity * 2, MIN_CAPACITY));
  }

  /** Takes back the slots from `length` on. */
  truncate(length: number): void {
    for (const column of this.columns) column.takeBack(length, this.length);
    this.length = length;
  }

  #shrink(): void {
    if (this.capacity > this.#largest * SLACK) this.#allocate(this.#largest);
    this.#largest = 0;
    this.#batches = 0;
  }

  #allocate(capacity: number): void {
    this.capacity = capacity;
    for (const column of this.columns) column.allocate(capacity, this.length);
  }
}
