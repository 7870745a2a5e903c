import type { Relation } from '../sql/ast.ts';
import { failAt } from '../sql-failure.ts';
import type { Compiled } from '../trino-types/compiled.ts';
import { BIGINT, quoteIdentifier, type TrinoType, typeName } from '../trino-types/trino-type.ts';
import type { ExpressionContext } from './context.ts';
import type { ScopeColumn } from './scope.ts';

interface UnnestedColumn {
  readonly name: string;
  /** Expression over the row of unnested values. */
  readonly sql: string;
  readonly type: TrinoType;
}

/**
 * `UNNEST(a, m) WITH ORDINALITY`: one row per position, the shorter arrays filled with nulls. A map
 * gives two columns, an array of rows one per field. Source: Trino documentation, UNNEST.
 */
export function compileUnnest(
  relation: Relation & { readonly kind: 'unnest' },
  context: ExpressionContext,
): { readonly sql: string; readonly columns: readonly ScopeColumn[] } {
  const { compiler } = context;
  const alias = compiler.nextName('t');
  const inner = compiler.nextName('n');
  const sources = relation.items.map((item) => ({
    item,
    value: compiler.expression(item, context),
  }));
  const lists: string[] = [];
  const columns: UnnestedColumn[] = [];
  for (const { item, value } of sources) {
    const addList = (sql: string): string => {
      lists.push(sql);
      return `${inner}.l${lists.length - 1}`;
    };
    columns.push(...columnsOf(value, { addList, position: item }));
  }
  const lengths = lists.map((list) => `coalesce(len(${list}), 0)`);
  if (relation.withOrdinality) {
    lists.push(`range(1, greatest(${lengths.join(', ')}) + 1)`);
    columns.push({ name: 'ordinality', sql: `${inner}.l${lists.length - 1}`, type: BIGINT });
  }
  const unnested = lists.map((list, index) => `unnest(${list}) AS l${index}`).join(', ');
  const output = columns.map((column, index) => `${column.sql} AS c${index}`).join(', ');
  return {
    sql: `LATERAL (SELECT ${output} FROM (SELECT ${unnested}) AS ${inner}) AS ${alias}`,
    columns: columns.map(({ name, type }, index) => ({
      name,
      qualifier: [],
      sql: `${alias}.c${index}`,
      type,
    })),
  };
}

function columnsOf(
  value: Compiled,
  options: {
    readonly addList: (sql: string) => string;
    readonly position: { readonly line: number; readonly column: number };
  },
): readonly UnnestedColumn[] {
  const { type, sql } = value;
  if (type.kind === 'map') {
    return [
      { name: 'key', sql: options.addList(`map_keys(${sql})`), type: type.key },
      { name: 'value', sql: options.addList(`map_values(${sql})`), type: type.value },
    ];
  }
  if (type.kind !== 'array') {
    throw failAt('TYPE_MISMATCH', options.position, `Cannot unnest type: ${typeName(type)}`);
  }
  const element = options.addList(sql);
  if (type.element.kind !== 'row') return [{ name: '_col', sql: element, type: type.element }];
  return type.element.fields.map((field) => ({
    name: field.name ?? '_col',
    sql: `(${element}).${quoteIdentifier(field.physicalName)}`,
    type: field.type,
  }));
}
