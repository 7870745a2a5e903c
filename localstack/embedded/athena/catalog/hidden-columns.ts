import { TIMESTAMP_UTC, type TrinoType, VARCHAR } from '../trino-types/trino-type.ts';

/** Columns every table has beside its own: `SELECT *` leaves them out. */
export interface HiddenColumn {
  readonly name: '$path' | '$file_modified_time';
  readonly physicalName: string;
  readonly type: TrinoType;
}

/** Object that holds the row. Source: Trino documentation, Iceberg connector, Metadata columns. */
export const PATH_COLUMN: HiddenColumn = {
  name: '$path',
  physicalName: 'file_uri',
  type: VARCHAR,
};

/** When that object was written. */
export const MODIFIED_COLUMN: HiddenColumn = {
  name: '$file_modified_time',
  physicalName: 'file_modified',
  type: TIMESTAMP_UTC,
};

export const HIDDEN_COLUMNS: readonly HiddenColumn[] = [PATH_COLUMN, MODIFIED_COLUMN];
