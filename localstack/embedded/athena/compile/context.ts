import type { Expression, Position, Query, TimeTravel, Window } from '../sql/ast.ts';
import type { Compiled } from '../trino-types/compiled.ts';
import type { TrinoType } from '../trino-types/trino-type.ts';
import type { Scope } from './scope.ts';

/** What a statement sees beside its text. */
export interface Session {
  /** Lower case. */
  readonly database: string;
  /** Start of the query, milliseconds since the epoch: every `now()` of it is this time. */
  readonly nowMs: number;
  /** Values for `?`, in order. */
  readonly parameters: readonly Expression[];
}

/** A table or view of `information_schema`, opened for one reference in the statement. */
export interface OpenedTable {
  /** Name of the DuckDB view that will hold the rows. */
  readonly viewName: string;
  /** Catalog, database, table. */
  readonly qualifier: readonly string[];
  readonly columns: readonly {
    readonly name: string;
    readonly physicalName: string;
    readonly type: TrinoType;
    /** Can be named, and is not among `*`. */
    readonly hidden?: boolean;
    readonly onUse?: () => void;
  }[];
  /** Takes the conditions that every row in the result satisfies: columns by physical name. */
  readonly onFilter?: (condition: ScanCondition) => void;
}

/** A condition `column operator constant` of a WHERE clause: rows that fail it are not in the result. */
export interface ScanCondition {
  readonly physicalName: string;
  readonly operator: '=' | '<' | '<=' | '>' | '>=';
  readonly constant: Expression;
}

/** Finds the table of a reference. Throws TABLE_NOT_FOUND and the like at the position. */
export type OpenTable = (
  name: readonly { readonly name: string }[],
  options: { readonly position: Position; readonly timeTravel: TimeTravel | null },
) => OpenedTable;

/** A compiled query: its SQL names the output columns `c0`, `c1` … */
export interface CompiledQuery {
  readonly sql: string;
  readonly columns: readonly { readonly name: string; readonly type: TrinoType }[];
}

/** What one statement shares; also the doors between modules that call each other. */
export interface Compiler {
  readonly session: Session;
  readonly openTable: OpenTable;
  /** A name no other part of the statement has. */
  nextName(prefix: string): string;
  expression(node: Expression, context: ExpressionContext): Compiled;
  query(query: Query, environment: QueryEnvironment): CompiledQuery;
}

/** What a query sees from outside. */
export interface QueryEnvironment {
  /** Columns of the enclosing query; null at the top. */
  readonly outer: Scope | null;
  readonly commonTables: ReadonlyMap<string, CommonTableView>;
}

export interface CommonTableView {
  readonly viewName: string;
  readonly columns: CompiledQuery['columns'];
}

/** Where an expression stands. */
export interface ExpressionContext {
  readonly compiler: Compiler;
  readonly scope: Scope;
  readonly commonTables: ReadonlyMap<string, CommonTableView>;
  /** Null where aggregates may stand; otherwise the clause that forbids them, `WHERE clause`. */
  readonly noAggregates: string | null;
  readonly noWindows: string | null;
  /** SQL of the grouping expressions; null when the query does not group. */
  readonly groupKeys: ReadonlySet<string> | null;
  readonly namedWindows: ReadonlyMap<string, Window>;
}
