import { SluiceError } from '../../errors.ts';
import type { Value } from '../../schema/field.ts';
import type { Schema } from '../spec/schema.ts';
import { isPrimitive } from '../spec/schema-fields.ts';
import type { SingleValue } from '../spec/single-value.ts';
import type { SortOrder } from '../spec/sort-order.ts';
import { compareValues } from '../spec/value-order.ts';
import { bindTransform } from '../transform/apply-transform.ts';
import { parseTransform } from '../transform/transform.ts';

/** One level of an order of rows, bound to a column. */
export interface SortKey {
  /** Place of the column among the schema's fields. */
  readonly column: number;
  readonly columnId: number;
  readonly apply: (value: SingleValue | null) => SingleValue | null;
  /** 1 ascending, -1 descending. */
  readonly sign: 1 | -1;
  readonly nullsFirst: boolean;
}

/** Binds a table's sort order. Null when it cannot be kept: a column is gone or nested, or the transform is unknown. */
export function bindSortOrder(
  order: SortOrder,
  schema: Pick<Schema, 'fields'>,
): readonly SortKey[] | null {
  const keys: SortKey[] = [];
  for (const field of order.fields) {
    const column = schema.fields.findIndex(({ id }) => id === field['source-id']);
    const type = schema.fields[column]?.type;
    const transform = parseTransform(field.transform);
    if (type === undefined || !isPrimitive(type) || transform.kind === 'unknown') return null;
    keys.push({
      column,
      columnId: field['source-id'],
      apply: bindTransform(transform, type),
      sign: field.direction === 'asc' ? 1 : -1,
      nullsFirst: field['null-order'] === 'nulls-first',
    });
  }
  return keys;
}

/** An ascending order by named columns, nulls last. Throws CONFIG_INVALID for a column that is not there or is nested. */
export function sortKeysByName(
  names: readonly string[],
  schema: Pick<Schema, 'fields'>,
): readonly SortKey[] {
  return names.map((name) => {
    const column = schema.fields.findIndex((field) => field.name === name);
    const field = schema.fields[column];
    if (field === undefined || !isPrimitive(field.type)) {
      throw new SluiceError(
        'CONFIG_INVALID',
        `sort column "${name}": expected a column of the table that is no list, map or record`,
      );
    }
    return { column, columnId: field.id, apply: (value) => value, sign: 1, nullsFirst: false };
  });
}

/** Row numbers in order; rows that are equal keep theirs. NaN comes after every number. Source: Iceberg v2 §Sorting. */
export function sortRows(
  columns: readonly (readonly Value[])[],
  rowCount: number,
  keys: readonly SortKey[],
): Int32Array {
  const levels = keys.map((key) => ({
    ...key,
    values: (columns[key.column] ?? []).map((value) => key.apply(value as SingleValue | null)),
  }));
  return Int32Array.from({ length: rowCount }, (_, row) => row).sort((a, b) => {
    for (const { values, sign, nullsFirst } of levels) {
      const order = compareKeys(values[a] ?? null, values[b] ?? null, { sign, nullsFirst });
      if (order !== 0) return order;
    }
    return a - b;
  });
}

function compareKeys(
  a: SingleValue | null,
  b: SingleValue | null,
  { sign, nullsFirst }: Pick<SortKey, 'sign' | 'nullsFirst'>,
): number {
  if (a === null || b === null) {
    const nullsLast = Number(a === null) - Number(b === null);
    return nullsFirst ? -nullsLast : nullsLast;
  }
  const nanOrder = Number(Number.isNaN(a)) - Number(Number.isNaN(b));
  if (nanOrder !== 0) return nanOrder * sign;
  return Number.isNaN(a) ? 0 : compareValues(a, b) * sign;
}
