import { SluiceError } from '#core/errors.ts';

/** A schema as far as resolution looks at it, with names looked up; recursive types refer to themselves. */
export type ResolvableType =
  | {
      readonly kind: 'null' | 'boolean' | 'int' | 'long' | 'float' | 'double' | 'bytes' | 'string';
    }
  | {
      readonly kind: 'record';
      readonly name: string;
      readonly aliases: readonly string[];
      readonly fields: readonly ResolvableField[];
    }
  | {
      readonly kind: 'enum';
      readonly name: string;
      readonly aliases: readonly string[];
      readonly symbols: readonly string[];
      readonly hasDefault: boolean;
    }
  | {
      readonly kind: 'fixed';
      readonly name: string;
      readonly aliases: readonly string[];
      readonly sizeBytes: number;
    }
  | { readonly kind: 'array'; readonly items: ResolvableType }
  | { readonly kind: 'map'; readonly values: ResolvableType }
  | { readonly kind: 'union'; readonly branches: readonly ResolvableType[] };

export interface ResolvableField {
  readonly name: string;
  readonly aliases: readonly string[];
  readonly hasDefault: boolean;
  readonly type: ResolvableType;
}

interface Scope {
  readonly named: Map<string, ResolvableType>;
  readonly namespace: string;
  readonly depth: number;
}

type SchemaObject = Readonly<Record<string, unknown>>;

/** Schemas of this depth are no honest ones, and would end the stack. */
const MAX_DEPTH = 200;

/** Parses a schema given as JSON value. Throws SCHEMA_INCOMPATIBLE when it is none. Source: Avro 1.12 §Schema Declaration. */
export function parseNamedTypes(schema: unknown): ResolvableType {
  return parse(schema, { named: new Map(), namespace: '', depth: 0 });
}

const PRIMITIVES: ReadonlyMap<string, ResolvableType> = new Map(
  (['null', 'boolean', 'int', 'long', 'float', 'double', 'bytes', 'string'] as const).map(
    (kind) => [kind, { kind }],
  ),
);

function parse(schema: unknown, outer: Scope): ResolvableType {
  const scope = { ...outer, depth: outer.depth + 1 };
  if (scope.depth > MAX_DEPTH) throw invalid(`it is nested deeper than ${MAX_DEPTH} levels`);
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
      return parse(object['type'], scope);
  }
}

function parseUnion(branches: readonly unknown[], scope: Scope): ResolvableType {
  const types = branches.map((branch) => parse(branch, scope));
  if (types.length === 0) throw invalid('a union is empty');
  if (types.some(({ kind }) => kind === 'union')) throw invalid('a union holds a union');
  const keys = types.map((type) => ('name' in type ? type.name : type.kind));
  const twice = keys.find((key, index) => keys.indexOf(key) < index);
  if (twice !== undefined) throw invalid(`a union holds ${twice} twice`);
  return { kind: 'union', branches: types };
}

function parseRecord(object: SchemaObject, outer: Scope): ResolvableType {
  const name = fullNameOf(object, outer);
  const scope = { ...outer, namespace: namespaceOf(name) };
  const fields: ResolvableField[] = [];
  const record: ResolvableType = {
    kind: 'record',
    name,
    aliases: namesOf(object['aliases']),
    fields,
  };
  // Registered before its fields are parsed, so that a record can contain itself.
  register(scope, name, record);
  const declared = object['fields'];
  if (!Array.isArray(declared)) throw invalid(`record ${name} has no fields`);
  for (const item of declared) fields.push(parseField(asObject(item), { name, fields, scope }));
  return record;
}

function parseField(
  field: SchemaObject,
  record: {
    readonly name: string;
    readonly fields: readonly ResolvableField[];
    readonly scope: Scope;
  },
): ResolvableField {
  const name = identifier(field['name'], `a field of ${record.name}`);
  if (record.fields.some((known) => known.name === name)) {
    throw invalid(`record ${record.name} has two fields ${name}`);
  }
  return {
    name,
    aliases: namesOf(field['aliases']),
    hasDefault: field['default'] !== undefined,
    type: parse(field['type'], record.scope),
  };
}

function parseEnum(object: SchemaObject, scope: Scope): ResolvableType {
  const name = fullNameOf(object, scope);
  const symbols = object['symbols'];
  if (!Array.isArray(symbols) || symbols.length === 0) throw invalid(`enum ${name} has no symbols`);
  const named = symbols.map((symbol) => identifier(symbol, `a symbol of ${name}`));
  const twice = named.find((symbol, index) => named.indexOf(symbol) < index);
  if (twice !== undefined) throw invalid(`enum ${name} has ${twice} twice`);
  const fallback = object['default'];
  if (fallback !== undefined && !named.includes(String(fallback))) {
    throw invalid(`the default of enum ${name} is none of its symbols`);
  }
  const type: ResolvableType = {
    kind: 'enum',
    name,
    aliases: namesOf(object['aliases']),
    symbols: named,
    hasDefault: fallback !== undefined,
  };
  register(scope, name, type);
  return type;
}

function parseFixed(object: SchemaObject, scope: Scope): ResolvableType {
  const name = fullNameOf(object, scope);
  const { size } = object;
  if (typeof size !== 'number' || !Number.isInteger(size) || size < 0) {
    throw invalid(`fixed ${name} has no size`);
  }
  const type: ResolvableType = {
    kind: 'fixed',
    name,
    aliases: namesOf(object['aliases']),
    sizeBytes: size,
  };
  register(scope, name, type);
  return type;
}

function register(scope: Scope, name: string, type: ResolvableType): void {
  if (scope.named.has(name)) throw invalid(`two types are named ${name}`);
  scope.named.set(name, type);
}

function lookUp(name: string, { named, namespace }: Scope): ResolvableType {
  const type = named.get(qualify(name, namespace)) ?? named.get(name);
  if (type === undefined) throw invalid(`type "${name}" is not defined`);
  return type;
}

/** Source: Avro 1.12 §Names. */
const IDENTIFIER = /^[A-Za-z_][A-Za-z0-9_]*$/;

function identifier(value: unknown, what: string): string {
  if (typeof value === 'string' && IDENTIFIER.test(value)) return value;
  throw invalid(`${what} is named ${JSON.stringify(value) ?? 'nothing'}`);
}

function fullNameOf(object: SchemaObject, scope: Scope): string {
  const { name, namespace = scope.namespace } = object;
  const text = typeof name === 'string' ? name : '';
  if (text === '' || !text.split('.').every((part) => IDENTIFIER.test(part))) {
    throw invalid(`a type is named ${JSON.stringify(name) ?? 'nothing'}`);
  }
  return qualify(text, typeof namespace === 'string' ? namespace : '');
}

function qualify(name: string, namespace: string): string {
  return name.includes('.') || namespace === '' ? name : `${namespace}.${name}`;
}

function namespaceOf(fullName: string): string {
  return fullName.split('.').slice(0, -1).join('.');
}

function namesOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}

function asObject(schema: unknown): SchemaObject {
  if (typeof schema !== 'object' || schema === null || Array.isArray(schema)) {
    throw invalid(`got ${schema === null ? 'null' : typeof schema} where a schema belongs`);
  }
  return schema as SchemaObject;
}

function invalid(problem: string): SluiceError {
  return new SluiceError(
    'SCHEMA_INCOMPATIBLE',
    `avro schema: ${problem}; expected a schema of Avro 1.12`,
  );
}
