/**
 * Dremel shredding: nested rows to one flat list of entries per leaf.
 *
 * ```
 * column := entry*          entry := repetition level, definition level, value when defined to the leaf
 * ```
 *
 * The repetition level says at which repeated group an entry continues (0: a new row); the definition
 * level says how many of the optional and repeated groups on the path are present.
 * Source: parquet-format README.md §Nested Encoding.
 */
import type { Row, Value } from '#core/schema/field.ts';
import type { ValueRange } from './physical-values.ts';
import {
  type ListNode,
  leavesOf,
  type MapNode,
  type SchemaNode,
  type StructNode,
} from './schema-node.ts';
import { describeValue, rejectValue } from './value-error.ts';

export interface LeafEntries {
  /** Values that are defined, in order. */
  readonly values: ArrayLike<Value>;
  readonly entryCount: number;
  /** One per entry; null when the leaf and all its parents are required. */
  readonly definitionLevels: Uint8Array | null;
  /** One per entry; null when nothing on the path repeats. */
  readonly repetitionLevels: Uint8Array | null;
  /** Row of the first entry in the file. */
  readonly firstRow: number;
}

/** Entries of one leaf while rows are shredded. */
interface LeafBuffer {
  readonly values: Value[];
  readonly definitionLevels: number[];
  readonly repetitionLevels: number[];
}

interface Shredder {
  /** Number of the first leaf of the column; `buffers` start there. */
  readonly leafFrom: number;
  readonly buffers: readonly LeafBuffer[];
  row: number;
}

/**
 * Shreds rows `from..to` of a column: one result per leaf, in schema order.
 * Throws SCHEMA_INCOMPATIBLE for null where a value is required and for a value that is not of the nested type.
 */
export function shredColumn(
  node: SchemaNode,
  values: ArrayLike<Value>,
  range: ValueRange,
): LeafEntries[] {
  if (node.kind === 'leaf') return [shredFlat(node, values, range)];
  const leaves = leavesOf([node]);
  const shredder: Shredder = {
    leafFrom: node.leafFrom,
    buffers: leaves.map(() => ({ values: [], definitionLevels: [], repetitionLevels: [] })),
    row: range.from,
  };
  for (; shredder.row < range.to; shredder.row += 1) {
    shredValue(shredder, node, { value: values[shredder.row], repetition: 0, definition: 0 });
  }
  return shredder.buffers.map(({ values: defined, definitionLevels, repetitionLevels }, index) => ({
    values: defined,
    entryCount: definitionLevels.length,
    definitionLevels: levelBytes(definitionLevels, leaves[index]?.maxDefinitionLevel),
    repetitionLevels: levelBytes(repetitionLevels, leaves[index]?.maxRepetitionLevel),
    firstRow: range.from,
  }));
}

/** Row, counted over the whole file, that holds the defined value number `valueIndex`. */
export function rowOfValue(
  entries: LeafEntries,
  maxDefinitionLevel: number,
  valueIndex: number,
): number {
  const { definitionLevels, repetitionLevels } = entries;
  let row = entries.firstRow - 1;
  let valuesLeft = valueIndex + 1;
  for (let entry = 0; valuesLeft > 0 && entry < entries.entryCount; entry += 1) {
    if (repetitionLevels === null || repetitionLevels[entry] === 0) row += 1;
    if (definitionLevels === null || definitionLevels[entry] === maxDefinitionLevel) {
      valuesLeft -= 1;
    }
  }
  return row;
}

/** A top-level primitive: no recursion, and no copy where the values can be used as they are. */
function shredFlat(node: SchemaNode, values: ArrayLike<Value>, range: ValueRange): LeafEntries {
  const entryCount = range.to - range.from;
  const entries = { entryCount, repetitionLevels: null, firstRow: range.from };
  if (node.required) {
    return { ...entries, values: sliceValues(values, range), definitionLevels: null };
  }
  const definitionLevels = new Uint8Array(entryCount);
  if (values instanceof BigInt64Array) {
    const slice = sliceValues(values, range);
    return { ...entries, values: slice, definitionLevels: definitionLevels.fill(1) };
  }
  const defined: Value[] = [];
  for (let row = range.from; row < range.to; row += 1) {
    const value = values[row];
    if (value === null) continue;
    definitionLevels[row - range.from] = 1;
    // undefined travels on and is refused, with its row, where values are checked.
    defined.push(value as Value);
  }
  return { ...entries, values: defined, definitionLevels };
}

function sliceValues(values: ArrayLike<Value>, { from, to }: ValueRange): ArrayLike<Value> {
  if (from === 0 && to === values.length) return values;
  if (values instanceof BigInt64Array) return values.subarray(from, to);
  return Array.prototype.slice.call(values, from, to);
}

function levelBytes(levels: readonly number[], maxLevel = 0): Uint8Array | null {
  return maxLevel === 0 ? null : new Uint8Array(levels);
}

/** A value and the levels it has when everything above it is counted. */
interface Entry {
  readonly value: Value | undefined;
  readonly repetition: number;
  readonly definition: number;
}

function shredValue(shredder: Shredder, node: SchemaNode, entry: Entry): void {
  if (entry.value === null && !node.required) {
    pushMissing(shredder, node, entry);
    return;
  }
  const defined = node.required ? entry : { ...entry, definition: entry.definition + 1 };
  switch (node.kind) {
    case 'leaf':
      pushLeaf(shredder, node.leafFrom, defined);
      break;
    case 'struct':
      shredStruct(shredder, node, defined);
      break;
    case 'list':
      shredList(shredder, node, defined);
      break;
    case 'map':
      shredMap(shredder, node, defined);
      break;
  }
}

function shredStruct(shredder: Shredder, node: StructNode, entry: Entry): void {
  const row = entry.value;
  if (!isRow(row)) reject(shredder, node, row, 'an object');
  for (const child of node.children) {
    shredValue(shredder, child, { ...entry, value: row[child.name] });
  }
  // All children were there, so more keys are fields the file would silently lose.
  if (Object.keys(row).length > node.children.length) {
    reject(shredder, node, row, `no other fields than ${node.children.map((c) => c.name).join()}`);
  }
}

function shredList(shredder: Shredder, node: ListNode, entry: Entry): void {
  const items: unknown = entry.value;
  if (!Array.isArray(items)) reject(shredder, node, items, 'an array');
  if (items.length === 0) pushMissing(shredder, node, entry);
  for (let index = 0; index < items.length; index += 1) {
    shredValue(shredder, node.element, {
      value: items[index],
      repetition: index === 0 ? entry.repetition : node.repetitionLevel,
      definition: entry.definition + 1,
    });
  }
}

function shredMap(shredder: Shredder, node: MapNode, entry: Entry): void {
  const items: unknown = entry.value;
  if (!(items instanceof Map)) reject(shredder, node, items, 'a map');
  if (items.size === 0) pushMissing(shredder, node, entry);
  let { repetition } = entry;
  const definition = entry.definition + 1;
  for (const [key, value] of items) {
    shredValue(shredder, node.key, { value: key, repetition, definition });
    shredValue(shredder, node.value, { value, repetition, definition });
    repetition = node.repetitionLevel;
  }
}

/** Nothing is defined below `node`: every leaf there gets an entry without a value. */
function pushMissing(shredder: Shredder, node: SchemaNode, entry: Entry): void {
  for (let leaf = node.leafFrom; leaf < node.leafTo; leaf += 1) pushLevels(shredder, leaf, entry);
}

function pushLeaf(shredder: Shredder, leaf: number, entry: Entry): void {
  // null and undefined are refused, with their row, where values are checked.
  pushLevels(shredder, leaf, entry)?.values.push(entry.value as Value);
}

function pushLevels(shredder: Shredder, leaf: number, entry: Entry): LeafBuffer | undefined {
  const buffer = shredder.buffers[leaf - shredder.leafFrom];
  buffer?.definitionLevels.push(entry.definition);
  buffer?.repetitionLevels.push(entry.repetition);
  return buffer;
}

function isRow(value: Value | undefined): value is Row {
  if (typeof value !== 'object' || value === null) return false;
  return !Array.isArray(value) && !(value instanceof Map) && !ArrayBuffer.isView(value);
}

function reject(shredder: Shredder, node: SchemaNode, value: unknown, expected: string): never {
  rejectValue(node.column, shredder.row, { received: describeValue(value), expected });
}
