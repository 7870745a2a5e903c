/**
 * Dremel shredding: vectors to one flat list of entries per leaf.
 *
 * ```
 * column := entry*          entry := repetition level, definition level, value when defined to the leaf
 * ```
 *
 * The repetition level says at which repeated group an entry continues (0: a new row); the definition
 * level says how many of the optional and repeated groups on the path are present. Values are not touched:
 * a leaf gets the places in its vector that hold its defined values.
 * Source: parquet-format README.md §Nested Encoding.
 */
import type { ListVector, MapVector, Vector } from '#core/columns/vector.ts';
import { type LeafEntries, rowOfEntry, type Selection } from './leaf-entries.ts';
import type { LeafNode, ListNode, MapNode, SchemaNode } from './schema-node.ts';
import { type Scratch, takeBytes, takeInt32s } from './scratch.ts';
import { corruptVector } from './value-error.ts';

/** Called for a missing value where one is required, with its row. */
export type ReportMissing = (node: SchemaNode, row: number) => void;

export interface ShredOptions {
  readonly scratch: Scratch;
  readonly reportMissing: ReportMissing;
}

/** Entries on their way down the schema: where each is in the current vector. */
interface Slots {
  readonly count: number;
  /** -1 where nothing is defined any more; null: `from`, `from + 1` … */
  readonly positions: Int32Array | null;
  readonly from: number;
  /** A number while every slot is defined, and then the level of all. */
  readonly definition: Uint8Array | number;
  readonly repetition: Uint8Array | null;
}

interface Shredder extends ShredOptions {
  readonly selection: Selection;
  readonly leaves: LeafEntries[];
}

/** Of a missing value where one is required, when reporting it does not throw: no schema has that many levels. */
const FAULT_LEVEL = 255;

/** A row can hold lists of lists, so entries may be many more than rows. */
const MAX_ENTRIES = 2 ** 31 - 1;

/**
 * Shreds the selected rows of a column: one result per leaf, in schema order. The result of a column that is
 * itself a leaf may lie in scratch memory. Throws FORMAT_CORRUPT for offsets outside their element vector.
 */
export function shredColumn(
  node: SchemaNode,
  vector: Vector,
  selection: Selection,
  options: ShredOptions,
): LeafEntries[] {
  const { rows, from, to } = selection;
  const shredder: Shredder = { ...options, selection, leaves: [] };
  shredNode(shredder, node, vector, {
    count: to - from,
    positions: rows === null ? null : rows.subarray(from, to),
    from,
    definition: 0,
    repetition: null,
  });
  return shredder.leaves;
}

function shredNode(shredder: Shredder, node: SchemaNode, vector: Vector, slots: Slots): void {
  if (node.kind === 'leaf') {
    shredder.leaves.push(shredLeaf(shredder, node, vector, slots));
    return;
  }
  const defined = takeMissingOut(shredder, node, vector, slots);
  if (node.kind === 'struct' && vector.kind === 'struct') {
    node.children.forEach((child, index) => {
      const childVector = vector.children[index];
      if (childVector !== undefined) shredNode(shredder, child, childVector, defined);
    });
  } else if (node.kind === 'list' && vector.kind === 'list') {
    shredNode(shredder, node.element, vector.element, expand(shredder, node, vector, defined));
  } else if (node.kind === 'map' && vector.kind === 'map') {
    const entries = expand(shredder, node, vector, defined);
    shredNode(shredder, node.key, vector.keys, entries);
    shredNode(shredder, node.value, vector.values, entries);
  }
}

/** Definition levels of the leaf's entries, and the places of the values that are there. */
function shredLeaf(shredder: Shredder, leaf: LeafNode, vector: Vector, slots: Slots): LeafEntries {
  const { count, from, repetition, definition } = slots;
  const { validity } = vector;
  const base = { vector, from, entryCount: count, repetitionLevels: repetition };
  const missing = typeof definition === 'number' ? countMissing(validity, slots) : count;
  if (missing === 0) {
    const level = leaf.maxDefinitionLevel === 0 ? null : leaf.maxDefinitionLevel;
    return { ...base, positions: slots.positions, valueCount: count, definitionLevels: level };
  }
  if (typeof definition === 'number' && missing === count && !leaf.required) {
    return { ...base, positions: null, valueCount: 0, definitionLevels: definition };
  }
  // A nested column keeps all its leaves until the last is shredded.
  const isNested = leaf.pathInSchema.length > 1;
  const { scratch } = shredder;
  const levels = isNested ? new Uint8Array(count) : takeBytes(scratch, 'levels', count);
  const positions = isNested ? new Int32Array(count) : takeInt32s(scratch, 'positions', count);
  const isFlat = typeof definition === 'number' && validity !== null && !leaf.required;
  const valueCount = isFlat
    ? markFlat(validity, slots, { level: definition, levels, positions })
    : markLeaf(shredder, leaf, { validity, slots, levels, positions });
  return {
    ...base,
    positions: positions.subarray(0, valueCount),
    valueCount,
    definitionLevels: levels,
  };
}

/** Every slot is defined down to an optional leaf. No branch per value: random nulls would be mispredicted. */
function markFlat(
  validity: Uint8Array,
  { count, from, positions: places }: Slots,
  { level, levels, positions }: { level: number; levels: Uint8Array; positions: Int32Array },
): number {
  let valueCount = 0;
  for (let slot = 0; slot < count; slot += 1) {
    const place = places === null ? from + slot : (places[slot] ?? 0);
    const present = validity[place] === 0 ? 0 : 1;
    levels[slot] = level + present;
    positions[valueCount] = place;
    valueCount += present;
  }
  return valueCount;
}

function markLeaf(
  shredder: Shredder,
  leaf: LeafNode,
  {
    validity,
    slots,
    levels,
    positions,
  }: { validity: Uint8Array | null; slots: Slots; levels: Uint8Array; positions: Int32Array },
): number {
  const { definition, count, from } = slots;
  const places = slots.positions;
  let valueCount = 0;
  for (let slot = 0; slot < count; slot += 1) {
    const place = places === null ? from + slot : (places[slot] ?? 0);
    if (place >= 0 && (validity === null || validity[place] !== 0)) {
      levels[slot] = leaf.maxDefinitionLevel;
      positions[valueCount++] = place;
      continue;
    }
    const isFault = place >= 0 && leaf.required;
    const level = typeof definition === 'number' ? definition : (definition[slot] ?? 0);
    levels[slot] = isFault ? FAULT_LEVEL : level;
    if (isFault) reportSlot(shredder, leaf, slots, slot);
  }
  return valueCount;
}

function countMissing(validity: Uint8Array | null, { positions, from, count }: Slots): number {
  if (validity === null) return 0;
  let missing = 0;
  for (let slot = 0; slot < count; slot += 1) {
    const place = positions === null ? from + slot : (positions[slot] ?? 0);
    if (validity[place] === 0) missing += 1;
  }
  return missing;
}

/** Slots below an optional group: one level up where it is present, at an end where it is missing. */
function takeMissingOut(
  shredder: Shredder,
  node: SchemaNode,
  { validity }: Vector,
  slots: Slots,
): Slots {
  const { count, from, definition } = slots;
  const step = node.required ? 0 : 1;
  // Validity that says nothing leaves no trace: equal content gives equal levels.
  if (typeof definition === 'number' && countMissing(validity, slots) === 0) {
    return { ...slots, definition: definition + step };
  }
  const positions = new Int32Array(count);
  const levels = new Uint8Array(count);
  for (let slot = 0; slot < count; slot += 1) {
    const place = slots.positions === null ? from + slot : (slots.positions[slot] ?? 0);
    const isPresent = place >= 0 && (validity === null || validity[place] !== 0);
    if (place >= 0 && !isPresent && node.required) reportSlot(shredder, node, slots, slot);
    const level = typeof definition === 'number' ? definition : (definition[slot] ?? 0);
    positions[slot] = isPresent ? place : -1;
    levels[slot] = isPresent ? level + step : level;
  }
  return { ...slots, positions, definition: levels };
}

/** Slots of the items of a list or map; an empty or missing one keeps its slot, without a value. */
function expand(
  shredder: Shredder,
  node: ListNode | MapNode,
  vector: ListVector | MapVector,
  slots: Slots,
): Slots {
  const { offsets } = vector;
  const total = countItems(shredder, node, vector, slots);
  const positions = new Int32Array(total);
  const definition = new Uint8Array(total);
  const repetition = new Uint8Array(total);
  let at = 0;
  for (let slot = 0; slot < slots.count; slot += 1) {
    const place = slots.positions === null ? slots.from + slot : (slots.positions[slot] ?? 0);
    const level =
      typeof slots.definition === 'number' ? slots.definition : (slots.definition[slot] ?? 0);
    const start = place < 0 ? 0 : (offsets[place] ?? 0);
    const end = place < 0 ? 0 : (offsets[place + 1] ?? 0);
    repetition[at] = slots.repetition?.[slot] ?? 0;
    if (start === end) {
      definition[at] = level;
      positions[at++] = -1;
      continue;
    }
    for (let item = start; item < end; item += 1) {
      if (item > start) repetition[at] = node.repetitionLevel;
      definition[at] = level + 1;
      positions[at++] = item;
    }
  }
  return { count: total, positions, from: 0, definition, repetition };
}

function countItems(
  shredder: Shredder,
  node: ListNode | MapNode,
  vector: ListVector | MapVector,
  slots: Slots,
): number {
  const { offsets } = vector;
  const items = vector.kind === 'list' ? vector.element.length : vector.keys.length;
  let total = 0;
  for (let slot = 0; slot < slots.count; slot += 1) {
    const place = slots.positions === null ? slots.from + slot : (slots.positions[slot] ?? 0);
    const start = place < 0 ? 0 : (offsets[place] ?? 0);
    const end = place < 0 ? 0 : (offsets[place + 1] ?? 0);
    if (start < 0 || end < start || end > items) {
      const row = rowOfEntry(slots.repetition, slot, shredder.selection);
      throw corruptVector(node.column, `items ${start} to ${end} in row ${row}`, `0 to ${items}`);
    }
    total += Math.max(1, end - start);
  }
  if (total > MAX_ENTRIES) {
    throw corruptVector(node.column, `${total} items in one row group`, `at most ${MAX_ENTRIES}`);
  }
  return total;
}

function reportSlot(shredder: Shredder, node: SchemaNode, slots: Slots, slot: number): void {
  shredder.reportMissing(node, rowOfEntry(slots.repetition, slot, shredder.selection));
}
