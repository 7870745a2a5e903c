/** Checks that vectors fit their columns and are what they say they are, before a byte is written. */
import type { BytesVector, Vector } from '#core/columns/vector.ts';
import type { SchemaNode } from './schema-node.ts';
import { corruptVector } from './value-error.ts';

/** Which vectors a type takes; a decimal depends on its width. */
const KINDS: Readonly<Record<string, readonly Vector['kind'][]>> = {
  boolean: ['boolean'],
  int: ['int32'],
  date: ['int32'],
  long: ['int64'],
  timestamp: ['int64'],
  float: ['float32'],
  double: ['float64'],
  string: ['bytes', 'dictionary'],
  binary: ['bytes', 'dictionary'],
  struct: ['struct'],
  list: ['list'],
  map: ['map'],
};

/** Bytes of an item of a decimal128 vector. */
export const DECIMAL128_BYTES = 16;

/**
 * Throws FORMAT_CORRUPT when a vector is of a kind that the column's type does not take, has arrays shorter
 * than its length, or a dictionary entry outside its data. Items and codes of rows are checked as they are
 * read: the places of missing rows may hold anything.
 */
export function checkVector(node: SchemaNode, vector: Vector): void {
  const kinds = kindsOf(node);
  if (!kinds.includes(vector.kind)) {
    throw corruptVector(node.column, `kind ${vector.kind}`, kinds.join(' or '));
  }
  if (vector.validity !== null) {
    checkLength(node, 'validity bytes', vector.validity.length, vector.length);
  }
  switch (vector.kind) {
    case 'bytes':
      checkLength(node, 'starts', vector.starts.length, vector.length);
      checkLength(node, 'ends', vector.ends.length, vector.length);
      break;
    case 'dictionary':
      checkLength(node, 'codes', vector.codes.length, vector.length);
      checkDictionary(node, vector.dictionary);
      break;
    case 'decimal128':
      checkLength(node, 'bytes', vector.values.length, DECIMAL128_BYTES * vector.length);
      break;
    case 'list':
      checkLength(node, 'offsets', vector.offsets.length, vector.length + 1);
      if (node.kind === 'list') checkVector(node.element, vector.element);
      break;
    case 'map':
      checkLength(node, 'offsets', vector.offsets.length, vector.length + 1);
      checkLength(node, 'values', vector.values.length, vector.keys.length);
      if (node.kind === 'map') checkVector(node.key, vector.keys);
      if (node.kind === 'map') checkVector(node.value, vector.values);
      break;
    case 'struct':
      if (node.kind === 'struct') checkChildren(node.children, node, vector);
      break;
    default:
      checkLength(node, 'values', vector.values.length, vector.length);
  }
}

function kindsOf(node: SchemaNode): readonly Vector['kind'][] {
  const type = node.kind === 'leaf' ? node.type : node.kind;
  const precision = node.kind === 'leaf' ? node.storage.decimal?.precision : undefined;
  if (precision !== undefined) return [precision <= 18 ? 'int64' : 'decimal128'];
  return KINDS[type] ?? [];
}

function checkChildren(
  nodes: readonly SchemaNode[],
  parent: SchemaNode,
  vector: Extract<Vector, { kind: 'struct' }>,
): void {
  if (vector.children.length !== nodes.length) {
    throw corruptVector(
      parent.column,
      `${vector.children.length} children`,
      `${nodes.length}: ${nodes.map((node) => node.name).join()}`,
    );
  }
  nodes.forEach((node, index) => {
    const child = vector.children[index];
    if (child === undefined) return;
    checkLength(node, 'rows', child.length, vector.length);
    checkVector(node, child);
  });
}

function checkDictionary(node: SchemaNode, dictionary: BytesVector): void {
  const { starts, ends, length, data } = dictionary;
  checkLength(node, 'dictionary starts', starts.length, length);
  checkLength(node, 'dictionary ends', ends.length, length);
  for (let entry = 0; entry < length; entry += 1) {
    const start = starts[entry] ?? 0;
    const end = ends[entry] ?? 0;
    if (start < 0 || end < start || end > data.length) {
      throw corruptVector(
        node.column,
        `dictionary entry ${entry} at ${start} to ${end}`,
        `0 to ${data.length}`,
      );
    }
  }
}

function checkLength(node: SchemaNode, what: string, received: number, expected: number): void {
  if (received >= expected) return;
  throw corruptVector(node.column, `${received} ${what}`, `at least ${expected}`);
}
