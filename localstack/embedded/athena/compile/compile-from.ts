import type { Identifier, Relation } from '../sql/ast.ts';
import { failAt, notSupported } from '../sql-failure.ts';
import { commonSuperType, zonesDiffer } from '../trino-types/coercion.ts';
import { coerce } from '../trino-types/compiled.ts';
import { typeName } from '../trino-types/trino-type.ts';
import { compileUnnest } from './compile-unnest.ts';
import type { Compiler, QueryEnvironment } from './context.ts';
import { compileCondition } from './expressions/compile-expression.ts';
import type { ScannedTable } from './scan-conditions.ts';
import { createScope, type ScopeColumn } from './scope.ts';
import { topLevelContext } from './top-level-context.ts';

/** A FROM clause or a part of one. */
export interface CompiledRelation {
  readonly sql: string;
  readonly columns: readonly ScopeColumn[];
  readonly tables: readonly ScannedTable[];
}

/** The FROM clause, with its keyword; empty for none. */
export function compileFrom(
  compiler: Compiler,
  relation: Relation | null,
  environment: QueryEnvironment,
): CompiledRelation {
  if (relation === null) return { sql: '', columns: [], tables: [] };
  const compiled = compileRelation(relation, { compiler, environment, left: [] });
  return { ...compiled, sql: `FROM ${compiled.sql}` };
}

interface RelationContext {
  readonly compiler: Compiler;
  readonly environment: QueryEnvironment;
  /** Columns to the left, which UNNEST and LATERAL may use. */
  readonly left: readonly ScopeColumn[];
}

function compileRelation(relation: Relation, context: RelationContext): CompiledRelation {
  switch (relation.kind) {
    case 'table':
      return compileTable(relation, context);
    case 'subquery':
      return compileSubquery(relation, context);
    case 'unnest':
      return compileUnnestRelation(relation, context);
    case 'aliased':
      return compileAliased(relation, context);
    case 'join':
      return compileJoin(relation, context);
  }
}

function compileTable(
  relation: Relation & { readonly kind: 'table' },
  context: RelationContext,
): CompiledRelation {
  const { compiler, environment } = context;
  const alias = compiler.nextName('t');
  const [only] = relation.name;
  const common =
    relation.name.length === 1
      ? environment.commonTables.get(only?.name.toLowerCase() ?? '')
      : undefined;
  if (common !== undefined && relation.timeTravel === null) {
    const qualifier = [only?.name.toLowerCase() ?? ''];
    const columns = common.columns.map((column, index) => ({
      ...column,
      qualifier,
      sql: `${alias}.c${index}`,
    }));
    return { sql: `${common.viewName} AS ${alias}`, columns, tables: [] };
  }
  const table = compiler.openTable(relation.name, {
    position: relation,
    timeTravel: relation.timeTravel,
  });
  const { qualifier } = table;
  const columns = table.columns.map(({ physicalName, ...column }) => ({
    ...column,
    qualifier,
    sql: `${alias}.${physicalName}`,
  }));
  return { sql: `${table.viewName} AS ${alias}`, columns, tables: [{ qualifier, table }] };
}

function compileSubquery(
  relation: Relation & { readonly kind: 'subquery' },
  context: RelationContext,
): CompiledRelation {
  const { compiler, environment, left } = context;
  const outer = relation.lateral ? createScope(left, environment.outer) : environment.outer;
  const query = compiler.query(relation.query, { outer, commonTables: environment.commonTables });
  const alias = compiler.nextName('t');
  const columns = query.columns.map((column, index) => ({
    ...column,
    qualifier: [],
    sql: `${alias}.c${index}`,
  }));
  const lateral = relation.lateral ? 'LATERAL ' : '';
  return { sql: `${lateral}(${query.sql}) AS ${alias}`, columns, tables: [] };
}

function compileUnnestRelation(
  relation: Relation & { readonly kind: 'unnest' },
  context: RelationContext,
): CompiledRelation {
  const scope = createScope(context.left, context.environment.outer);
  const inner = topLevelContext(context.compiler, scope, context.environment.commonTables);
  return { ...compileUnnest(relation, inner), tables: [] };
}

function compileAliased(
  relation: Relation & { readonly kind: 'aliased' },
  context: RelationContext,
): CompiledRelation {
  const inner = compileRelation(relation.relation, context);
  const qualifier = [relation.alias.name.toLowerCase()];
  const { columnNames } = relation;
  // A list of names is for the columns that are seen; the hidden ones are gone behind it.
  const available =
    columnNames.length === 0
      ? inner.columns
      : inner.columns.filter(({ hidden }) => hidden !== true);
  if (columnNames.length > 0 && columnNames.length !== available.length) {
    throw failAt(
      'MISMATCHED_COLUMN_ALIASES',
      relation.alias,
      `Column alias list has ${columnNames.length} entries but '${relation.alias.name}' has ${available.length} columns available`,
    );
  }
  const columns = available.map((column, index) => ({
    ...column,
    name: columnNames[index]?.name ?? column.name,
    qualifier,
  }));
  // Renamed columns are not told to the scan: it knows them by their own names.
  const tables =
    columnNames.length > 0 ? [] : inner.tables.map(({ table }) => ({ qualifier, table }));
  return { sql: inner.sql, columns, tables };
}

function compileJoin(
  relation: Relation & { readonly kind: 'join' },
  context: RelationContext,
): CompiledRelation {
  const left = compileRelation(relation.left, context);
  const right = compileRelation(relation.right, {
    ...context,
    left: [...context.left, ...left.columns],
  });
  const tables = [...left.tables, ...right.tables];
  if (relation.type === 'cross') {
    return {
      sql: `(${left.sql} CROSS JOIN ${right.sql})`,
      columns: [...left.columns, ...right.columns],
      tables,
    };
  }
  const words = `${relation.type.toUpperCase()} JOIN`;
  if (relation.using.length > 0) return joinUsing(relation, { left, right, words });
  const columns = [...left.columns, ...right.columns];
  if (relation.on === null) throw failAt('SYNTAX_ERROR', relation, 'JOIN needs ON or USING');
  const scope = createScope([...context.left, ...columns], context.environment.outer);
  const inner = topLevelContext(context.compiler, scope, context.environment.commonTables);
  const clause = 'JOIN clause';
  const condition = compileCondition(relation.on, clause, {
    ...inner,
    noAggregates: clause,
    noWindows: clause,
  });
  return { sql: `(${left.sql} ${words} ${right.sql} ON ${condition})`, columns, tables };
}

/** The shared columns come first and once, without a table; then the others of both sides. */
function joinUsing(
  relation: Relation & { readonly kind: 'join' },
  sides: {
    readonly left: CompiledRelation;
    readonly right: CompiledRelation;
    readonly words: string;
  },
): CompiledRelation {
  const { left, right, words } = sides;
  const pairs = relation.using.map((name) => {
    const a = oneColumn(left.columns, name);
    const b = oneColumn(right.columns, name);
    const type = commonSuperType(a.type, b.type);
    if (type === null || zonesDiffer(a.type, b.type)) {
      throw failAt(
        'TYPE_MISMATCH',
        name,
        `Column type mismatch in USING: ${typeName(a.type)}, ${typeName(b.type)}`,
      );
    }
    a.onUse?.();
    b.onUse?.();
    return {
      name: a.name,
      a,
      b,
      type,
      leftSql: coerce(a, type).sql,
      rightSql: coerce(b, type).sql,
    };
  });
  const shared = pairs.map(({ name, type, leftSql, rightSql }): ScopeColumn => {
    const merged = {
      inner: leftSql,
      left: leftSql,
      right: rightSql,
      full: `coalesce(${leftSql}, ${rightSql})`,
    };
    const kind = relation.type === 'cross' ? 'inner' : relation.type;
    return { name, qualifier: [], sql: merged[kind], type };
  });
  const isOwn = (column: ScopeColumn): boolean =>
    !pairs.some(({ a, b }) => a === column || b === column);
  const columns = [...shared, ...left.columns.filter(isOwn), ...right.columns.filter(isOwn)];
  const condition = pairs.map(({ leftSql, rightSql }) => `${leftSql} = ${rightSql}`).join(' AND ');
  return { sql: `(${left.sql} ${words} ${right.sql} ON ${condition})`, columns, tables: [] };
}

function oneColumn(columns: readonly ScopeColumn[], name: Identifier): ScopeColumn {
  const matches = columns.filter((column) => column.name.toLowerCase() === name.name.toLowerCase());
  const [column, second] = matches;
  if (column === undefined) {
    throw failAt(
      'COLUMN_NOT_FOUND',
      name,
      `Column '${name.name}' is missing from one side of join`,
    );
  }
  if (second !== undefined)
    throw failAt('AMBIGUOUS_NAME', name, `Column '${name.name}' is ambiguous`);
  if (column.type.kind === 'real' || column.type.kind === 'double') {
    throw notSupported(name, 'USING with floating numbers');
  }
  return column;
}
