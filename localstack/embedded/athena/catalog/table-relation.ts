import type { ScanFile, ScanPlan } from '#core/iceberg/scan/plan-scan.ts';
import type { NestedField } from '#core/iceberg/spec/schema.ts';
import { duckType, quoteIdentifier, quoteText } from '../trino-types/trino-type.ts';
import { type HiddenColumn, PATH_COLUMN } from './hidden-columns.ts';
import { trinoTypeOf } from './iceberg-types.ts';

/** Columns of position delete files. Source: Iceberg v2 §Reserved Field IDs. */
export const DELETE_FILE_PATH_ID = 2147483546;
export const DELETE_POSITION_ID = 2147483545;

/** Local path of an object, by its s3:// URI. Throws when the object is missing. */
export type LocateFile = (uri: string) => string;

/** Name of a column in the view of its table: field ids outlive renames. */
export function physicalName(fieldId: number): string {
  return `c${fieldId}`;
}

/** What a view has to hold: a scan, the columns in use, and what is known of the objects. */
export interface ViewSource {
  readonly plan: ScanPlan;
  readonly columns: readonly NestedField[];
  readonly hidden: readonly HiddenColumn[];
  /** When an object was written, milliseconds since the epoch; asked only for its hidden column. */
  readonly modifiedMs: (uri: string) => number;
}

/**
 * `CREATE VIEW` over the files of a scan, with the given columns read by field id: columns that were
 * renamed, added or widened after a file was written come out as the schema says. Deleted positions
 * are left out. Source: Iceberg v2 §Column Projection, §Scan Planning.
 */
export function tableViewSql(viewName: string, source: ViewSource, locate: LocateFile): string {
  const { plan, columns, hidden } = source;
  const names = [
    ...columns.map((column) => `data.${quoteIdentifier(physicalName(column.id))}`),
    ...hidden.map((column) => `object.${column.physicalName}`),
  ];
  // A query that names no column, such as count(*), still needs a row per row.
  const selected = names.length === 0 ? 'true AS no_column' : names.join(', ');
  const fields = columns.length === 0 ? plan.schema.fields.slice(0, 1) : columns;
  const context = { source, selected, fields, locate };
  const clean = plan.files.filter((file) => file.deletes.length === 0);
  const deleted = plan.files.filter((file) => file.deletes.length > 0);
  const parts: string[] = [];
  if (clean.length > 0) parts.push(withoutDeletes(clean, context));
  if (deleted.length > 0) parts.push(withoutDeleted(deleted, context));
  if (parts.length === 0) parts.push(emptyRelation(columns, hidden));
  return `CREATE VIEW ${viewName} AS ${parts.join(' UNION ALL ')}`;
}

interface ViewContext {
  readonly source: ViewSource;
  readonly selected: string;
  readonly fields: readonly NestedField[];
  readonly locate: LocateFile;
}

function withoutDeletes(files: readonly ScanFile[], context: ViewContext): string {
  const { source, selected, fields, locate } = context;
  const paths = files.map((file) => locate(file.filePath));
  const data = readParquet(paths, { fields, withPositions: source.hidden.length > 0 });
  return `SELECT ${selected} FROM ${data} AS data${joinObjects(files, context)}`;
}

/** The hidden columns stand in a relation of the objects, found by the local file of a row. */
function joinObjects(files: readonly ScanFile[], { source, locate }: ViewContext): string {
  if (source.hidden.length === 0) return '';
  const rows = files.map(({ filePath }) => {
    const values = source.hidden.map((column) =>
      column === PATH_COLUMN
        ? quoteText(filePath)
        : `epoch_ms(CAST(${source.modifiedMs(filePath)} AS BIGINT))`,
    );
    return `(${[quoteText(locate(filePath)), ...values].join(', ')})`;
  });
  const names = source.hidden.map((column) => column.physicalName).join(', ');
  return ` JOIN (VALUES ${rows.join(', ')}) AS object(path, ${names}) ON data.filename = object.path`;
}

/** Every local file that the view opens. */
export function filesOf(plan: ScanPlan, locate: LocateFile): readonly string[] {
  const files = plan.files.flatMap((file) => [
    file.filePath,
    ...file.deletes.map((deletes) => deletes.filePath),
  ]);
  return [...new Set(files)].map(locate);
}

function readParquet(
  files: readonly string[],
  options: { readonly fields: readonly NestedField[]; readonly withPositions?: boolean },
): string {
  const schema = options.fields.map((field) =>
    fieldEntry(field.id, physicalName(field.id), duckType(trinoTypeOf(field.type))),
  );
  return readBySchema(files, { schema, withPositions: options.withPositions ?? false });
}

function fieldEntry(fieldId: number, name: string, type: string): string {
  return `${fieldId}: {name: ${quoteText(name)}, type: ${quoteText(type)}, default_value: NULL}`;
}

function readBySchema(
  files: readonly string[],
  options: { readonly schema: readonly string[]; readonly withPositions: boolean },
): string {
  const positions = options.withPositions ? ', filename = true, file_row_number = true' : '';
  const list = files.map(quoteText).join(', ');
  // Partition values are columns of the files; what a path looks like means nothing.
  return `read_parquet([${list}], schema = MAP {${options.schema.join(', ')}}, hive_partitioning = false${positions})`;
}

/**
 * Rows of files with deletes. A delete file counts for the data files the plan names with it only:
 * the pairs are joined, not just the paths.
 */
function withoutDeleted(files: readonly ScanFile[], context: ViewContext): string {
  const { selected, fields, locate } = context;
  const pairs = files.flatMap((file) =>
    file.deletes.map((deletes) => ({ uri: file.filePath, deletes: deletes.filePath })),
  );
  const rows = pairs.map(
    ({ uri, deletes }) =>
      `(${quoteText(uri)}, ${quoteText(locate(uri))}, ${quoteText(locate(deletes))})`,
  );
  const deleteFiles = [...new Set(pairs.map((pair) => locate(pair.deletes)))];
  const positions = readBySchema(deleteFiles, {
    schema: [
      fieldEntry(DELETE_FILE_PATH_ID, 'file_path', 'VARCHAR'),
      fieldEntry(DELETE_POSITION_ID, 'pos', 'BIGINT'),
    ],
    withPositions: true,
  });
  const data = readParquet(
    files.map((file) => locate(file.filePath)),
    { fields, withPositions: true },
  );
  return (
    `SELECT ${selected} FROM ${data} AS data${joinObjects(files, context)} ANTI JOIN (` +
    `SELECT pair.path, x.pos FROM ${positions} AS x JOIN (VALUES ${rows.join(', ')}) AS pair(uri, path, deletes) ` +
    'ON x.file_path = pair.uri AND x.filename = pair.deletes) AS deleted ' +
    'ON data.filename = deleted.path AND data.file_row_number = deleted.pos'
  );
}

function emptyRelation(columns: readonly NestedField[], hidden: readonly HiddenColumn[]): string {
  const typed = [
    ...columns.map(
      (column) =>
        `CAST(NULL AS ${duckType(trinoTypeOf(column.type))}) AS ${quoteIdentifier(physicalName(column.id))}`,
    ),
    ...hidden.map(({ physicalName: name, type }) => `CAST(NULL AS ${duckType(type)}) AS ${name}`),
  ];
  return `SELECT ${typed.length === 0 ? 'true AS no_column' : typed.join(', ')} WHERE false`;
}
