import type { AvroField, AvroType } from '../avro-schema.ts';

/** How rules and diffs look at the part of Avro that Sluice writes. */
type ComplexKind = 'record' | 'enum' | 'array' | 'map';

export function isComplexType<K extends ComplexKind>(
  type: AvroType,
  kind: K,
): type is Extract<AvroType, { readonly type: K }> {
  return typeof type === 'object' && type.type === kind;
}

/** `long`, `timestamp-micros`, `money`, `enum`: what has to be equal before details are compared. */
export function kindOfType(type: AvroType): string {
  if (typeof type === 'string') return type;
  if (attributeOf(type, 'currency') !== undefined) return 'money';
  const logical = attributeOf(type, 'logicalType');
  return typeof logical === 'string' ? logical : type.type;
}

export function attributeOf(type: AvroType, name: string): unknown {
  return typeof type === 'object' ? (type as Readonly<Record<string, unknown>>)[name] : undefined;
}

export function isOptional(field: AvroField): boolean {
  return Array.isArray(field.type);
}

export function baseTypeOf(field: AvroField): AvroType {
  return isUnion(field.type) ? field.type[1] : field.type;
}

function isUnion(type: AvroField['type']): type is readonly ['null', AvroType] {
  return Array.isArray(type);
}

/** `decimal(9,2)`, `money USD`, `list of map of string`, `enum (bid, ask)`. */
export function describeType(type: AvroType): string {
  const kind = kindOfType(type);
  if (isComplexType(type, 'array')) return `list of ${describeType(type.items)}`;
  if (isComplexType(type, 'map')) return `map of ${describeType(type.values)}`;
  if (isComplexType(type, 'enum')) return `enum (${type.symbols.join(', ')})`;
  if (isComplexType(type, 'record')) {
    return `record (${type.fields.map(({ name }) => name).join(', ')})`;
  }
  if (kind === 'money') return `money ${String(attributeOf(type, 'currency'))}`;
  if (kind !== 'decimal') return kind;
  return `decimal(${String(attributeOf(type, 'precision'))},${String(attributeOf(type, 'scale') ?? 0)})`;
}

export function joinPath(parent: string, name: string): string {
  return parent === '' ? name : `${parent}.${name}`;
}
