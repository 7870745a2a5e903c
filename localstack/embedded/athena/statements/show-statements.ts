import { glueTypeName } from '#core/glue/table-columns.ts';
import type { PartitionField } from '#core/iceberg/spec/partition.ts';
import { columnsById } from '#core/iceberg/spec/schema-fields.ts';
import {
  currentSchema,
  defaultPartitionSpec,
  type TableMetadata,
} from '#core/iceberg/spec/table-metadata.ts';
import { compileTableExpression } from '../../glue/table-expression.ts';
import {
  CATALOG_NAME,
  type LakeServices,
  loadTableMetadata,
  type TableName,
} from '../catalog/lake-catalog.ts';
import { resolveTableName } from '../catalog/table-references.ts';
import type { Position } from '../sql/ast.ts';
import { parseQualifiedName, type TokenCursor } from '../sql/token-cursor.ts';
import { failAt, SqlFailure } from '../sql-failure.ts';
import { VARCHAR } from '../trino-types/trino-type.ts';
import type { ResultSink } from './select-statement.ts';

type Name = readonly { readonly name: string }[];

interface TableStatement {
  readonly kind: 'show-columns' | 'show-create-table' | 'describe';
  readonly name: Name;
  readonly position: Position;
}

export type ShowStatement =
  | TableStatement
  | { readonly kind: 'show-databases'; readonly pattern: string | null }
  | {
      readonly kind: 'show-tables';
      readonly database: string | null;
      readonly pattern: string | null;
      readonly position: Position;
    };

/** SHOW DATABASES, TABLES, COLUMNS, CREATE TABLE and DESCRIBE. Source: Amazon Athena user guide, DDL statements. */
export function parseShowStatement(cursor: TokenCursor): ShowStatement {
  const statement = cursor.accept('SHOW') ? parseShow(cursor) : parseDescribe(cursor);
  cursor.acceptSymbol(';');
  if (cursor.peek().kind !== 'end') throw cursor.mismatch('<EOF>');
  return statement;
}

function parseShow(cursor: TokenCursor): ShowStatement {
  if (cursor.accept('DATABASES') || cursor.accept('SCHEMAS')) {
    return { kind: 'show-databases', pattern: parsePattern(cursor) };
  }
  const { line, column } = cursor.peek();
  const position = { line, column };
  if (cursor.accept('TABLES')) {
    const database = acceptIn(cursor) ? cursor.identifier().name.toLowerCase() : null;
    return { kind: 'show-tables', database, pattern: parsePattern(cursor), position };
  }
  if (cursor.accept('COLUMNS')) {
    if (!acceptIn(cursor)) throw cursor.mismatch("'FROM', 'IN'");
    const name = parseQualifiedName(cursor);
    const database = acceptIn(cursor) ? [cursor.identifier()] : [];
    return { kind: 'show-columns', name: [...database, ...name], position };
  }
  if (cursor.accept('CREATE', 'TABLE')) {
    return { kind: 'show-create-table', name: parseQualifiedName(cursor), position };
  }
  throw cursor.mismatch("'COLUMNS', 'CREATE TABLE', 'DATABASES', 'SCHEMAS', 'TABLES'");
}

function parseDescribe(cursor: TokenCursor): ShowStatement {
  const { line, column } = cursor.next();
  return { kind: 'describe', name: parseQualifiedName(cursor), position: { line, column } };
}

function acceptIn(cursor: TokenCursor): boolean {
  return cursor.accept('IN') || cursor.accept('FROM');
}

function parsePattern(cursor: TokenCursor): string | null {
  const required = cursor.accept('LIKE');
  if (cursor.peek().kind === 'string') return cursor.next().text;
  if (required) throw cursor.mismatch('<string>');
  return null;
}

/** Runs a SHOW or DESCRIBE statement. Throws SqlFailure when the table or database is not there. */
export async function runShowStatement(
  statement: ShowStatement,
  deps: { readonly services: LakeServices; readonly database: string },
  sink: ResultSink,
): Promise<void> {
  const { glue } = deps.services;
  switch (statement.kind) {
    case 'show-databases': {
      const matches = matcher(statement.pattern);
      return writeList(sink, 'database_name', glue.listDatabases().filter(matches));
    }
    case 'show-tables': {
      const database = statement.database ?? deps.database;
      if (!glue.listDatabases().includes(database)) {
        throw failAt(
          'SCHEMA_NOT_FOUND',
          statement.position,
          `Database does not exist: ${database}`,
        );
      }
      const names = glue.listTables(database).map((table) => table.name);
      return writeList(sink, 'tab_name', names.filter(matcher(statement.pattern)));
    }
    default:
      return showTable(statement, deps, sink);
  }
}

function matcher(pattern: string | null): (name: string) => boolean {
  if (pattern === null) return () => true;
  try {
    return compileTableExpression(pattern);
  } catch (cause) {
    throw new SqlFailure('INVALID_ARGUMENTS', `pattern '${pattern}': expected names, "*" and "|"`, {
      cause,
    });
  }
}

function writeList(sink: ResultSink, columnName: string, names: readonly string[]): void {
  sink.columns([{ name: columnName, type: VARCHAR }]);
  for (const name of names) sink.row([name]);
}

async function showTable(
  statement: TableStatement,
  deps: { readonly services: LakeServices; readonly database: string },
  sink: ResultSink,
): Promise<void> {
  const ident = resolveTableName(statement.name, deps.database, statement.position);
  const metadata = await loadTableMetadata(deps.services, ident);
  if (metadata === null) {
    const name = `${CATALOG_NAME}.${ident.database}.${ident.table}`;
    throw failAt('TABLE_NOT_FOUND', statement.position, `Table '${name}' does not exist`);
  }
  switch (statement.kind) {
    case 'show-columns': {
      const names = currentSchema(metadata).fields.map((field) => field.name.toLowerCase());
      return writeList(sink, 'field', names);
    }
    case 'show-create-table':
      return writeList(sink, 'createtab_stmt', createTableLines(ident, metadata));
    default:
      return describeTable(metadata, sink);
  }
}

function describeTable(metadata: TableMetadata, sink: ResultSink): void {
  const columns = ['col_name', 'data_type', 'comment'];
  sink.columns(columns.map((name) => ({ name, type: VARCHAR })));
  for (const field of currentSchema(metadata).fields) {
    sink.row([field.name.toLowerCase(), glueTypeName(field.type), field.doc ?? '']);
  }
  const { fields } = defaultPartitionSpec(metadata);
  if (fields.length === 0) return;
  sink.row(['', '', '']);
  sink.row(['# Partition spec:', '', '']);
  sink.row(['# field_name', 'field_transform', 'column_name']);
  for (const field of fields) {
    sink.row([field.name, field.transform, sourceColumn(field, metadata)]);
  }
}

function createTableLines(ident: TableName, metadata: TableMetadata): readonly string[] {
  const columns = currentSchema(metadata).fields.map((field) => {
    const comment = field.doc === undefined ? '' : ` COMMENT '${field.doc.replaceAll("'", "''")}'`;
    return `  ${field.name.toLowerCase()} ${glueTypeName(field.type)}${comment}`;
  });
  const terms = defaultPartitionSpec(metadata).fields.map((field) =>
    partitionTerm(field, metadata),
  );
  const partitioning = terms.length === 0 ? [] : [`PARTITIONED BY (${terms.join(', ')})`];
  return [
    `CREATE TABLE ${ident.database}.${ident.table} (`,
    ...columns.map((line, index) => `${line}${index < columns.length - 1 ? ',' : ')'}`),
    ...partitioning,
    `LOCATION '${metadata.location}'`,
    "TBLPROPERTIES ('table_type'='iceberg')",
  ];
}

/** `day(ts)`, `bucket(16, symbol)`, or the column alone. */
function partitionTerm(field: PartitionField, metadata: TableMetadata): string {
  const column = sourceColumn(field, metadata);
  const parameter = /^(\w+)\[(\d+)\]$/.exec(field.transform);
  if (parameter !== null) return `${parameter[1]}(${parameter[2]}, ${column})`;
  return field.transform === 'identity' ? column : `${field.transform}(${column})`;
}

function sourceColumn(field: PartitionField, metadata: TableMetadata): string {
  const column = columnsById(currentSchema(metadata)).get(field['source-id']);
  return (column?.path ?? []).join('.').toLowerCase();
}
