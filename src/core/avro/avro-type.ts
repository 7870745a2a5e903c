import { SluiceError } from '../errors.ts';

/** A parsed Avro schema with names resolved; recursive types refer to themselves. Source: Avro 1.12 §Schema Declaration. */
export type AvroType =
  | { readonly kind: 'null' | 'boolean' | 'float' | 'double' | 'string' }
  | { readonly kind: 'int' | 'long' | 'bytes'; readonly logical: LogicalType | null }
  | { readonly kind: 'fixed'; readonly sizeBytes: number; readonly logical: LogicalType | null }
  | AvroEnum
  | { readonly kind: 'array'; readonly items: AvroType }
  | { readonly kind: 'map'; readonly values: AvroType }
  | { readonly kind: 'union'; readonly branches: readonly AvroType[] }
  | AvroRecord;

export interface AvroEnum {
  readonly kind: 'enum';
  readonly symbols: readonly string[];
  /** Symbol that stands for writer symbols the reader does not know. */
  readonly default: string | null;
}

export interface AvroRecord {
  readonly kind: 'record';
  readonly fields: readonly AvroField[];
}

export interface AvroField {
  readonly name: string;
  readonly aliases: readonly string[];
  readonly type: AvroType;
}

/** Unknown logical types are null: readers must then use the underlying type. */
export type LogicalType =
  | { readonly name: 'date' | 'timestamp-millis' | 'timestamp-micros' }
  | { readonly name: 'decimal'; readonly precision: number; readonly scale: number };

/** Parses a schema given as JSON value. Throws SCHEMA_INCOMPATIBLE when it is not a schema. */
export function parseAvroType(schema: unknown): AvroType {
  return parse(schema, { named: new Map(), namespace: '' });
}

/** Fewest bytes a value takes: 0 for null and for types made of it. */
export function hasBytes(type: AvroType, inside: ReadonlySet<AvroType> = new Set()): boolean {
  if (type.kind === 'null') return false;
  if (type.kind === 'fixed') return type.sizeBytes > 0;
  if (type.kind !== 'record') return true;
  if (inside.has(type)) return false;
  const deeper = new Set(inside).add(type);
  return type.fields.some((field) => hasBytes(field.type, deeper));
}

interface Scope {
  readonly named: Map<string, AvroType>;
  readonly namespace: string;
}

type SchemaObject = Readonly<Record<string, unknown>>;

const PRIMITIVES: ReadonlyMap<string, AvroType> = new Map<string, AvroType>([
  ['null', { kind: 'null' }],
  ['boolean', { kind: 'boolean' }],
  ['int', { kind: 'int', logical: null }],
  ['long', { kind: 'long', logical: null }],
  ['float', { kind: 'float' }],
  ['double', { kind: 'double' }],
  ['bytes', { kind: 'bytes', logical: null }],
  ['string', { kind: 'string' }],
]);

function parse(schema: unknown, scope: Scope): AvroType {
  if (typeof schema === 'string') return PRIMITIVES.get(schema) ?? lookUp(schema, scope);
  if (Array.isArray(schema)) return parseUnion(schema, scope);
  const object = asObject(schema);
  switch (object['type']) {
    case 'record':
    case 'error':
      return parseRecord(object, scope);
    case 'enum':
      return parseEnum(object, scope);
    case 'fixed':
      return parseFixed(object, scope);
    case 'array':
      return { kind: 'array', items: parse(object['items'], scope) };
    case 'map':
      return { kind: 'map', values: parse(object['values'], scope) };
    default:
      return parseAnnotated(object, scope);
  }
}

/** `{"type": "long", "logicalType": …}`, or a type wrapped once more. */
function parseAnnotated(object: SchemaObject, scope: Scope): AvroType {
  const type = parse(object['type'], scope);
  if (type.kind === 'int' || type.kind === 'long' || type.kind === 'bytes') {
    const logical = parseLogical(object, type.kind);
    return logical === null ? type : { kind: type.kind, logical };
  }
  return type;
}

function parseLogical(object: SchemaObject, kind: AvroType['kind']): LogicalType | null {
  const name = object['logicalType'];
  if (name === 'date') return kind === 'int' ? { name } : null;
  if (name === 'timestamp-millis' || name === 'timestamp-micros') {
    return kind === 'long' ? { name } : null;
  }
  if (name !== 'decimal' || (kind !== 'bytes' && kind !== 'fixed')) return null;
  const { precision, scale = 0 } = object;
  const valid =
    isCount(precision) && isCount(scale) && precision > 0 && precision <= 38 && scale <= precision;
  return valid ? { name, precision, scale } : null;
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0;
}

function parseUnion(branches: readonly unknown[], scope: Scope): AvroType {
  const types = branches.map((branch) => parse(branch, scope));
  if (types.length === 0 || types.some((type) => type.kind === 'union')) {
    throw invalid('a union is empty or holds a union');
  }
  return { kind: 'union', branches: types };
}

function parseRecord(object: SchemaObject, outer: Scope): AvroType {
  const fullName = fullNameOf(object, outer);
  const scope = { ...outer, namespace: fullName.split('.').slice(0, -1).join('.') };
  const fields: AvroField[] = [];
  const record: AvroRecord = { kind: 'record', fields };
  // Registered before its fields are parsed, so that a record can contain itself.
  register(scope, fullName, record);
  const declared = object['fields'];
  if (!Array.isArray(declared)) throw invalid(`record ${fullName} has no fields`);
  for (const item of declared) {
    const field = asObject(item);
    const name = field['name'];
    if (typeof name !== 'string') throw invalid(`a field of ${fullName} has no name`);
    if (fields.some((known) => known.name === name)) {
      throw invalid(`record ${fullName} has two fields ${name}`);
    }
    fields.push({ name, aliases: stringsOf(field['aliases']), type: parse(field['type'], scope) });
  }
  return record;
}

function parseEnum(object: SchemaObject, scope: Scope): AvroType {
  const symbols = stringsOf(object['symbols']);
  const fallback = object['default'];
  const fullName = fullNameOf(object, scope);
  if (symbols.length === 0) throw invalid(`enum ${fullName} has no symbols`);
  const type: AvroEnum = {
    kind: 'enum',
    symbols,
    default: typeof fallback === 'string' && symbols.includes(fallback) ? fallback : null,
  };
  register(scope, fullName, type);
  return type;
}

function parseFixed(object: SchemaObject, scope: Scope): AvroType {
  const sizeBytes = object['size'];
  if (!isCount(sizeBytes)) throw invalid('a fixed type has no size');
  const type: AvroType = { kind: 'fixed', sizeBytes, logical: parseLogical(object, 'fixed') };
  register(scope, fullNameOf(object, scope), type);
  return type;
}

function register(scope: Scope, fullName: string, type: AvroType): void {
  if (scope.named.has(fullName)) throw invalid(`two types are named ${fullName}`);
  scope.named.set(fullName, type);
}

function lookUp(name: string, scope: Scope): AvroType {
  const qualified =
    name.includes('.') || scope.namespace === '' ? name : `${scope.namespace}.${name}`;
  const type = scope.named.get(qualified) ?? scope.named.get(name);
  if (type === undefined) throw invalid(`type "${name}" is not defined`);
  return type;
}

function fullNameOf(object: SchemaObject, scope: Scope): string {
  const { name, namespace = scope.namespace } = object;
  if (typeof name !== 'string' || name === '') throw invalid('a named type has no name');
  if (name.includes('.') || typeof namespace !== 'string' || namespace === '') return name;
  return `${namespace}.${name}`;
}

function stringsOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}

function asObject(schema: unknown): SchemaObject {
  if (typeof schema !== 'object' || schema === null || Array.isArray(schema)) {
    throw invalid(`got ${schema === null ? 'null' : typeof schema}, expected a type`);
  }
  return schema as SchemaObject;
}

function invalid(problem: string): SluiceError {
  return new SluiceError('SCHEMA_INCOMPATIBLE', `avro schema: ${problem}; correct the schema`);
}
