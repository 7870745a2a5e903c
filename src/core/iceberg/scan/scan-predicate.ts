import type { PrimitiveType, Schema } from '../spec/schema.ts';
import { isPrimitive } from '../spec/schema-fields.ts';
import type { SingleValue } from '../spec/single-value.ts';
import { conformValue } from '../spec/value-order.ts';

export type Comparison = '=' | '!=' | '<' | '<=' | '>' | '>=';

/**
 * What a scan looks for, in SQL's sense: a comparison with null is never true. Literals are in the
 * representation of core/schema/field.ts. It only prunes files: rows are filtered by the engine.
 */
export type ScanPredicate =
  | { readonly op: 'and'; readonly operands: readonly ScanPredicate[] }
  | { readonly op: 'or'; readonly operands: readonly ScanPredicate[] }
  | { readonly op: Comparison; readonly column: string; readonly value: SingleValue }
  | { readonly op: 'in'; readonly column: string; readonly values: readonly SingleValue[] }
  | { readonly op: 'is-null'; readonly column: string }
  | { readonly op: 'is-not-null'; readonly column: string };

/** A test of one value, of a column or of a partition field. */
export interface ValueTest {
  readonly op: Comparison | 'in' | 'is-null' | 'is-not-null';
  /** One literal for a comparison, any number for `in`, none for null tests. */
  readonly values: readonly SingleValue[];
}

export interface ColumnTest extends ValueTest {
  readonly columnId: number;
  readonly type: PrimitiveType;
}

/** A predicate whose columns are field ids and whose literals have their column's type. */
export type BoundPredicate =
  | { readonly kind: 'and' | 'or'; readonly operands: readonly BoundPredicate[] }
  | { readonly kind: 'test'; readonly test: ColumnTest }
  /** Nothing is known: every file may match. */
  | { readonly kind: 'always' };

/**
 * Binds a predicate to a schema. Only top-level primitive columns prune; a column that is not there, or
 * a literal that is no value of its type, binds to `always`, so that pruning errs towards reading.
 */
export function bindPredicate(predicate: ScanPredicate, schema: Schema): BoundPredicate {
  if (predicate.op === 'and' || predicate.op === 'or') {
    const operands = predicate.operands.map((operand) => bindPredicate(operand, schema));
    // SQL has no empty conjunction; read as no restriction.
    return operands.length === 0 ? { kind: 'always' } : { kind: predicate.op, operands };
  }
  const column = columnNamed(schema, predicate.column);
  if (column === null) return { kind: 'always' };
  const values: SingleValue[] = [];
  for (const literal of literalsOf(predicate)) {
    const value = conformValue(literal, column.type);
    if (value === null) return { kind: 'always' };
    values.push(value);
  }
  return {
    kind: 'test',
    test: { op: predicate.op, values, columnId: column.id, type: column.type },
  };
}

/** Whether some row may match, when `mayPass` answers it for each test. */
export function mayMatch(
  predicate: BoundPredicate,
  mayPass: (test: ColumnTest) => boolean,
): boolean {
  switch (predicate.kind) {
    case 'always':
      return true;
    case 'test':
      return mayPass(predicate.test);
    case 'and':
      return predicate.operands.every((operand) => mayMatch(operand, mayPass));
    case 'or':
      return predicate.operands.some((operand) => mayMatch(operand, mayPass));
  }
}

function literalsOf(
  predicate: Exclude<ScanPredicate, { readonly op: 'and' | 'or' }>,
): readonly SingleValue[] {
  if ('values' in predicate) return predicate.values;
  return 'value' in predicate ? [predicate.value] : [];
}

/** By exact name, else by the only name that differs in letter case alone: engines fold case. */
function columnNamed(
  schema: Schema,
  name: string,
): { readonly id: number; readonly type: PrimitiveType } | null {
  const exact = schema.fields.filter((field) => field.name === name);
  const folded = schema.fields.filter((field) => field.name.toLowerCase() === name.toLowerCase());
  const candidates = exact.length > 0 ? exact : folded;
  const [field] = candidates;
  if (field === undefined || candidates.length > 1 || !isPrimitive(field.type)) return null;
  return { id: field.id, type: field.type };
}
