import type { Field, FieldType } from '#core/schema/field.ts';

/** The fields that every stream of a category has; a stream may have more. */
export interface Category {
  readonly name: string;
  readonly description: string;
  /** Field with the event time; null means the arrival time. */
  readonly eventTime: string | null;
  readonly fields: readonly CategoryField[];
}

export interface CategoryField {
  readonly name: string;
  /** Money without a currency (empty text) stands for any currency. */
  readonly type: FieldType;
}

/**
 * True when a stream's type may stand where the category asks for another: every value of the
 * stream's type is one of the category's, or (decimal for double) a more exact form of it.
 */
export function satisfiesType(actual: FieldType, required: FieldType): boolean {
  switch (required.kind) {
    case 'string':
      return actual.kind === 'string' || actual.kind === 'enum';
    case 'long':
      return actual.kind === 'long' || actual.kind === 'int';
    case 'double':
      return ['double', 'float', 'int', 'decimal'].includes(actual.kind);
    case 'timestamp_micros':
      return actual.kind === 'timestamp_micros' || actual.kind === 'timestamp_millis';
    case 'money':
      return actual.kind === 'money' && ['', actual.currency].includes(required.currency);
    case 'enum':
      return actual.kind === 'enum' && actual.symbols.every((s) => required.symbols.includes(s));
    case 'decimal':
      return (
        actual.kind === 'decimal' &&
        actual.scale <= required.scale &&
        actual.precision - actual.scale <= required.precision - required.scale
      );
    case 'list':
      return actual.kind === 'list' && satisfiesType(actual.element, required.element);
    case 'map':
      return actual.kind === 'map' && satisfiesType(actual.value, required.value);
    case 'record':
      return actual.kind === 'record' && satisfiesFields(actual.fields, required.fields);
    default:
      return actual.kind === required.kind;
  }
}

function satisfiesFields(actual: readonly Field[], required: readonly Field[]): boolean {
  return required.every((field) =>
    actual.some(
      (candidate) =>
        candidate.name === field.name &&
        satisfiesType(candidate.type, field.type) &&
        (field.optional || !candidate.optional),
    ),
  );
}

/** A type as the user writes it: `double`, `decimal(10,2)`, `list of string`. */
export function typeText(type: FieldType): string {
  switch (type.kind) {
    case 'decimal':
      return `decimal(${type.precision},${type.scale})`;
    case 'money':
      return type.currency === '' ? 'money' : `money (${type.currency})`;
    case 'enum':
      return `enum (${type.symbols.join(', ')})`;
    case 'list':
      return `list of ${typeText(type.element)}`;
    case 'map':
      return `map of ${typeText(type.value)}`;
    default:
      return type.kind;
  }
}
