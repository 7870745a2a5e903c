import type { ScanPredicate } from '#core/iceberg/scan/scan-predicate.ts';
import type { SingleValue } from '#core/iceberg/spec/single-value.ts';
import { compareValues } from '#core/iceberg/spec/value-order.ts';
import { trinoTypeOf } from '../catalog/iceberg-types.ts';
import { CATALOG_NAME } from '../catalog/lake-catalog.ts';
import { columnText } from '../metadata-tables/human-text.ts';
import type { PlannedScan } from '../statements/prepare-query.ts';
import { typeName } from '../trino-types/trino-type.ts';
import { fileBytesOf, rowsOf, typesOf } from './describe-scan.ts';

interface Bound {
  readonly value: SingleValue;
  readonly bound: 'ABOVE' | 'EXACTLY' | 'BELOW';
}

interface Range {
  readonly low: Bound | null;
  readonly high: Bound | null;
}

type Comparison = Extract<ScanPredicate, { readonly value: SingleValue }>;

/**
 * `EXPLAIN (TYPE IO)`: the tables a query reads and what its columns are held to. The estimates are
 * counts of the files that pruning left; costs are not estimated. Source: Trino documentation, EXPLAIN.
 */
export function ioPlanJson(scans: readonly PlannedScan[]): string {
  const tables = scans.map((scan) => ({
    table: {
      catalog: CATALOG_NAME,
      schemaTable: { schema: scan.table.ident.database, table: scan.table.ident.table },
    },
    constraint: { none: false, columnConstraints: columnConstraints(scan) },
    estimate: estimate(rowsOf(scan), fileBytesOf(scan)),
  }));
  const rows = scans.reduce((total, scan) => total + rowsOf(scan), 0n);
  const bytes = scans.reduce((total, scan) => total + fileBytesOf(scan), 0n);
  return JSON.stringify(
    { inputTableColumnInfos: tables, estimate: estimate(rows, bytes) },
    null,
    2,
  );
}

function estimate(rows: bigint, bytes: bigint): Readonly<Record<string, unknown>> {
  return {
    outputRowCount: Number(rows),
    outputSizeInBytes: Number(bytes),
    cpuCost: 'NaN',
    maxMemory: 'NaN',
    networkCost: 'NaN',
  };
}

function columnConstraints(scan: PlannedScan): readonly unknown[] {
  const ranges = new Map<string, Range>();
  for (const comparison of comparisonsOf(scan.filter)) {
    const { column } = comparison;
    ranges.set(column, intersect(ranges.get(column), rangeOf(comparison)));
  }
  const types = typesOf(scan);
  return [...ranges].flatMap(([column, { low, high }]) => {
    const type = types.get(column);
    if (type === undefined) return [];
    const show = (bound: Bound | null): unknown =>
      bound === null ? undefined : { value: columnText(type, bound.value), bound: bound.bound };
    return [
      {
        columnName: column.toLowerCase(),
        type: typeName(trinoTypeOf(type)),
        domain: { nullsAllowed: false, ranges: [{ low: show(low), high: show(high) }] },
      },
    ];
  });
}

/** Filters of statements are comparisons joined by AND. */
function comparisonsOf(filter: ScanPredicate | null): readonly Comparison[] {
  if (filter === null) return [];
  if (filter.op === 'and') return filter.operands.flatMap(comparisonsOf);
  return 'value' in filter ? [filter] : [];
}

function rangeOf({ op, value }: Comparison): Range {
  const exactly: Bound = { value, bound: 'EXACTLY' };
  switch (op) {
    case '=':
      return { low: exactly, high: exactly };
    case '<':
      return { low: null, high: { value, bound: 'BELOW' } };
    case '<=':
      return { low: null, high: exactly };
    case '>':
      return { low: { value, bound: 'ABOVE' }, high: null };
    case '>=':
      return { low: exactly, high: null };
    default:
      return { low: null, high: null };
  }
}

function intersect(a: Range | undefined, b: Range): Range {
  if (a === undefined) return b;
  return { low: narrower(a.low, b.low, 1), high: narrower(a.high, b.high, -1) };
}

/** Of two lower bounds (1) the higher, of two upper bounds (-1) the lower; where equal, the one without the value. */
function narrower(a: Bound | null, b: Bound | null, direction: 1 | -1): Bound | null {
  if (a === null || b === null) return a ?? b;
  const order = compareValues(a.value, b.value) * direction;
  if (order === 0) return a.bound === 'EXACTLY' ? b : a;
  return order > 0 ? a : b;
}
