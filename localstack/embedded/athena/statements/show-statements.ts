import { glueTypeName } from '#core/glue/table-columns.ts';
import type { PartitionField } from '#core/iceberg/spec/partition.ts';
import type { IcebergType } from '#core/iceberg/spec/schema.ts';
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
import { failAt, SqlFailure } from '../sql-failure.ts';
import { VARCHAR } from '../trino-types/trino-type.ts';
import type { ShowStatement, TableStatement } from './parse-show.ts';
import type { ResultSink } from './select-statement.ts';

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

/** One cell per row, tabs between the parts. Source: measured on Athena engine version 3, Iceberg table. */
function describeTable(metadata: TableMetadata, sink: ResultSink): void {
  const columns = ['col_name', 'data_type', 'comment'];
  sink.columns(columns.map((name) => ({ name, type: VARCHAR })));
  const write = (...parts: readonly string[]): void =>
    sink.row([parts.map((part) => part.replaceAll(/[\t\r\n]+/g, ' ')).join('\t')]);
  write('# Table schema:', '', '');
  write('# col_name', 'data_type', 'comment');
  for (const field of currentSchema(metadata).fields) {
    write(field.name.toLowerCase(), describedType(field.type), field.doc ?? '');
  }
  write('', '', '');
  write('# Partition spec:', '', '');
  write('# field_name', 'field_transform', 'column_name');
  for (const field of defaultPartitionSpec(metadata).fields) {
    write(field.name, field.transform, sourceColumn(field, metadata));
  }
}

/** Iceberg's own spelling, blanks included: `decimal(10, 2)`, `map<string, int>`, `struct<a: int>`. */
function describedType(type: IcebergType): string {
  if (typeof type === 'string') return type === 'long' ? 'bigint' : type;
  switch (type.type) {
    case 'list':
      return `array<${describedType(type.element)}>`;
    case 'map':
      return `map<${describedType(type.key)}, ${describedType(type.value)}>`;
    case 'struct': {
      const fields = type.fields.map((field) => `${field.name}: ${describedType(field.type)}`);
      return `struct<${fields.join(', ')}>`;
    }
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
