import { SluiceError } from '../../errors.ts';
import type { IcebergType, NestedField, StructType } from '../spec/schema.ts';
import { isPrimitive } from '../spec/schema-fields.ts';

/** A change that the rules of schema evolution forbid. */
export function incompatible(path: readonly string[], rule: string): SluiceError {
  const column = path.length === 0 ? 'schema' : `column ${path.join('.')}`;
  return new SluiceError('SCHEMA_INCOMPATIBLE', `${column}: ${rule}`);
}

/** Rewrites the type at a path, and what contains it. */
export function mapTypeAt(
  type: IcebergType,
  path: readonly string[],
  edit: (type: IcebergType) => IcebergType,
): IcebergType {
  const [step, ...rest] = path;
  if (step === undefined) return edit(type);
  if (isPrimitive(type)) throw incompatible(path, 'there is no such column');
  if (type.type === 'list' && step === 'element') {
    return { ...type, element: mapTypeAt(type.element, rest, edit) };
  }
  if (type.type === 'map' && step === 'value') {
    return { ...type, value: mapTypeAt(type.value, rest, edit) };
  }
  if (type.type === 'map' && step === 'key') throw incompatible(path, 'map keys cannot change');
  return replaceField(asStruct(type, path), [step], (field) => ({
    ...field,
    type: mapTypeAt(field.type, rest, edit),
  }));
}

export function replaceField(
  struct: StructType,
  path: readonly string[],
  edit: (field: NestedField) => NestedField,
): StructType {
  const index = indexOfField(struct, path);
  return {
    ...struct,
    fields: struct.fields.map((field, at) => (at === index ? edit(field) : field)),
  };
}

export function indexOfField(struct: StructType, path: readonly string[]): number {
  const index = struct.fields.findIndex((field) => field.name === path.at(-1));
  if (index === -1) throw incompatible(path, 'there is no such column');
  return index;
}

export function asStruct(type: IcebergType, path: readonly string[]): StructType {
  if (!isPrimitive(type) && type.type === 'struct') return type;
  throw incompatible(path, 'there is no such struct');
}
