import { formatDecimal } from '../result-format.ts';
import { duckType, quoteText, type TrinoType } from '../trino-types/trino-type.ts';

/**
 * A value in the form its type asks for: bigint for bigint, timestamps (microseconds, UTC) and
 * decimals (unscaled), number for the smaller integers, floating numbers and dates (days), a list
 * for arrays and for the fields of a row.
 */
export type VirtualValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | readonly VirtualValue[]
  | ReadonlyMap<number | string, VirtualValue>;

/** A table whose rows come from memory, not from data files. */
export interface VirtualTable {
  readonly columns: readonly { readonly name: string; readonly type: TrinoType }[];
  readonly rows: readonly (readonly VirtualValue[])[];
}

/** Rows of one INSERT: one statement with all of them takes the engine's parser far longer. */
const ROWS_PER_INSERT = 200;

/** Name of a column, by its place. */
export function virtualColumn(index: number): string {
  return `c${index}`;
}

/**
 * Statements that create and fill the relation `viewName` with the rows of a virtual table, in the
 * columns in use only.
 */
export function virtualTableSql(reference: {
  readonly viewName: string;
  readonly table: VirtualTable;
  readonly usedColumns: ReadonlySet<number>;
}): readonly string[] {
  const { viewName, table, usedColumns } = reference;
  const indexes = table.columns.flatMap((_, index) => (usedColumns.has(index) ? [index] : []));
  const declared = indexes.map(
    (index) => `${virtualColumn(index)} ${duckType(typeAt(table, index))}`,
  );
  // A query that names no column, such as count(*), still needs a row per row.
  if (declared.length === 0) declared.push('no_column BOOLEAN');
  const tuples = table.rows.map((row) => {
    const values = indexes.map((index) => valueSql(row[index] ?? null, typeAt(table, index)));
    return `(${values.length === 0 ? 'true' : values.join(', ')})`;
  });
  const statements = [`CREATE TABLE ${viewName} (${declared.join(', ')})`];
  for (let at = 0; at < tuples.length; at += ROWS_PER_INSERT) {
    const values = tuples.slice(at, at + ROWS_PER_INSERT).join(', ');
    statements.push(`INSERT INTO ${viewName} VALUES ${values}`);
  }
  return statements;
}

function typeAt(table: VirtualTable, index: number): TrinoType {
  return table.columns[index]?.type ?? { kind: 'unknown' };
}

/** A value as DuckDB writes it; the column it is inserted into gives it its exact type. */
function valueSql(value: VirtualValue, type: TrinoType): string {
  if (value === null) return 'NULL';
  switch (type.kind) {
    case 'real':
    case 'double':
      return `CAST('${value}' AS ${duckType(type)})`;
    case 'decimal':
      return `CAST('${formatDecimal(BigInt(value as bigint), type.scale)}' AS ${duckType(type)})`;
    case 'varbinary':
      return `unhex('${Buffer.from(value as Uint8Array).toString('hex')}')`;
    case 'date':
      return `(DATE '1970-01-01' + ${value})`;
    case 'timestamp':
    case 'timestamp-tz':
      return `make_timestamp(${value})`;
    case 'array':
      return `[${listOf(value)
        .map((item) => valueSql(item, type.element))
        .join(', ')}]`;
    case 'map': {
      const entries = [...(value as ReadonlyMap<number | string, VirtualValue>)];
      const pairs = entries.map(
        ([key, item]) => `${valueSql(key, type.key)}: ${valueSql(item, type.value)}`,
      );
      return `MAP {${pairs.join(', ')}}`;
    }
    case 'row': {
      const values = listOf(value);
      const fields = type.fields.map(
        (field, index) =>
          `${quoteText(field.physicalName)}: ${valueSql(values[index] ?? null, field.type)}`,
      );
      return `{${fields.join(', ')}}`;
    }
    default:
      return typeof value === 'string' ? quoteText(value) : String(value);
  }
}

function listOf(value: VirtualValue): readonly VirtualValue[] {
  return value as readonly VirtualValue[];
}
