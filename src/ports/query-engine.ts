export interface QueryColumn {
  readonly name: string;
  /** Athena type name: `varchar`, `bigint`, `double`, `timestamp`, `decimal(10,2)` … */
  readonly type: string;
}

export interface QueryResult {
  readonly columns: readonly QueryColumn[];
  /** Text as Athena returns it; null for SQL NULL. */
  readonly rows: readonly (readonly (string | null)[])[];
  readonly scannedBytes: number;
  readonly milliseconds: number;
}

/** SQL over the lake (Athena). Throws QUERY_FAILED with the engine's message. */
export interface QueryEngine {
  query(sql: string, options?: { readonly database?: string }): Promise<QueryResult>;
}
