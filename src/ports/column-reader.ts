import type { NestedField } from '#core/iceberg/spec/schema.ts';
import type { Value } from '#core/schema/field.ts';

/** Rows of a data file, column by column. */
export interface ColumnBlock {
  /** Number of the first row in the file, from 0. */
  readonly firstRow: number;
  readonly rowCount: number;
  /** In the order of the fields asked for; each has `rowCount` values. */
  readonly columns: readonly (readonly Value[])[];
}

/** Reads data files of any size, for those who write them anew. */
export interface ColumnReader {
  /**
   * The fields of one data file, found by field id and in the type asked for, block by block in file order: a block
   * is what the file stores together (a row group), the next one is read when it is asked for. A field that the file does
   * not have is null in every row. Throws OBJECT_NOT_FOUND, FORMAT_CORRUPT; FEATURE_UNSUPPORTED for a file without field ids.
   */
  readBlocks(
    file: { readonly uri: string; readonly sizeBytes: number },
    fields: readonly NestedField[],
  ): AsyncIterable<ColumnBlock>;
}
