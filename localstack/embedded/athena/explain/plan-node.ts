import { holdsAggregate } from '../compile/compile-group-by.ts';
import type { Expression, Position, Query, QueryBody, Relation, Select } from '../sql/ast.ts';

/** A step of a plan, over the steps that feed it. */
export interface PlanNode {
  readonly name: string;
  /** What stands in brackets after the name; empty for nothing. */
  readonly subject: string;
  readonly details: readonly PlanDetail[];
  readonly children: readonly PlanNode[];
}

export type PlanDetail = readonly [name: string, value: string];

/** The node of a table named at a place; null for the name of a WITH query. */
export type DescribeTable = (position: Position) => PlanNode | null;

/**
 * The steps of a query as it is written, from the last to the first. They are the statement's own:
 * the engine is free to run them in another order.
 */
export function planQuery(query: Query, describeTable: DescribeTable): PlanNode {
  const body = planBody(query.body, describeTable);
  const common = query.with.map((item) =>
    node('With', item.name.name, [planQuery(item.query, describeTable)]),
  );
  const limited = [
    ...(query.limit === null ? [] : [rowCount(query.limit)]),
    ...(query.offset === null ? [] : [`from ${rowCount(query.offset)}`]),
  ];
  const sorted =
    query.orderBy.length === 0
      ? body
      : node('Sort', counted(query.orderBy.length, 'key'), [
          body,
          ...subqueries(query.orderBy, describeTable),
        ]);
  const cut = limited.length === 0 ? sorted : node('Limit', limited.join(', '), [sorted]);
  return common.length === 0 ? cut : { ...cut, children: [...cut.children, ...common] };
}

/** A count as written: a number, or the place of a parameter. */
function rowCount(count: Expression): string {
  return count.kind === 'number' ? count.text : '?';
}

function planBody(body: QueryBody, describeTable: DescribeTable): PlanNode {
  switch (body.kind) {
    case 'select':
      return planSelect(body, describeTable);
    case 'set-operation': {
      const sides = [body.left, body.right].map((side) => planBody(side, describeTable));
      return node(
        body.operator === 'union' ? 'Union' : capital(body.operator),
        body.all ? 'ALL' : 'DISTINCT',
        sides,
      );
    }
    case 'values':
      return node('Values', counted(body.rows.length, 'row'), subqueries(body.rows, describeTable));
    case 'table':
      return planTable(body, describeTable);
    case 'nested':
      return planQuery(body.query, describeTable);
  }
}

function planSelect(select: Select, describeTable: DescribeTable): PlanNode {
  const { from, where, groupBy, having } = select;
  let plan = from === null ? node('Values', '1 row', []) : planRelation(from, describeTable);
  const over = (name: string, subject: string, used: unknown): void => {
    plan = node(name, subject, [plan, ...subqueries(used, describeTable)]);
  };
  if (where !== null) over('Filter', `WHERE, ${at(where)}`, where);
  if (groupBy !== null) over('Aggregate', counted(groupBy.elements.length, 'key'), groupBy);
  else if (holdsAggregate(select, [])) over('Aggregate', 'all rows', []);
  if (having !== null) over('Filter', `HAVING, ${at(having)}`, having);
  over('Project', counted(select.items.length, 'item'), select.items);
  if (select.distinct) over('Distinct', '', []);
  return plan;
}

function planRelation(relation: Relation, describeTable: DescribeTable): PlanNode {
  switch (relation.kind) {
    case 'table':
      return planTable(relation, describeTable);
    case 'subquery':
      return planQuery(relation.query, describeTable);
    case 'unnest':
      return node(
        'Unnest',
        counted(relation.items.length, 'item'),
        subqueries(relation.items, describeTable),
      );
    case 'aliased':
      return planRelation(relation.relation, describeTable);
    case 'join': {
      const sides = [relation.left, relation.right].map((side) =>
        planRelation(side, describeTable),
      );
      return node(`${capital(relation.type)}Join`, '', [
        ...sides,
        ...subqueries(relation.on, describeTable),
      ]);
    }
  }
}

function planTable(
  table: Position & { readonly name: readonly { readonly name: string }[] },
  describeTable: DescribeTable,
): PlanNode {
  const name = table.name.map((part) => part.name).join('.');
  return describeTable(table) ?? node('WithReference', name, []);
}

/** Queries inside the expressions of a clause, each a child of its own. */
function subqueries(clause: unknown, describeTable: DescribeTable): readonly PlanNode[] {
  if (Array.isArray(clause)) return clause.flatMap((item) => subqueries(item, describeTable));
  if (clause === null || typeof clause !== 'object') return [];
  if ('body' in clause && 'with' in clause) {
    return [node('Subquery', '', [planQuery(clause as Query, describeTable)])];
  }
  return Object.values(clause).flatMap((item) => subqueries(item, describeTable));
}

export function node(name: string, subject: string, children: readonly PlanNode[]): PlanNode {
  return { name, subject, details: [], children };
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}

function at({ line, column }: Position): string {
  return `line ${line}:${column}`;
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}
