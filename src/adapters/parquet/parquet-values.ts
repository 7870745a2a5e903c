import type { SchemaElement } from 'hyparquet';
import { SluiceError } from '#core/errors.ts';
import type { IcebergType, NestedField } from '#core/iceberg/spec/schema.ts';
import { decimalParameters, isPrimitive } from '#core/iceberg/spec/schema-fields.ts';
import type { Row, Value } from '#core/schema/field.ts';
import { unscaledOf } from './hyparquet-codecs.ts';

/** A field of a Parquet schema with those below it. */
export interface ParquetNode {
  readonly element: SchemaElement;
  readonly children: readonly ParquetNode[];
}

type Converter = (raw: unknown) => Value;

/** The schema is a tree in depth-first order, the root first. Source: parquet.thrift, `FileMetaData.schema`. */
export function parquetNodes(schema: readonly SchemaElement[]): readonly ParquetNode[] {
  let next = 0;
  const take = (): ParquetNode => {
    const element = schema[next++];
    if (element === undefined) {
      throw new SluiceError('FORMAT_CORRUPT', 'parquet schema: expected more elements');
    }
    const children = Array.from({ length: element.num_children ?? 0 }, take);
    return { element, children };
  };
  return schema.length === 0 ? [] : take().children;
}

/** From what hyparquet gives for a column (maps and decimals without annotation) to values of an Iceberg type. */
export function columnConverter(type: IcebergType, node: ParquetNode): Converter {
  const convert = valueConverter(type, node);
  return (raw) => (raw === null || raw === undefined ? null : convert(raw));
}

function valueConverter(type: IcebergType, node: ParquetNode): Converter {
  if (isPrimitive(type)) {
    if (node.children.length > 0) throw unexpected(node, type);
    return primitiveConverter(type);
  }
  if (type.type === 'struct') return structConverter(type.fields, node);
  const repeated = node.children[0];
  if (repeated === undefined) throw unexpected(node, type.type);
  if (type.type === 'list') {
    // Files of old writers leave out the group around an element.
    const element = repeated.children.length === 1 ? repeated.children[0] : repeated;
    const convert = columnConverter(type.element, element ?? repeated);
    return (raw) => arrayOf(raw, node).map(convert);
  }
  const [key, value] = repeated.children;
  if (key === undefined || value === undefined) throw unexpected(node, 'map');
  const convertKey = columnConverter(type.key, key);
  const convertValue = columnConverter(type.value, value);
  return (raw) => {
    const pairs = arrayOf(memberOf(raw, repeated.element.name) ?? [], node);
    return new Map(
      pairs.map((pair) => [
        String(convertKey(memberOf(pair, key.element.name))),
        convertValue(memberOf(pair, value.element.name)),
      ]),
    );
  };
}

function structConverter(fields: readonly NestedField[], node: ParquetNode): Converter {
  const byId = new Map(node.children.map((child) => [child.element.field_id ?? -1, child]));
  const members = fields.map((field) => {
    const child = byId.get(field.id);
    return {
      name: field.name,
      stored: child?.element.name ?? null,
      convert: child === undefined ? null : columnConverter(field.type, child),
    };
  });
  return (raw): Row =>
    Object.fromEntries(
      members.map(({ name, stored, convert }) => [
        name,
        stored === null || convert === null ? null : convert(memberOf(raw, stored)),
      ]),
    );
}

/** Narrower stored values are widened as the table's schema was. Source: Iceberg v2 §Schema Evolution. */
function primitiveConverter(type: string & IcebergType): Converter {
  if (decimalParameters(type) !== null) return unscaledOf;
  switch (type) {
    case 'long':
    case 'timestamp':
      return (raw) => (typeof raw === 'number' ? BigInt(raw) : (raw as bigint));
    case 'int':
    case 'date':
      return (raw) => (typeof raw === 'bigint' ? Number(raw) : (raw as number));
    case 'string':
      return (raw) =>
        raw instanceof Uint8Array ? Buffer.from(raw).toString('utf8') : (raw as string);
    case 'binary':
      return (raw) => (raw instanceof Uint8Array ? raw.slice() : (raw as Value));
    default:
      return (raw) => raw as Value;
  }
}

function arrayOf(raw: unknown, node: ParquetNode): readonly unknown[] {
  if (Array.isArray(raw)) return raw;
  throw unexpected(node, 'a list');
}

function memberOf(raw: unknown, name: string): unknown {
  return typeof raw === 'object' && raw !== null ? (raw as Record<string, unknown>)[name] : null;
}

function unexpected(node: ParquetNode, expected: string): SluiceError {
  return new SluiceError(
    'FORMAT_CORRUPT',
    `column "${node.element.name}": expected ${expected}, got another structure`,
  );
}
