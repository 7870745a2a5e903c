import type { Identifier, Position } from '../sql/ast.ts';
import { failAt } from '../sql-failure.ts';
import type { TrinoType } from '../trino-types/trino-type.ts';

/** A column that names can refer to. */
export interface ScopeColumn {
  /** As it appears in results. */
  readonly name: string;
  /** Catalog, database and table, or the alias; lower case, outermost first. Empty for a column without a table. */
  readonly qualifier: readonly string[];
  /** Qualified with an alias of our own: unique in the statement. */
  readonly sql: string;
  readonly type: TrinoType;
  /** Left out of `*`, as `"$path"` is. */
  readonly hidden?: boolean;
  /** Called for every reference, so that only the columns in use are read. */
  readonly onUse?: () => void;
}

/** The columns of a FROM clause, and of the queries around it. */
export interface Scope {
  readonly columns: readonly ScopeColumn[];
  /** The enclosing query's scope: a reference to it makes a subquery correlated. */
  readonly outer: Scope | null;
  /** References outside aggregates, for the check that they are grouped by. */
  readonly uses: (Position & { readonly name: string })[];
}

export function createScope(columns: readonly ScopeColumn[], outer: Scope | null): Scope {
  return { columns, outer, uses: [] };
}

/** What a dotted name means: a column, and the names that are left as fields of it. */
export interface Resolved {
  readonly column: ScopeColumn;
  readonly fields: readonly Identifier[];
}

/**
 * Resolves `a.b.c`: as many parts as possible name the table, the next one the column, the others
 * fields of a row. Names match without regard to case. Throws COLUMN_NOT_FOUND or AMBIGUOUS_NAME.
 */
export function resolveColumn(scope: Scope, parts: readonly Identifier[]): Resolved {
  for (let level: Scope | null = scope; level !== null; level = level.outer) {
    const resolved = resolveIn(level, parts);
    if (resolved !== null) {
      resolved.column.onUse?.();
      const [first] = parts;
      if (first !== undefined) level.uses.push({ ...first, name: resolved.column.name });
      return resolved;
    }
  }
  const [first] = parts;
  const written = parts.map((part) => part.name).join('.');
  throw failAt(
    'COLUMN_NOT_FOUND',
    first ?? { line: 1, column: 1 },
    `Column '${written.toLowerCase()}' cannot be resolved or requester is not authorized to access requested resources`,
  );
}

/** Columns of `t.*`, of all tables for an empty qualifier. */
export function columnsOf(scope: Scope, qualifier: readonly Identifier[]): readonly ScopeColumn[] {
  const wanted = qualifier.map((part) => part.name.toLowerCase());
  return scope.columns.filter(
    (column) => column.hidden !== true && endsWith(column.qualifier, wanted),
  );
}

function resolveIn(scope: Scope, parts: readonly Identifier[]): Resolved | null {
  for (
    let qualifierLength = Math.min(3, parts.length - 1);
    qualifierLength >= 0;
    qualifierLength--
  ) {
    const matches = findColumns(scope, parts, qualifierLength);
    const [column, second] = matches;
    if (column === undefined) continue;
    if (second !== undefined) {
      const name = parts[qualifierLength] as Identifier;
      throw failAt('AMBIGUOUS_NAME', name, `Column '${name.name.toLowerCase()}' is ambiguous`);
    }
    return { column, fields: parts.slice(qualifierLength + 1) };
  }
  return null;
}

function findColumns(
  scope: Scope,
  parts: readonly Identifier[],
  qualifierLength: number,
): readonly ScopeColumn[] {
  const qualifier = parts.slice(0, qualifierLength).map((part) => part.name.toLowerCase());
  const name = parts[qualifierLength]?.name.toLowerCase();
  return scope.columns.filter(
    (column) => column.name.toLowerCase() === name && endsWith(column.qualifier, qualifier),
  );
}

function endsWith(qualifier: readonly string[], wanted: readonly string[]): boolean {
  const tail = wanted.length === 0 ? [] : qualifier.slice(-wanted.length);
  return tail.length === wanted.length && tail.every((part, index) => part === wanted[index]);
}
