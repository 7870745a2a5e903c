/**
 * Syntax tree of a query in Athena's dialect (Trino SQL). Only what Trino's grammar has; positions
 * are those of the node's first token, for messages.
 * Source: Trino, SQL statement syntax, SELECT.
 */
export interface Position {
  /** From 1. */
  readonly line: number;
  /** From 1. */
  readonly column: number;
}

export interface Identifier extends Position {
  /** As written, without quotes. Matching is case-insensitive, quoted or not. */
  readonly name: string;
}

export type BinaryOperator = '+' | '-' | '*' | '/' | '%' | '||';
export type ComparisonOperator = '=' | '<>' | '<' | '<=' | '>' | '>=';

export type Expression = Position &
  (
    | { readonly kind: 'null' }
    | { readonly kind: 'boolean'; readonly value: boolean }
    /** Digits as written: `1`, `1.50`, `1e3`. */
    | { readonly kind: 'number'; readonly text: string }
    | { readonly kind: 'string'; readonly value: string }
    /** Hexadecimal digits of `X'…'`. */
    | { readonly kind: 'binary'; readonly hex: string }
    /** `DATE '…'`, `TIMESTAMP '…'`, `DECIMAL '…'` and any other `type 'text'`. */
    | { readonly kind: 'typed-literal'; readonly type: string; readonly value: string }
    | {
        readonly kind: 'interval';
        readonly value: string;
        readonly negative: boolean;
        readonly unit: string;
        readonly toUnit: string | null;
      }
    | { readonly kind: 'parameter'; readonly index: number }
    | { readonly kind: 'column'; readonly identifier: Identifier }
    | { readonly kind: 'field'; readonly base: Expression; readonly field: Identifier }
    | { readonly kind: 'subscript'; readonly base: Expression; readonly index: Expression }
    | { readonly kind: 'negate'; readonly operand: Expression }
    | {
        readonly kind: 'binary-operation';
        readonly operator: BinaryOperator;
        readonly left: Expression;
        readonly right: Expression;
      }
    | {
        readonly kind: 'comparison';
        readonly operator: ComparisonOperator;
        readonly left: Expression;
        readonly right: Expression;
      }
    | {
        readonly kind: 'logical';
        readonly operator: 'and' | 'or';
        readonly terms: readonly Expression[];
      }
    | { readonly kind: 'not'; readonly operand: Expression }
    | { readonly kind: 'is-null'; readonly operand: Expression; readonly negated: boolean }
    | {
        readonly kind: 'is-distinct';
        readonly left: Expression;
        readonly right: Expression;
        readonly negated: boolean;
      }
    | {
        readonly kind: 'between';
        readonly operand: Expression;
        readonly low: Expression;
        readonly high: Expression;
        readonly negated: boolean;
      }
    | {
        readonly kind: 'in-list';
        readonly operand: Expression;
        readonly items: readonly Expression[];
        readonly negated: boolean;
      }
    | {
        readonly kind: 'in-query';
        readonly operand: Expression;
        readonly query: Query;
        readonly negated: boolean;
      }
    | {
        readonly kind: 'like';
        readonly operand: Expression;
        readonly pattern: Expression;
        readonly escapeCharacter: Expression | null;
        readonly negated: boolean;
      }
    | {
        readonly kind: 'quantified';
        readonly operator: ComparisonOperator;
        readonly quantifier: 'all' | 'any';
        readonly operand: Expression;
        readonly query: Query;
      }
    | { readonly kind: 'exists'; readonly query: Query }
    | { readonly kind: 'subquery'; readonly query: Query }
    | {
        readonly kind: 'case';
        readonly operand: Expression | null;
        readonly branches: readonly { readonly when: Expression; readonly result: Expression }[];
        readonly otherwise: Expression | null;
      }
    | {
        readonly kind: 'cast';
        readonly operand: Expression;
        readonly type: TypeName;
        /** TRY_CAST: null instead of an error. */
        readonly safe: boolean;
      }
    | { readonly kind: 'extract'; readonly field: Identifier; readonly operand: Expression }
    | { readonly kind: 'at-time-zone'; readonly operand: Expression; readonly zone: Expression }
    | { readonly kind: 'array'; readonly items: readonly Expression[] }
    /** `ROW(a, b)` or `(a, b)`. */
    | { readonly kind: 'row'; readonly items: readonly Expression[] }
    | {
        readonly kind: 'lambda';
        readonly parameters: readonly Identifier[];
        readonly body: Expression;
      }
    | FunctionCall
  );

export interface FunctionCall {
  readonly kind: 'call';
  /** As written. */
  readonly name: string;
  readonly args: readonly Expression[];
  /** `count(*)` */
  readonly star: boolean;
  readonly distinct: boolean;
  /** ORDER BY inside the parentheses, or of WITHIN GROUP. */
  readonly orderBy: readonly SortItem[];
  readonly filter: Expression | null;
  readonly nullTreatment: 'ignore' | 'respect' | null;
  readonly window: Window | string | null;
}

export interface Window {
  readonly partitionBy: readonly Expression[];
  readonly orderBy: readonly SortItem[];
  readonly frame: WindowFrame | null;
}

export interface WindowFrame extends Position {
  readonly unit: 'rows' | 'range' | 'groups';
  readonly start: FrameBound;
  readonly end: FrameBound | null;
}

export type FrameBound =
  | { readonly kind: 'unbounded-preceding' | 'unbounded-following' | 'current-row' }
  | { readonly kind: 'preceding' | 'following'; readonly offset: Expression };

export interface SortItem extends Position {
  readonly expression: Expression;
  readonly descending: boolean;
  /** Trino sorts nulls last in both directions unless told otherwise. */
  readonly nullsFirst: boolean;
}

/** A type as written: `varchar(3)`, `array(row(a bigint))`, `timestamp(3) with time zone`. */
export interface TypeName extends Position {
  /** Lower case; `timestamp with time zone` includes its suffix. */
  readonly name: string;
  readonly arguments: readonly (number | TypeName)[];
  /** Field names of a row, null where unnamed. */
  readonly fieldNames: readonly (string | null)[];
}

export interface Query extends Position {
  readonly with: readonly CommonTable[];
  readonly body: QueryBody;
  readonly orderBy: readonly SortItem[];
  readonly offset: Expression | null;
  readonly limit: Expression | null;
}

export interface CommonTable {
  readonly name: Identifier;
  readonly columnNames: readonly Identifier[];
  readonly query: Query;
}

export type QueryBody = Position &
  (
    | Select
    | {
        readonly kind: 'set-operation';
        readonly operator: 'union' | 'intersect' | 'except';
        readonly all: boolean;
        readonly left: QueryBody;
        readonly right: QueryBody;
      }
    | { readonly kind: 'values'; readonly rows: readonly Expression[] }
    | { readonly kind: 'table'; readonly name: readonly Identifier[] }
    | { readonly kind: 'nested'; readonly query: Query }
  );

export interface Select {
  readonly kind: 'select';
  readonly distinct: boolean;
  readonly items: readonly SelectItem[];
  readonly from: Relation | null;
  readonly where: Expression | null;
  readonly groupBy: GroupBy | null;
  readonly having: Expression | null;
  readonly windows: readonly { readonly name: Identifier; readonly window: Window }[];
}

export type SelectItem = Position &
  (
    | {
        readonly kind: 'expression';
        readonly expression: Expression;
        readonly alias: Identifier | null;
      }
    | { readonly kind: 'all-columns'; readonly qualifier: readonly Identifier[] }
  );

export interface GroupBy {
  readonly elements: readonly GroupingElement[];
}

export type GroupingElement = Position &
  (
    | { readonly kind: 'simple'; readonly expressions: readonly Expression[] }
    | {
        readonly kind: 'rollup' | 'cube' | 'grouping-sets';
        readonly sets: readonly (readonly Expression[])[];
      }
  );

export type Relation = Position &
  (
    | {
        readonly kind: 'table';
        readonly name: readonly Identifier[];
        readonly timeTravel: TimeTravel | null;
      }
    | { readonly kind: 'subquery'; readonly query: Query; readonly lateral: boolean }
    | {
        readonly kind: 'unnest';
        readonly items: readonly Expression[];
        readonly withOrdinality: boolean;
      }
    | {
        readonly kind: 'join';
        readonly type: 'cross' | 'inner' | 'left' | 'right' | 'full';
        readonly left: Relation;
        readonly right: Relation;
        readonly on: Expression | null;
        readonly using: readonly Identifier[];
      }
    | {
        readonly kind: 'aliased';
        readonly relation: Relation;
        readonly alias: Identifier;
        readonly columnNames: readonly Identifier[];
      }
  );

/** `FOR TIMESTAMP AS OF …`, `FOR VERSION AS OF …`; the position is that of FOR. */
export interface TimeTravel extends Position {
  readonly kind: 'timestamp' | 'version';
  readonly value: Expression;
}
