/** Partition specs as in table metadata JSON. Source: Iceberg v2 §Partitioning. */
export interface PartitionField {
  readonly 'source-id': number;
  /** Starts at 1000, unique over all specs of a table. */
  readonly 'field-id': number;
  readonly name: string;
  /** `identity`, `year`, `month`, `day`, `hour`, `void`, `bucket[N]`, `truncate[W]`. */
  readonly transform: string;
}

export interface PartitionSpec {
  readonly 'spec-id': number;
  readonly fields: readonly PartitionField[];
}

/** Partition values of one data file, in the order of its spec's fields. Time transforms are ints (days, hours since the epoch). */
export type PartitionTuple = readonly (null | boolean | number | bigint | string | Uint8Array)[];
