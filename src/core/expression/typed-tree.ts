import type { Value } from '../schema/field.ts';
import type { ArithmeticOperator, ExpressionType } from './expression-type.ts';
import type { TypedExtension } from './extension/function-table.ts';
import type { LinearPattern } from './regex/linear-pattern.ts';
import type { ComparisonOperator } from './syntax/syntax-tree.ts';

/** Functions by name; operators and special forms have nodes of their own. */
export type FunctionName =
  | 'upper'
  | 'lower'
  | 'trim'
  | 'length'
  | 'substr'
  | 'concat'
  | 'replace'
  | 'abs'
  | 'round'
  | 'floor'
  | 'ceil'
  | 'date_trunc'
  | 'year'
  | 'month'
  | 'day'
  | 'hour'
  | 'least'
  | 'greatest';

interface Typed {
  readonly type: ExpressionType;
  /** 1-based column in the expression text. */
  readonly column: number;
}

/**
 * A checked expression, the one input of every back end. Conversions are explicit: both sides of a comparison, all
 * items of a list and all results of a case have one type; operands of arithmetic are long, float, double, or
 * decimals of their own precision.
 */
export type TypedNode =
  | (Typed & { readonly kind: 'literal'; readonly value: Value })
  /** Stored names from the row inwards. */
  | (Typed & { readonly kind: 'field'; readonly path: readonly string[] })
  | (Typed & { readonly kind: 'negate' | 'not' | 'isNull' | 'cast'; readonly operand: TypedNode })
  | (Typed & {
      readonly kind: 'arithmetic';
      readonly operator: ArithmeticOperator;
      readonly left: TypedNode;
      readonly right: TypedNode;
    })
  | (Typed & {
      readonly kind: 'comparison';
      readonly operator: ComparisonOperator;
      readonly left: TypedNode;
      readonly right: TypedNode;
    })
  | (Typed & { readonly kind: 'and' | 'or'; readonly operands: readonly TypedNode[] })
  | (Typed & {
      readonly kind: 'in';
      readonly value: TypedNode;
      readonly list: readonly TypedNode[];
    })
  | (Typed & {
      readonly kind: 'matches';
      readonly value: TypedNode;
      readonly pattern: LinearPattern;
    })
  | (Typed & {
      readonly kind: 'case';
      readonly branches: readonly { readonly when: TypedNode; readonly result: TypedNode }[];
      readonly otherwise: TypedNode;
    })
  | (Typed & { readonly kind: 'coalesce'; readonly operands: readonly TypedNode[] })
  | (Typed & {
      readonly kind: 'call';
      readonly name: FunctionName;
      readonly args: readonly TypedNode[];
    })
  | (Typed & {
      readonly kind: 'extension';
      readonly extension: TypedExtension;
      readonly args: readonly TypedNode[];
    });
