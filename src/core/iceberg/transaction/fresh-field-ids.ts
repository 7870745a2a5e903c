import type { IcebergType } from '../spec/schema.ts';
import { isPrimitive } from '../spec/schema-fields.ts';

/** Counts field ids up from the highest one a table ever gave out; ids are never reused. */
export function freshFieldIds(lastColumnId: number): {
  readonly next: () => number;
  readonly last: () => number;
} {
  let last = lastColumnId;
  return {
    next: () => {
      last += 1;
      return last;
    },
    last: () => last,
  };
}

/** The type with every id inside it replaced: a struct's fields first, then what is inside them. */
export function withFreshIds(type: IcebergType, nextId: () => number): IcebergType {
  if (isPrimitive(type)) return type;
  if (type.type === 'list') {
    const id = nextId();
    return { ...type, 'element-id': id, element: withFreshIds(type.element, nextId) };
  }
  if (type.type === 'map') {
    const keyId = nextId();
    const valueId = nextId();
    return {
      ...type,
      'key-id': keyId,
      key: withFreshIds(type.key, nextId),
      'value-id': valueId,
      value: withFreshIds(type.value, nextId),
    };
  }
  const numbered = type.fields.map((field) => ({ ...field, id: nextId() }));
  return {
    ...type,
    fields: numbered.map((field) => ({ ...field, type: withFreshIds(field.type, nextId) })),
  };
}
