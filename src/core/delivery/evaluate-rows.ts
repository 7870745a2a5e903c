import type { ReadValue } from '../columns/read-value.ts';
import type { RowView } from '../columns/row-view.ts';
import { TextBuilder } from '../columns/text-builder.ts';
import type { DictionaryVector, Vector } from '../columns/vector.ts';
import { createVectorBuilder } from '../columns/vector-builder.ts';
import type { Evaluate } from '../expression/evaluate/compile-context.ts';
import type { FieldType } from '../schema/field.ts';

/** An expression of a plan. */
export interface RowExpression {
  readonly evaluate: Evaluate;
  /** Stored names of the fields it may read. */
  readonly reads: readonly string[];
}

type Compute = (row: number) => void;

/** Rows that expressions are evaluated on. */
export interface EvaluatedRows {
  readonly view: RowView;
  /** Vectors by stored name. */
  readonly vectors: ReadonlyMap<string, Vector>;
}

/**
 * Evaluates an expression row by row. Expressions and the functions they call are pure (docs/expressions.md), so one
 * that reads a single field with a dictionary is evaluated once per entry. Throws what the expression throws.
 */
export function rowEvaluator(
  { evaluate, reads }: RowExpression,
  { view, vectors }: EvaluatedRows,
): ReadValue {
  const direct: ReadValue = (row) => {
    view.seek(row);
    return evaluate(view.row);
  };
  const dictionary = onlyDictionary(reads, vectors);
  return dictionary === null ? direct : oncePerEntry(dictionary, direct);
}

function onlyDictionary(
  reads: readonly string[],
  vectors: ReadonlyMap<string, Vector>,
): DictionaryVector | null {
  const [name, ...others] = reads;
  if (name === undefined || others.length > 0) return null;
  const vector = vectors.get(name);
  return vector?.kind === 'dictionary' ? vector : null;
}

/** A row whose evaluation throws is evaluated again for every row like it. */
function oncePerEntry<T>(
  { codes, validity }: DictionaryVector,
  evaluate: (row: number) => T,
): (row: number) => T {
  const known: T[] = [];
  return (row) => {
    const entry = validity !== null && validity[row] === 0 ? 0 : codes[row]! + 1;
    const value = known[entry];
    if (value !== undefined) return value;
    const evaluated = evaluate(row);
    known[entry] = evaluated;
    return evaluated;
  };
}

/** A mapped column while it is computed. */
export interface MappedColumn {
  /** Begins rows that are evaluated on another plan. */
  useExpression(expression: RowExpression): void;
  /** Computes a row. Throws what the expression throws, and SCHEMA_INCOMPATIBLE for a result that the type does not have. */
  compute(row: number): void;
  finish(): Vector;
}

/** Texts computed from the entries of a dictionary make a dictionary again. */
export function createMappedColumn(
  type: FieldType,
  rows: EvaluatedRows,
  length: number,
): MappedColumn {
  const builder = createVectorBuilder(type, length);
  const texts = new TextBuilder(Number.POSITIVE_INFINITY);
  const codes = new Int32Array(length);
  const present = new Uint8Array(length);
  const isText = type.kind === 'string' || type.kind === 'enum';
  let isDictionary: boolean | null = null;
  const compile = (expression: RowExpression): Compute => {
    const read = rowEvaluator(expression, rows);
    const dictionary = onlyDictionary(expression.reads, rows.vectors);
    isDictionary ??= isText && dictionary !== null;
    if (!isDictionary) return (row) => builder.set(row, read(row));
    const readCode = (row: number) => codeOfText(texts, read(row));
    const codeOf = dictionary === null ? readCode : oncePerEntry(dictionary, readCode);
    return (row) => {
      const code = codeOf(row);
      if (code < 0) return;
      codes[row] = code;
      present[row] = 1;
    };
  };
  const compiled = new Map<RowExpression, Compute>();
  let compute: Compute;
  return {
    useExpression: (expression) => {
      compute = compiled.get(expression) ?? compile(expression);
      compiled.set(expression, compute);
    },
    compute: (row) => compute(row),
    finish: () =>
      isDictionary === true
        ? texts.dictionaryVector(codes, present.includes(0) ? present : null)
        : builder.finish(),
  };
}

/** -1 for null. */
function codeOfText(texts: TextBuilder, value: unknown): number {
  if (value === null) return -1;
  if (typeof value === 'string' && value.isWellFormed()) return texts.addOnce(value);
  throw new TypeError(`expression gave a ${typeof value}, expected well-formed text`);
}
