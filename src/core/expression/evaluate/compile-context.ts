import type { Row, Value } from '../../schema/field.ts';
import type { TypedNode } from '../typed-tree.ts';

/** The value of a compiled expression for one row. Throws EXPRESSION_FAILED. */
export type Evaluate = (row: Row) => Value;

/** What compiling a node needs besides the node. */
export interface CompileContext {
  /** Compiles a part of the same expression. */
  compile(node: TypedNode): Evaluate;
  /** EXPRESSION_FAILED that names the expression and the column, never a value. */
  fail(node: TypedNode, problem: string): Error;
}
