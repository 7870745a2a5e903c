/** Sort orders as in table metadata JSON. Source: Iceberg v2 §Sorting, §Appendix C: Sort Orders. */
export interface SortField {
  readonly transform: string;
  readonly 'source-id': number;
  readonly direction: 'asc' | 'desc';
  readonly 'null-order': 'nulls-first' | 'nulls-last';
}

export interface SortOrder {
  /** 0 is reserved for the unsorted order. */
  readonly 'order-id': number;
  readonly fields: readonly SortField[];
}

export const UNSORTED: SortOrder = { 'order-id': 0, fields: [] };
