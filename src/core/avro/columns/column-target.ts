import type { Vector } from '#core/columns/vector.ts';
import { type Field, storedName } from '#core/schema/field.ts';
import type { Column } from './column.ts';
import { ColumnSpace } from './column-space.ts';
import { createColumn, layoutOf } from './create-column.ts';

const NO_BYTES = new Uint8Array(0);

/**
 * The buffers of one stream. A batch begins with `begin`, is filled by the decoders of its writers' schemas in
 * increasing order of rows, and ends with `finish`; its vectors are valid until the next `begin`. Rows that no decoder
 * was given are missing in every column. Dictionaries may hold values that no row has: those of rows that failed, and
 * symbols nobody uses.
 */
export class ColumnTarget {
  /** Stored names of the fields, in their order. */
  readonly names: readonly string[];
  /** What decoders of this target have in common with it. */
  readonly layout: string;
  /** One per field; for decoders. */
  readonly children: readonly Column[];
  readonly #rows: ColumnSpace;
  #data = NO_BYTES;
  #view: DataView = new DataView(NO_BYTES.buffer);
  #source: Uint8Array | null = null;
  #capacity = 0;
  /** First row that has not been decoded. */
  #next = 0;

  constructor(fields: readonly Field[]) {
    const all: Column[] = [];
    this.names = fields.map(storedName);
    this.layout = layoutOf(fields);
    this.children = fields.map((field) => createColumn(field.type, all));
    this.#rows = new ColumnSpace(all);
  }

  /** Forgets the batch before and prepares for one of at most `rowCapacity` rows. */
  begin(rowCapacity: number): void {
    this.#rows.begin(rowCapacity);
    this.#rows.length = rowCapacity;
    this.#capacity = rowCapacity;
    this.#source = null;
    this.#data = NO_BYTES;
    this.#next = 0;
  }

  /** The vectors of rows `0..rowCount`, one per field. Throws RangeError beyond the capacity. */
  finish(rowCount: number): readonly Vector[] {
    this.advance(rowCount, rowCount);
    return this.children.map((column) => column.finish(rowCount, this.#data));
  }

  /** For decoders: a view of the batch's bytes, one for all calls of a batch. Throws RangeError for other bytes. */
  open(data: Uint8Array): { readonly bytes: Uint8Array; readonly view: DataView } {
    if (this.#source === null) {
      // A plain view: generated code is compiled for one class of arrays, and a Buffer is another.
      this.#data = new Uint8Array(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength);
      this.#view = new DataView(data.buffer, data.byteOffset, data.byteLength);
      this.#source = data;
    }
    if (this.#source !== data) throw new RangeError('expected the data of the batch, got others');
    return { bytes: this.#data, view: this.#view };
  }

  /** For decoders: rows before `from` that nobody decoded are missing; `from` to before `to` are next. */
  advance(from: number, to: number): void {
    if (from < this.#next || to < from || to > this.#capacity) {
      throw new RangeError(
        `rows ${from} to ${to}, expected rows from ${this.#next} to at most ${this.#capacity}`,
      );
    }
    if (from > this.#next) {
      for (const column of this.children) column.fillMissing(this.#next, from);
    }
    this.#next = to;
  }

  /** For decoders: the row that was being decoded becomes missing, with everything it pushed into child vectors. */
  dropRow(row: number): void {
    for (const column of this.#rows.columns) column.takeBack(row, row + 1);
    for (const column of this.children) column.fillMissing(row, row + 1);
  }
}

/** Buffers for the fields of a stream's newest schema; see ColumnTarget. */
export function createColumnTarget(fields: readonly Field[]): ColumnTarget {
  return new ColumnTarget(fields);
}
