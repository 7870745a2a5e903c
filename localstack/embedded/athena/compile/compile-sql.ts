import type { Query } from '../sql/ast.ts';
import { SqlFailure } from '../sql-failure.ts';
import { compileQuery } from './compile-query.ts';
import type { CompiledQuery, Compiler, OpenTable, Session } from './context.ts';
import { compileExpression } from './expressions/compile-expression.ts';

/** Longest SQL handed to the engine: a guard that repeats its operand grows with every nesting. */
const MAX_SQL_LENGTH = 4_000_000;

/**
 * Compiles a parsed query into one SELECT of DuckDB. Throws SqlFailure for whatever Athena would
 * refuse, and for what this engine cannot do with the same result.
 */
export function compileSql(
  query: Query,
  options: { readonly session: Session; readonly openTable: OpenTable },
): CompiledQuery {
  const compiler = createCompiler(options);
  try {
    const compiled = compileQuery(compiler, query, { outer: null, commonTables: new Map() });
    if (compiled.sql.length > MAX_SQL_LENGTH) throw tooComplex();
    return { ...compiled, columns: compiled.columns.map(nameColumn) };
  } catch (error) {
    if (error instanceof RangeError) throw tooComplex();
    throw error;
  }
}

export function createCompiler(options: {
  readonly session: Session;
  readonly openTable: OpenTable;
}): Compiler {
  let names = 0;
  const compiler: Compiler = {
    ...options,
    nextName: (prefix) => `${prefix}${names++}`,
    expression: compileExpression,
    query: (query, environment) => compileQuery(compiler, query, environment),
  };
  return compiler;
}

/** Columns without a name are numbered by their place. */
function nameColumn(
  column: CompiledQuery['columns'][number],
  index: number,
): CompiledQuery['columns'][number] {
  return column.name === '' ? { ...column, name: `_col${index}` } : column;
}

function tooComplex(): SqlFailure {
  return new SqlFailure('NOT_SUPPORTED', 'the statement is too complex for the local query engine');
}
