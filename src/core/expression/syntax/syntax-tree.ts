import type { Value } from '../../schema/field.ts';
import type { ArithmeticOperator, ExpressionType } from '../expression-type.ts';

export type ComparisonOperator = '=' | '<>' | '<' | '<=' | '>' | '>=';

interface Placed {
  /** 1-based column of the node in the expression text. */
  readonly column: number;
}

/** What the parser found; names and types are not resolved yet. */
export type SyntaxNode =
  | (Placed & { readonly kind: 'literal'; readonly value: Value; readonly type: ExpressionType })
  | (Placed & { readonly kind: 'field'; readonly name: string })
  | (Placed & { readonly kind: 'member'; readonly operand: SyntaxNode; readonly name: string })
  | (Placed & { readonly kind: 'negate' | 'not' | 'isNull'; readonly operand: SyntaxNode })
  | (Placed & {
      readonly kind: 'arithmetic';
      readonly operator: ArithmeticOperator;
      readonly left: SyntaxNode;
      readonly right: SyntaxNode;
    })
  | (Placed & {
      readonly kind: 'comparison';
      readonly operator: ComparisonOperator;
      readonly left: SyntaxNode;
      readonly right: SyntaxNode;
    })
  | (Placed & { readonly kind: 'and' | 'or'; readonly operands: readonly SyntaxNode[] })
  | (Placed & {
      readonly kind: 'in';
      readonly value: SyntaxNode;
      readonly list: readonly SyntaxNode[];
    })
  | (Placed & {
      readonly kind: 'between';
      readonly value: SyntaxNode;
      readonly low: SyntaxNode;
      readonly high: SyntaxNode;
    })
  | (Placed & {
      readonly kind: 'matches';
      readonly value: SyntaxNode;
      readonly pattern: SyntaxNode;
    })
  | (Placed & {
      readonly kind: 'case';
      /** The value compared in `case x when …`; null when the branches are conditions. */
      readonly subject: SyntaxNode | null;
      readonly branches: readonly { readonly when: SyntaxNode; readonly result: SyntaxNode }[];
      readonly otherwise: SyntaxNode | null;
    })
  | (Placed & {
      readonly kind: 'cast';
      readonly operand: SyntaxNode;
      readonly target: ExpressionType;
    })
  | (Placed & {
      readonly kind: 'call';
      readonly name: string;
      readonly args: readonly SyntaxNode[];
    });
