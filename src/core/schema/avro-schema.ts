import { encodeTwosComplement } from '#core/avro/decimal-bytes.ts';
import { storedAliases } from './bronze-table.ts';
import { type Field, type FieldType, storedName, type Value } from './field.ts';
import { type AvroScalar, avroScalar, isScalar } from './type-mapping.ts';

/** Avro schemas as JSON, the part of Avro that Sluice writes. Source: Avro 1.12 §Schema Declaration. */
export type AvroType =
  | AvroScalar
  | AvroRecord
  | AvroEnum
  | { readonly type: 'array'; readonly items: AvroType }
  | { readonly type: 'map'; readonly values: AvroType };

export interface AvroRecord {
  readonly type: 'record';
  readonly name: string;
  readonly namespace?: string;
  readonly doc?: string;
  readonly fields: readonly AvroField[];
}

export interface AvroEnum {
  readonly type: 'enum';
  readonly name: string;
  readonly namespace?: string;
  readonly symbols: readonly string[];
}

export interface AvroField {
  readonly name: string;
  readonly aliases?: readonly string[];
  readonly doc?: string;
  /** Optional fields are a union of null and the type. */
  readonly type: AvroType | readonly ['null', AvroType];
  readonly default?: AvroDefault;
}

export type AvroDefault = null | string | number | boolean;

/** Namespace of every schema of a domain. */
export function avroNamespace(domain: string): string {
  return `sluice.${domain}`;
}

interface NamedSchema {
  readonly domain: string;
  readonly name: string;
  readonly description: string;
  readonly fields: readonly Field[];
}

/**
 * The Avro schema of a stream. Records and enums inside get a namespace of their own path, so that
 * two fields may hold different types of the same name.
 */
export function toAvroSchema(stream: NamedSchema): AvroRecord {
  const namespace = avroNamespace(stream.domain);
  return {
    type: 'record',
    name: stream.name,
    namespace,
    ...(stream.description === '' ? {} : { doc: stream.description }),
    fields: stream.fields.map((field) => toAvroField(field, `${namespace}.${stream.name}`)),
  };
}

function toAvroField(field: Field, namespace: string): AvroField {
  const type = toAvroType(field.type, { namespace, name: field.name });
  return {
    name: storedName(field),
    ...(field.aliases.length === 0 ? {} : { aliases: storedAliases(field) }),
    ...(field.doc === undefined ? {} : { doc: field.doc }),
    type: field.optional ? ['null', type] : type,
    ...defaultOf(field),
  };
}

function defaultOf(field: Field): Pick<AvroField, 'default'> {
  if (field.optional) return { default: null };
  if (field.default === undefined) return {};
  return { default: toAvroDefault(field.type, field.default) };
}

interface TypeName {
  readonly namespace: string;
  readonly name: string;
}

function toAvroType(type: FieldType, named: TypeName): AvroType {
  if (type.kind === 'enum') return { type: 'enum', ...named, symbols: type.symbols };
  if (isScalar(type)) return avroScalar(type) ?? 'string';
  switch (type.kind) {
    case 'list':
      return { type: 'array', items: toAvroType(type.element, named) };
    case 'map':
      return { type: 'map', values: toAvroType(type.value, named) };
    case 'record':
      return {
        type: 'record',
        ...named,
        fields: type.fields.map((field) => toAvroField(field, `${named.namespace}.${named.name}`)),
      };
  }
}

/**
 * A default in JSON form: bytes are text of code points 0 to 255, and a long is a JSON number.
 * Source: Avro 1.12 §Complex Types, Records, table of field default values.
 */
function toAvroDefault(type: FieldType, value: Value): AvroDefault {
  if (typeof value === 'bigint') return longDefault(type, value);
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') {
    return value;
  }
  throw new TypeError(`expected a scalar default at type ${type.kind}, got ${typeof value}`);
}

function longDefault(type: FieldType, value: bigint): AvroDefault {
  if (type.kind === 'decimal') return String.fromCharCode(...encodeTwosComplement(value));
  // Rows hold microseconds; the wire holds the unit of the logical type.
  return Number(type.kind === 'timestamp_millis' ? value / 1_000n : value);
}
