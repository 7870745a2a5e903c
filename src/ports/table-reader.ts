import type { Row } from '#core/schema/field.ts';

/** Reads single columns of a table's data files; for the few places that need rows, not SQL. */
export interface TableReader {
  /**
   * The named columns of one data file, row by row in file order, in the values of `Row`. A column that
   * the file does not have is null in every row. Throws OBJECT_NOT_FOUND, FORMAT_CORRUPT.
   */
  readRows(fileUri: string, columns: readonly string[]): Promise<readonly Row[]>;
}
