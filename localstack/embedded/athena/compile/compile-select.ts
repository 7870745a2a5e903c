import type { Expression, Select, SelectItem, SortItem, Window } from '../sql/ast.ts';
import { failAt } from '../sql-failure.ts';
import { type Compiled, coerce } from '../trino-types/compiled.ts';
import { typeName } from '../trino-types/trino-type.ts';
import { compileFrom } from './compile-from.ts';
import { compileGroupBy, holdsAggregate } from './compile-group-by.ts';
import type { CompiledQuery, Compiler, ExpressionContext, QueryEnvironment } from './context.ts';
import { compileCondition } from './expressions/compile-expression.ts';
import { requireOrderable, sortItemSql } from './expressions/compile-window.ts';
import { collectScanConditions } from './scan-conditions.ts';
import { columnsOf, createScope } from './scope.ts';
import { topLevelContext } from './top-level-context.ts';

interface OutputColumn extends Compiled {
  readonly name: string;
}

/** One SELECT with the ORDER BY that belongs to it. */
export function compileSelect(
  compiler: Compiler,
  select: Select,
  options: { readonly environment: QueryEnvironment; readonly orderBy: readonly SortItem[] },
): CompiledQuery {
  const { environment, orderBy } = options;
  const from = compileFrom(compiler, select.from, environment);
  const scope = createScope(from.columns, environment.outer);
  const plain = topLevelContext(compiler, scope, environment.commonTables);
  const where = compileWhere(select.where, plain);
  collectScanConditions(select.where, from);
  const grouped = select.groupBy !== null || holdsAggregate(select, orderBy);
  const groupBy = compileGroupBy(select, plain);
  scope.uses.length = 0;
  const context: ExpressionContext = {
    ...plain,
    noAggregates: null,
    noWindows: null,
    groupKeys: grouped ? groupBy.keys : null,
    namedWindows: namedWindows(select.windows),
  };
  const output = select.items.flatMap((item) => compileItem(item, context));
  if (output.length === 0)
    throw failAt('SYNTAX_ERROR', select.items[0] ?? { line: 1, column: 1 }, 'SELECT list is empty');
  const having = compileHaving(select.having, { ...context, noWindows: 'HAVING clause' });
  const order = compileOrderBy(orderBy, { output, context, distinct: select.distinct });
  const clauses = [from.sql, where, groupBy.sql, having, order].filter((clause) => clause !== '');
  const columns = output.map((column, index) => `${column.sql} AS c${index}`).join(', ');
  const sql =
    `SELECT ${select.distinct ? 'DISTINCT ' : ''}${columns} ${clauses.join(' ')}`.trimEnd();
  return { sql, columns: output.map(({ name, type }) => ({ name, type })) };
}

function compileWhere(where: Expression | null, context: ExpressionContext): string {
  if (where === null) return '';
  const clause = 'WHERE clause';
  return `WHERE ${compileCondition(where, clause, { ...context, noAggregates: clause, noWindows: clause })}`;
}

function namedWindows(windows: Select['windows']): ReadonlyMap<string, Window> {
  return new Map(windows.map(({ name, window }) => [name.name.toLowerCase(), window]));
}

function compileItem(item: SelectItem, context: ExpressionContext): readonly OutputColumn[] {
  if (item.kind === 'all-columns') return compileStar(item, context);
  const compiled = compileChecked(item.expression, context);
  const name = item.alias?.name ?? implicitName(item.expression);
  return [{ ...compiled, name: name ?? '' }];
}

/** An expression of a grouping query may use outside aggregates only what is grouped by. */
function compileChecked(node: Expression, context: ExpressionContext): Compiled {
  const { uses } = context.scope;
  uses.length = 0;
  const compiled = context.compiler.expression(node, context);
  const [use] = uses;
  if (context.groupKeys !== null && use !== undefined) {
    throw failAt(
      'EXPRESSION_NOT_AGGREGATE',
      use,
      `'${use.name}' must be an aggregate expression or appear in GROUP BY clause`,
    );
  }
  return compiled;
}

function compileStar(
  item: SelectItem & { readonly kind: 'all-columns' },
  context: ExpressionContext,
): readonly OutputColumn[] {
  const columns = columnsOf(context.scope, item.qualifier);
  if (columns.length === 0) {
    const written = item.qualifier.map((part) => part.name).join('.');
    const message =
      written === ''
        ? 'SELECT * not allowed in queries without FROM clause'
        : `Unable to resolve reference ${written}`;
    throw failAt(written === '' ? 'COLUMN_NOT_FOUND' : 'TABLE_NOT_FOUND', item, message);
  }
  return columns.map((column) => {
    column.onUse?.();
    if (context.groupKeys !== null && !context.groupKeys.has(column.sql)) {
      throw failAt(
        'EXPRESSION_NOT_AGGREGATE',
        item,
        `Column '${column.name}' not in GROUP BY clause`,
      );
    }
    return { name: column.name, sql: column.sql, type: column.type };
  });
}

/** Name of a column that has no alias; null where Trino numbers it. */
function implicitName(node: Expression): string | null {
  if (node.kind === 'column') return node.identifier.name;
  return node.kind === 'field' ? node.field.name : null;
}

function compileHaving(having: Expression | null, context: ExpressionContext): string {
  if (having === null) return '';
  const compiled = compileChecked(having, context);
  if (compiled.type.kind !== 'boolean' && compiled.type.kind !== 'unknown') {
    throw failAt(
      'TYPE_MISMATCH',
      having,
      `HAVING clause must evaluate to a boolean: actual type ${typeName(compiled.type)}`,
    );
  }
  return `HAVING ${coerce(compiled, { kind: 'boolean' }).sql}`;
}

/** Names in ORDER BY mean output columns first, then columns of the tables. */
function compileOrderBy(
  items: readonly SortItem[],
  select: {
    readonly output: readonly OutputColumn[];
    readonly context: ExpressionContext;
    readonly distinct: boolean;
  },
): string {
  if (items.length === 0) return '';
  const { output, context, distinct } = select;
  const keys = items.map((item) => {
    const column = findOutput(item.expression, output);
    const key = column ?? compileChecked(item.expression, context);
    const index = output.findIndex((candidate) => candidate.sql === key.sql);
    requireOrderable(key, item);
    if (distinct && index < 0) {
      throw failAt(
        'EXPRESSION_NOT_IN_DISTINCT',
        item,
        'For SELECT DISTINCT, ORDER BY expressions must appear in select list',
      );
    }
    return sortItemSql(index < 0 ? key.sql : String(index + 1), item);
  });
  return `ORDER BY ${keys.join(', ')}`;
}

function findOutput(node: Expression, output: readonly OutputColumn[]): OutputColumn | null {
  if (node.kind === 'number' && /^\d+$/.test(node.text)) {
    const column = output[Number(node.text) - 1];
    if (column !== undefined) return column;
    throw failAt(
      'INVALID_COLUMN_REFERENCE',
      node,
      `ORDER BY position ${node.text} is not in select list`,
    );
  }
  if (node.kind !== 'column') return null;
  const name = node.identifier.name.toLowerCase();
  const matches = output.filter((column) => column.name.toLowerCase() === name);
  const [first] = matches;
  if (first !== undefined && matches.some((column) => column.sql !== first.sql)) {
    throw failAt('AMBIGUOUS_NAME', node, `Column '${name}' is ambiguous`);
  }
  return first ?? null;
}
