/**
 * The Parquet schema tree of a list of Iceberg fields.
 *
 * ```
 * primitive := (required | optional) <physical type> <name> = <field id>
 * struct    := (required | optional) group <name> = <field id> { field+ }
 * list      := (required | optional) group <name> (LIST) = <field id> {
 *                repeated group list { (required | optional) <element> element = <element id> } }
 * map       := (required | optional) group <name> (MAP) = <field id> {
 *                repeated group key_value { required <key> key = <key id>
 *                                           (required | optional) <value> value = <value id> } }
 * ```
 *
 * An optional node adds one definition level; a repeated group adds one definition and one repetition level.
 * Source: parquet-format LogicalTypes.md §Nested Types; Iceberg v2 §Appendix A: Parquet.
 */
import { SluiceError } from '#core/errors.ts';
import type { NestedField, PrimitiveType } from '#core/iceberg/spec/schema.ts';
import { type LeafStorage, leafStorage } from './physical-type.ts';

interface NodeBase {
  readonly name: string;
  readonly fieldId: number;
  readonly required: boolean;
  /** Iceberg path for messages: `items.element.price`. */
  readonly column: string;
  /** Leaves below this node, as a range of leaf numbers in schema order. */
  readonly leafFrom: number;
  readonly leafTo: number;
}

export interface LeafNode extends NodeBase {
  readonly kind: 'leaf';
  readonly type: PrimitiveType;
  readonly storage: LeafStorage;
  /** Path of Parquet names from the root: `items, list, element, price`. */
  readonly pathInSchema: readonly string[];
  readonly maxDefinitionLevel: number;
  readonly maxRepetitionLevel: number;
}

export interface StructNode extends NodeBase {
  readonly kind: 'struct';
  readonly children: readonly SchemaNode[];
}

export interface ListNode extends NodeBase {
  readonly kind: 'list';
  readonly element: SchemaNode;
  /** Repetition level of every element but the first. */
  readonly repetitionLevel: number;
}

export interface MapNode extends NodeBase {
  readonly kind: 'map';
  readonly key: SchemaNode;
  readonly value: SchemaNode;
  /** Repetition level of every entry but the first. */
  readonly repetitionLevel: number;
}

export type SchemaNode = LeafNode | StructNode | ListNode | MapNode;

/** Where a node hangs in the tree. */
interface Position {
  readonly column: string;
  readonly pathInSchema: readonly string[];
  readonly definitionLevel: number;
  readonly repetitionLevel: number;
  readonly leafFrom: number;
}

/** Levels are stored as bytes. */
const MAX_LEVEL = 255;

/**
 * Builds one node per field. Throws FEATURE_UNSUPPORTED for unknown types, empty structs and nesting
 * deeper than 254 levels, CONFIG_INVALID when a field id or a name among siblings is not unique.
 */
export function buildSchemaNodes(fields: readonly NestedField[]): SchemaNode[] {
  const nodes: SchemaNode[] = [];
  for (const field of fields) {
    nodes.push(
      buildNode(field, {
        column: field.name,
        pathInSchema: [field.name],
        definitionLevel: 0,
        repetitionLevel: 0,
        leafFrom: nodes.at(-1)?.leafTo ?? 0,
      }),
    );
  }
  checkUnique(nodes, new Map());
  return nodes;
}

export function childrenOf(node: SchemaNode): readonly SchemaNode[] {
  switch (node.kind) {
    case 'leaf':
      return [];
    case 'struct':
      return node.children;
    case 'list':
      return [node.element];
    case 'map':
      return [node.key, node.value];
  }
}

/** Leaves of the nodes in schema order, which is the order of column chunks. */
export function leavesOf(nodes: readonly SchemaNode[]): LeafNode[] {
  return nodes.flatMap((node) => (node.kind === 'leaf' ? [node] : leavesOf(childrenOf(node))));
}

/** Metrics and Iceberg readers find columns by field id, other readers by name. */
function checkUnique(siblings: readonly SchemaNode[], columnsById: Map<number, string>): void {
  const names = new Set<string>();
  for (const node of siblings) {
    const owner = columnsById.get(node.fieldId);
    if (owner !== undefined) {
      throw invalid(node, `field id ${node.fieldId}`, `an id not used by column "${owner}"`);
    }
    if (node.fieldId !== (node.fieldId | 0)) {
      throw invalid(node, `field id ${node.fieldId}`, 'a 32-bit integer');
    }
    if (names.has(node.name)) {
      throw invalid(node, 'a second column of this name', 'names unique among siblings');
    }
    columnsById.set(node.fieldId, node.column);
    names.add(node.name);
    checkUnique(childrenOf(node), columnsById);
  }
}

function buildNode(field: NestedField, parent: Position): SchemaNode {
  const definitionLevel = parent.definitionLevel + (field.required ? 0 : 1);
  const position = { ...parent, definitionLevel };
  if (definitionLevel >= MAX_LEVEL) {
    throw unsupported(position, `more than ${MAX_LEVEL - 1} levels`, 'flatter data');
  }
  if (typeof field.type === 'string') return buildLeaf(field, field.type, position);
  switch (field.type.type) {
    case 'struct':
      return buildStruct(field, field.type.fields, position);
    case 'list':
      return buildList(field, position, {
        id: field.type['element-id'],
        name: 'element',
        required: field.type['element-required'],
        type: field.type.element,
      });
    case 'map':
      return buildMap(field, position, [
        { id: field.type['key-id'], name: 'key', required: true, type: field.type.key },
        {
          id: field.type['value-id'],
          name: 'value',
          required: field.type['value-required'],
          type: field.type.value,
        },
      ]);
    default:
      throw unsupported(position, 'an unknown nested type', 'struct, list or map');
  }
}

function buildLeaf(field: NestedField, type: PrimitiveType, position: Position): LeafNode {
  return {
    kind: 'leaf',
    ...nodeBase(field, position, position.leafFrom + 1),
    type,
    storage: leafStorage(type),
    pathInSchema: position.pathInSchema,
    maxDefinitionLevel: position.definitionLevel,
    maxRepetitionLevel: position.repetitionLevel,
  };
}

function buildStruct(
  field: NestedField,
  fields: readonly NestedField[],
  position: Position,
): StructNode {
  if (fields.length === 0) {
    throw unsupported(position, 'a struct without fields', 'at least one field in a Parquet group');
  }
  const children: SchemaNode[] = [];
  for (const child of fields) {
    const leafFrom = children.at(-1)?.leafTo ?? position.leafFrom;
    children.push(buildNode(child, descend(position, [child.name], { leafFrom })));
  }
  const leafTo = children.at(-1)?.leafTo ?? position.leafFrom;
  return { kind: 'struct', ...nodeBase(field, position, leafTo), children };
}

function buildList(field: NestedField, position: Position, item: NestedField): ListNode {
  const element = buildNode(item, repeat(position, ['list', item.name], position.leafFrom));
  return {
    kind: 'list',
    ...nodeBase(field, position, element.leafTo),
    element,
    repetitionLevel: position.repetitionLevel + 1,
  };
}

function buildMap(
  field: NestedField,
  position: Position,
  [keyField, valueField]: readonly [NestedField, NestedField],
): MapNode {
  const key = buildNode(keyField, repeat(position, ['key_value', 'key'], position.leafFrom));
  const value = buildNode(valueField, repeat(position, ['key_value', 'value'], key.leafTo));
  return {
    kind: 'map',
    ...nodeBase(field, position, value.leafTo),
    key,
    value,
    repetitionLevel: position.repetitionLevel + 1,
  };
}

function nodeBase(field: NestedField, position: Position, leafTo: number): NodeBase {
  return {
    name: field.name,
    fieldId: field.id,
    required: field.required,
    column: position.column,
    leafFrom: position.leafFrom,
    leafTo,
  };
}

function descend(
  position: Position,
  names: readonly string[],
  changes: Partial<Position>,
): Position {
  return {
    ...position,
    column: `${position.column}.${names.at(-1)}`,
    pathInSchema: [...position.pathInSchema, ...names],
    ...changes,
  };
}

function repeat(position: Position, names: readonly string[], leafFrom: number): Position {
  return descend(position, names, {
    definitionLevel: position.definitionLevel + 1,
    repetitionLevel: position.repetitionLevel + 1,
    leafFrom,
  });
}

function invalid(node: SchemaNode, received: string, expected: string): SluiceError {
  return new SluiceError(
    'CONFIG_INVALID',
    `parquet column "${node.column}": got ${received}, expected ${expected}`,
    { context: { column: node.column } },
  );
}

function unsupported(position: Position, received: string, expected: string): SluiceError {
  return new SluiceError(
    'FEATURE_UNSUPPORTED',
    `parquet column "${position.column}": got ${received}, expected ${expected}`,
    { context: { column: position.column } },
  );
}
