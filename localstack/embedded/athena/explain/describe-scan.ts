import type { ScanPredicate } from '#core/iceberg/scan/scan-predicate.ts';
import type { PrimitiveType } from '#core/iceberg/spec/schema.ts';
import { isPrimitive } from '#core/iceberg/spec/schema-fields.ts';
import type { SingleValue } from '#core/iceberg/spec/single-value.ts';
import { trinoTypeOf } from '../catalog/iceberg-types.ts';
import { CATALOG_NAME } from '../catalog/lake-catalog.ts';
import type { VirtualReference } from '../catalog/open-table.ts';
import { columnText } from '../metadata-tables/human-text.ts';
import type { PlannedScan } from '../statements/prepare-query.ts';
import { typeName } from '../trino-types/trino-type.ts';
import type { PlanDetail, PlanNode } from './plan-node.ts';

/** What is read of a data table: the snapshot, the columns, and the files that pruning left. */
export function describeScan(scan: PlannedScan): PlanNode {
  const { table, plan, columns, filter } = scan;
  const { snapshot, files } = plan;
  const hidden = [...table.usedHidden].map(({ name, type }) => `${name} ${typeName(type)}`);
  const named = columns.map(
    ({ name, type }) => `${name.toLowerCase()} ${typeName(trinoTypeOf(type))}`,
  );
  const details: PlanDetail[] = [
    [
      'snapshot',
      snapshot === null
        ? 'none'
        : `${snapshot['snapshot-id']} of ${new Date(snapshot['timestamp-ms']).toISOString()}`,
    ],
    ['columns', [...named, ...hidden].join(', ') || 'none'],
    ['pruned by', filter === null ? 'nothing' : predicateText(filter, typesOf(scan))],
    ['files', `${files.length} of ${files.length + plan.skippedFiles}`],
    ['manifests not opened', String(plan.skippedManifests)],
    ['rows in files', String(rowsOf(scan))],
    ['bytes of files', String(fileBytesOf(scan))],
  ];
  const deletes = new Set(files.flatMap((file) => file.deletes.map(({ filePath }) => filePath)));
  if (deletes.size > 0) details.push(['delete files', String(deletes.size)]);
  return { name: 'TableScan', subject: nameOf(table), details, children: [] };
}

/** A metadata table or one of information_schema: nothing of the data is read. */
export function describeVirtual(reference: VirtualReference): PlanNode {
  const details: PlanDetail[] = [['rows', String(reference.table.rows.length)]];
  return { name: 'MetadataScan', subject: nameOf(reference), details, children: [] };
}

export function rowsOf({ plan }: PlannedScan): bigint {
  return plan.files.reduce((rows, file) => rows + file.recordCount, 0n);
}

export function fileBytesOf({ plan }: PlannedScan): bigint {
  return plan.files.reduce((bytes, file) => bytes + file.fileSizeBytes, 0n);
}

/** Types of the columns a filter can name. */
export function typesOf({ table, plan }: PlannedScan): ReadonlyMap<string, PrimitiveType> {
  const fields = [...plan.schema.fields, ...table.conditions.map(({ field }) => field)];
  return new Map(
    fields.flatMap(({ name, type }): [string, PrimitiveType][] =>
      isPrimitive(type) ? [[name, type]] : [],
    ),
  );
}

function nameOf({ ident }: { readonly ident: PlannedScan['table']['ident'] }): string {
  return `${CATALOG_NAME}.${ident.database}.${ident.table}`;
}

function predicateText(
  predicate: ScanPredicate,
  types: ReadonlyMap<string, PrimitiveType>,
): string {
  if (predicate.op === 'and' || predicate.op === 'or') {
    const terms = predicate.operands.map((operand) => predicateText(operand, types));
    return terms.join(predicate.op === 'and' ? ' AND ' : ' OR ');
  }
  const { column, op } = predicate;
  if (op === 'is-null') return `${column} IS NULL`;
  if (op === 'is-not-null') return `${column} IS NOT NULL`;
  const text = (value: SingleValue): string => literalText(value, types.get(column));
  if (op === 'in') return `${column} IN (${predicate.values.map(text).join(', ')})`;
  return `${column} ${op === '!=' ? '<>' : op} ${text(predicate.value)}`;
}

/** A literal in the type of its column; integers come as bigint whatever the column. */
export function literalText(value: SingleValue, type: PrimitiveType | undefined): string {
  if (typeof value === 'string') return `'${value}'`;
  if (type === 'timestamp' || type === 'date') return `'${columnText(type, value)}'`;
  return String(value);
}
