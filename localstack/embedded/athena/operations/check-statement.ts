import { randomUUID } from 'node:crypto';
import { CATALOG_NAME, type LakeServices } from '../catalog/lake-catalog.ts';
import { resolveTableName } from '../catalog/table-references.ts';
import { parseSql } from '../sql/parse-sql.ts';
import { SqlFailure } from '../sql-failure.ts';
import { routeStatement } from '../statement-router.ts';
import type { TableStatement } from '../statements/parse-show.ts';
import { invalidRequest } from './invalid-request.ts';

/**
 * What Athena refuses before it records an execution: a statement that does not parse, and DESCRIBE or
 * SHOW COLUMNS of a table that is not there. Throws InvalidRequestException. A statement that only
 * this engine cannot run passes: its execution fails and says so.
 * Source: measured on Athena engine version 3.
 */
export function checkStatement(
  sql: string,
  context: { readonly services: LakeServices; readonly database: string },
): void {
  const statement = parsing(() => {
    const routed = routeStatement(sql);
    if (routed.kind === 'query') parseSql(sql);
    return routed;
  });
  if (statement === null || !('quoting' in statement)) return;
  if (statement.kind !== 'show-create-table') requireEntity(statement, context);
  if (statement.quoting !== null) throw invalidRequest(statement.quoting, 'MALFORMED_QUERY');
}

function parsing<T>(parse: () => T): T | null {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof SqlFailure)) throw error;
    if (error.code === 'SYNTAX_ERROR') throw invalidRequest(error.message, 'MALFORMED_QUERY');
    return null;
  }
}

function requireEntity(
  statement: TableStatement,
  { services, database }: { readonly services: LakeServices; readonly database: string },
): void {
  const catalog = statement.name.at(-3)?.name.toLowerCase() ?? CATALOG_NAME;
  if (catalog !== CATALOG_NAME) {
    throw invalidRequest(`Catalog '${catalog}' does not exist`, 'DATACATALOG_NOT_FOUND');
  }
  const ident = resolveTableName(statement.name, database, statement.position);
  if (services.glue.getTable(ident.database, ident.table) !== null) return;
  throw invalidRequest(
    `Entity Not Found (Service: AmazonDataCatalog; Status Code: 400; Error Code: EntityNotFoundException; Request ID: ${randomUUID()}; Proxy: null)`,
  );
}
