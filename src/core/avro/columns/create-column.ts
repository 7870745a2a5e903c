import { type Field, type FieldType, storedName } from '#core/schema/field.ts';
import { BytesColumn } from './bytes-column.ts';
import type { Column } from './column.ts';
import { ColumnSpace } from './column-space.ts';
import { EnumColumn } from './enum-column.ts';
import { Decimal128Column, FixedColumn, Int64Column } from './fixed-column.ts';
import { ListColumn, MapColumn, StructColumn } from './nested-columns.ts';
import { StringColumn } from './string-column.ts';

/** Most digits of a decimal that 64 bits hold. */
export const MAX_INT64_PRECISION = 18;

/** The column of a type; those that share its slots are added to `space`, itself included. */
export function createColumn(type: FieldType, space: Column[]): Column {
  const column = newColumn(type, space);
  space.push(column);
  return column;
}

function newColumn(type: FieldType, space: Column[]): Column {
  switch (type.kind) {
    case 'string':
      return new StringColumn();
    case 'bytes':
      return new BytesColumn();
    case 'enum':
      return new EnumColumn(type.symbols);
    case 'list': {
      const items: Column[] = [];
      const element = createColumn(type.element, items);
      return new ListColumn(new ColumnSpace(items), element);
    }
    case 'map': {
      const keys = new StringColumn();
      const entries: Column[] = [keys];
      const values = createColumn(type.value, entries);
      return new MapColumn(new ColumnSpace(entries), keys, values);
    }
    case 'record':
      return createStruct(type.fields, space);
    default:
      return createFixed(fixedKindOf(type));
  }
}

/**
 * How the columns of fields are laid out, as text: what a decoder and its target must have in common. The order of
 * fields, their declarations and the symbols of enums may differ.
 */
export function layoutOf(fields: readonly Field[]): string {
  const layouts = fields.map((field) => [storedName(field), layoutOfType(field.type)]);
  return JSON.stringify(layouts.sort(([left = ''], [right = '']) => (left < right ? -1 : 1)));
}

function layoutOfType(type: FieldType): string {
  switch (type.kind) {
    case 'list':
      return `list ${layoutOfType(type.element)}`;
    case 'map':
      return `map ${layoutOfType(type.value)}`;
    case 'record':
      return `record ${layoutOf(type.fields)}`;
    case 'string':
    case 'bytes':
    case 'enum':
      return type.kind;
    default:
      return fixedKindOf(type);
  }
}

function createStruct(fields: readonly Field[], space: Column[]): StructColumn {
  return new StructColumn(
    fields.map(storedName),
    fields.map((field) => createColumn(field.type, space)),
  );
}

type FixedType = Exclude<
  FieldType,
  { kind: 'string' | 'bytes' | 'enum' | 'list' | 'map' | 'record' }
>;

type FixedColumnKind = 'boolean' | 'int32' | 'int64' | 'float32' | 'float64' | 'decimal128';

function fixedKindOf(type: FixedType): FixedColumnKind {
  switch (type.kind) {
    case 'boolean':
      return 'boolean';
    case 'int':
    case 'date':
      return 'int32';
    case 'float':
      return 'float32';
    case 'double':
      return 'float64';
    case 'decimal':
      return type.precision > MAX_INT64_PRECISION ? 'decimal128' : 'int64';
    case 'long':
    case 'money':
    case 'timestamp_millis':
    case 'timestamp_micros':
      return 'int64';
  }
}

function createFixed(kind: FixedColumnKind): Column {
  if (kind === 'int64') return new Int64Column();
  return kind === 'decimal128' ? new Decimal128Column() : new FixedColumn(kind);
}
