import type { Expression, Query, QueryBody, SortItem } from '../sql/ast.ts';
import { failAt, notSupported } from '../sql-failure.ts';
import { commonSuperType, zonesDiffer } from '../trino-types/coercion.ts';
import { coerce } from '../trino-types/compiled.ts';
import { sameType, type TrinoType, typeName } from '../trino-types/trino-type.ts';
import { compileSelect } from './compile-select.ts';
import type { CommonTableView, CompiledQuery, Compiler, QueryEnvironment } from './context.ts';
import { requireOrderable, sortItemSql } from './expressions/compile-window.ts';
import { createScope, type ScopeColumn } from './scope.ts';
import { topLevelContext } from './top-level-context.ts';

/** A query with everything around its body. Its SQL can stand in parentheses anywhere. */
export function compileQuery(
  compiler: Compiler,
  query: Query,
  environment: QueryEnvironment,
): CompiledQuery {
  const { definitions, inner } = compileCommonTables(compiler, query, environment);
  const withClause = definitions.length === 0 ? '' : `WITH ${definitions.join(', ')} `;
  const limits = limitSql(compiler, query);
  if (query.body.kind === 'select') {
    const select = compileSelect(compiler, query.body, {
      environment: inner,
      orderBy: query.orderBy,
    });
    return { sql: `${withClause}${select.sql}${limits}`, columns: select.columns };
  }
  const body = compileBody(compiler, query.body, inner);
  if (query.orderBy.length === 0 && limits === '') {
    return { sql: `${withClause}${body.sql}`, columns: body.columns };
  }
  const name = compiler.nextName('t');
  const order = outputOrder(compiler, query.orderBy, { body, name });
  const columns = body.columns.map((_, index) => `${name}.c${index} AS c${index}`).join(', ');
  return {
    sql: `${withClause}SELECT ${columns} FROM (${body.sql}) AS ${name}${order}${limits}`,
    columns: body.columns,
  };
}

function compileCommonTables(
  compiler: Compiler,
  query: Query,
  environment: QueryEnvironment,
): { readonly definitions: readonly string[]; readonly inner: QueryEnvironment } {
  const commonTables = new Map<string, CommonTableView>(environment.commonTables);
  const own = new Set<string>();
  const definitions = query.with.map((item) => {
    const name = item.name.name.toLowerCase();
    if (own.has(name)) {
      throw failAt(
        'DUPLICATE_NAMED_QUERY',
        item.name,
        `WITH query name '${name}' specified more than once`,
      );
    }
    own.add(name);
    const compiled = compileQuery(compiler, item.query, { outer: null, commonTables });
    const viewName = compiler.nextName('w');
    commonTables.set(name, { viewName, columns: renameColumns(compiled, item) });
    return `${viewName} AS (${compiled.sql})`;
  });
  return { definitions, inner: { outer: environment.outer, commonTables } };
}

function renameColumns(
  compiled: CompiledQuery,
  item: Query['with'][number],
): CompiledQuery['columns'] {
  if (item.columnNames.length === 0) return compiled.columns;
  if (item.columnNames.length !== compiled.columns.length) {
    throw failAt(
      'MISMATCHED_COLUMN_ALIASES',
      item.name,
      `WITH column alias list has ${item.columnNames.length} entries but WITH query(${item.name.name}) has ${compiled.columns.length} columns`,
    );
  }
  return compiled.columns.map((column, index) => ({
    ...column,
    name: item.columnNames[index]?.name ?? column.name,
  }));
}

/** Bodies that are not a lone SELECT. */
function compileBody(
  compiler: Compiler,
  body: QueryBody,
  environment: QueryEnvironment,
): CompiledQuery {
  switch (body.kind) {
    case 'select':
      return compileSelect(compiler, body, { environment, orderBy: [] });
    case 'nested':
      return compileQuery(compiler, body.query, environment);
    case 'values':
      return compileValues(compiler, body.rows, environment);
    case 'table':
      return compileSelect(
        compiler,
        {
          kind: 'select',
          distinct: false,
          items: [{ kind: 'all-columns', qualifier: [], line: body.line, column: body.column }],
          from: {
            kind: 'table',
            name: body.name,
            timeTravel: null,
            line: body.line,
            column: body.column,
          },
          where: null,
          groupBy: null,
          having: null,
          windows: [],
        },
        { environment, orderBy: [] },
      );
    case 'set-operation':
      return compileSetOperation(compiler, body, environment);
  }
}

function compileSetOperation(
  compiler: Compiler,
  body: QueryBody & { readonly kind: 'set-operation' },
  environment: QueryEnvironment,
): CompiledQuery {
  const left = compileBody(compiler, body.left, environment);
  const right = compileBody(compiler, body.right, environment);
  const word = body.operator.toUpperCase();
  if (left.columns.length !== right.columns.length) {
    throw failAt(
      'TYPE_MISMATCH',
      body,
      `${word} query has different number of fields: ${left.columns.length}, ${right.columns.length}`,
    );
  }
  const columns = left.columns.map((column, index) => {
    const other = right.columns[index]?.type ?? column.type;
    const type = commonSuperType(column.type, other);
    if (type === null) {
      throw failAt(
        'TYPE_MISMATCH',
        body,
        `column ${index + 1} in ${word} query has incompatible types: ${typeName(column.type)}, ${typeName(other)}`,
      );
    }
    if (zonesDiffer(column.type, other))
      throw notSupported(body, `${word} of different time zones`);
    return { name: column.name, type };
  });
  const types = columns.map((column) => column.type);
  const sides = [left, right].map((side) => convertColumns(compiler, side, types));
  return { sql: sides.join(` ${word}${body.all ? ' ALL' : ''} `), columns };
}

/** The query with its columns in the given types, as an operand of a set operation. */
function convertColumns(
  compiler: Compiler,
  query: CompiledQuery,
  types: readonly TrinoType[],
): string {
  const name = compiler.nextName('u');
  const columns = query.columns.map((column, index) => {
    const target = types[index] ?? column.type;
    const sql = `${name}.c${index}`;
    const converted = sameType(column.type, target)
      ? sql
      : coerce({ sql, type: column.type }, target).sql;
    return `${converted} AS c${index}`;
  });
  return `(SELECT ${columns.join(', ')} FROM (${query.sql}) AS ${name})`;
}

function compileValues(
  compiler: Compiler,
  rows: readonly Expression[],
  environment: QueryEnvironment,
): CompiledQuery {
  const scope = createScope([], environment.outer);
  const context = topLevelContext(compiler, scope, environment.commonTables);
  const compiled = rows.map((row) =>
    (row.kind === 'row' ? row.items : [row]).map((item) => compiler.expression(item, context)),
  );
  const width = compiled[0]?.length ?? 0;
  const columns = Array.from({ length: width }, (_, index) => {
    let type: TrinoType = { kind: 'unknown' };
    compiled.forEach((row, at) => {
      const value = row[index];
      const common = value === undefined ? null : commonSuperType(type, value.type);
      if (common === null || row.length !== width) {
        throw failAt(
          'TYPE_MISMATCH',
          rows[at] ?? { line: 1, column: 1 },
          'Values rows have mismatched sizes or types',
        );
      }
      type = common;
    });
    return { name: `_col${index}`, type };
  });
  const tuples = compiled.map((row) => {
    const items = row.map((value, index) => coerce(value, columns[index]?.type ?? value.type).sql);
    return `(${items.join(', ')})`;
  });
  const names = columns.map((_, index) => `c${index}`).join(', ');
  const name = compiler.nextName('v');
  return { sql: `SELECT * FROM (VALUES ${tuples.join(', ')}) AS ${name}(${names})`, columns };
}

/** ORDER BY of a set operation or VALUES: ordinals and output columns. */
function outputOrder(
  compiler: Compiler,
  items: readonly SortItem[],
  output: { readonly body: CompiledQuery; readonly name: string },
): string {
  if (items.length === 0) return '';
  const columns: ScopeColumn[] = output.body.columns.map((column, index) => ({
    name: column.name,
    qualifier: [],
    sql: `${output.name}.c${index}`,
    type: column.type,
  }));
  const context = topLevelContext(compiler, createScope(columns, null), new Map());
  const keys = items.map((item) => {
    const ordinal = ordinalOf(item.expression, columns.length);
    const key = ordinal === null ? compiler.expression(item.expression, context) : columns[ordinal];
    if (key === undefined) throw notSupported(item, 'this ORDER BY');
    return sortItemSql(requireOrderable(key, item), item);
  });
  return ` ORDER BY ${keys.join(', ')}`;
}

/** Index that `ORDER BY 2` or `GROUP BY 2` means; null for anything else. Throws when there is no such column. */
export function ordinalOf(node: Expression, count: number): number | null {
  if (node.kind !== 'number' || !/^\d+$/.test(node.text)) return null;
  const position = Number(node.text);
  if (position < 1 || position > count) {
    throw failAt(
      'INVALID_COLUMN_REFERENCE',
      node,
      `ORDER BY position ${node.text} is not in select list`,
    );
  }
  return position - 1;
}

function limitSql(compiler: Compiler, query: Query): string {
  const limit = query.limit === null ? '' : ` LIMIT ${rowCount(compiler, query.limit)}`;
  const offset = query.offset === null ? '' : ` OFFSET ${rowCount(compiler, query.offset)}`;
  return `${limit}${offset}`;
}

function rowCount(compiler: Compiler, node: Expression): string {
  const value = node.kind === 'parameter' ? compiler.session.parameters[node.index] : node;
  if (value?.kind !== 'number' || !/^\d{1,18}$/.test(value.text)) {
    throw failAt('TYPE_MISMATCH', node, 'LIMIT and OFFSET take a whole number');
  }
  return value.text;
}
