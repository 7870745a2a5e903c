/** Entries of one leaf column, as shredding leaves them, and the way back from an entry to its row. */
import type { Vector } from '#core/columns/vector.ts';
import type { LeafNode } from './schema-node.ts';

/** Rows `rows[from..to)` of a vector in that order; without rows, `from..to` themselves. */
export interface Selection {
  readonly rows: Int32Array | null;
  readonly from: number;
  readonly to: number;
}

export interface LeafEntries {
  readonly vector: Vector;
  /** Places of the defined values in the vector, in order; null: `from..from + valueCount`. */
  readonly positions: Int32Array | null;
  readonly from: number;
  readonly valueCount: number;
  readonly entryCount: number;
  /** One per entry; a number when all entries have that level; null when the leaf and all its parents are required. */
  readonly definitionLevels: Uint8Array | number | null;
  /** One per entry; null when nothing on the path repeats. */
  readonly repetitionLevels: Uint8Array | null;
}

/** Row that holds the defined value number `valueIndex`. */
export function rowOfValue(
  leaf: LeafNode,
  entries: LeafEntries,
  { selection, valueIndex }: { selection: Selection; valueIndex: number },
): number {
  const { definitionLevels, repetitionLevels, entryCount } = entries;
  let valuesLeft = valueIndex + 1;
  let entry = -1;
  while (valuesLeft > 0 && entry < entryCount - 1) {
    entry += 1;
    const isDefined =
      typeof definitionLevels !== 'object' ||
      definitionLevels === null ||
      definitionLevels[entry] === leaf.maxDefinitionLevel;
    if (isDefined) valuesLeft -= 1;
  }
  return rowOfEntry(repetitionLevels, entry, selection);
}

/** Row of entry number `entry`: every entry with repetition level 0 begins a row. */
export function rowOfEntry(
  repetition: Uint8Array | null,
  entry: number,
  selection: Selection,
): number {
  let index = entry;
  if (repetition !== null) {
    index = -1;
    for (let at = 0; at <= entry; at += 1) if (repetition[at] === 0) index += 1;
  }
  return rowAt(selection, index);
}

/** Row number of the selected row number `index`. */
export function rowAt({ rows, from }: Selection, index: number): number {
  return rows === null ? from + index : (rows[from + index] ?? 0);
}
