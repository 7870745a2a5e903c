import type { Identifier, Position, Query, TimeTravel } from '../sql/ast.ts';
import { failAt } from '../sql-failure.ts';
import { CATALOG_NAME, type TableName } from './lake-catalog.ts';

export interface TableReference {
  readonly name: readonly Identifier[];
  readonly timeTravel: TimeTravel | null;
}

/** Every table a query names, those of its subqueries included; names of WITH queries are among them. */
export function collectTableReferences(query: Query): readonly TableReference[] {
  const references: TableReference[] = [];
  const visit = (node: unknown): void => {
    if (Array.isArray(node)) {
      for (const item of node) visit(item);
      return;
    }
    if (node === null || typeof node !== 'object') return;
    const candidate = node as { readonly kind?: unknown; readonly name?: unknown };
    if (candidate.kind === 'table' && Array.isArray(candidate.name)) {
      const { name, timeTravel = null } = node as TableReference;
      references.push({ name, timeTravel });
    }
    for (const value of Object.values(node)) visit(value);
  };
  visit(query);
  return references;
}

/**
 * Database and table of a name of one to three parts, in lower case. Throws CATALOG_NOT_FOUND for
 * another catalog than the account's own.
 */
export function resolveTableName(
  name: readonly { readonly name: string }[],
  database: string,
  position: Position,
): TableName {
  const parts = name.map((part) => part.name.toLowerCase());
  if (parts.length > 3)
    throw failAt('SYNTAX_ERROR', position, `Too many dots in table name: ${parts.join('.')}`);
  const [table = '', schema = database, catalog = CATALOG_NAME] = [...parts].reverse();
  if (catalog !== CATALOG_NAME) {
    throw failAt('CATALOG_NOT_FOUND', position, `Catalog '${catalog}' does not exist`);
  }
  return { database: schema, table };
}
