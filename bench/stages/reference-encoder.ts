import { constants, zstdCompressSync } from 'node:zlib';
import avsc from 'avsc';
import { type ColumnSource, parquetWriteBuffer } from 'hyparquet-writer';
import type { NestedField } from '#core/iceberg/spec/schema.ts';

/**
 * The usual way from Avro to Parquet in JavaScript: avsc makes one object of each event, these become columns, and
 * hyparquet-writer makes a file of them; zstd level 1 of node:zlib, as ours.
 */
export function createReferenceEncoder(
  schema: unknown,
  fields: readonly NestedField[],
): (bodies: readonly Buffer[]) => Uint8Array {
  const type = avsc.Type.forSchema(schema as avsc.Schema);
  const columns = fields.map((field) => ({ field, type: foreignType(field) }));
  return (bodies) => {
    const rows = bodies.map((body) => type.fromBuffer(body) as Record<string, unknown>);
    const columnData = columns.map(({ field, type }): ColumnSource => {
      const { name, required } = field;
      const data =
        type === 'INT64'
          ? rows.map((row) => toBigint(row[name]))
          : rows.map((row) => row[name] ?? null);
      return { name, type, nullable: !required, data };
    });
    return new Uint8Array(
      parquetWriteBuffer({
        columnData,
        codec: 'ZSTD',
        compressors: { ZSTD: compress },
        // As ours: a batch is one row group.
        rowGroupSize: bodies.length,
      }),
    );
  };
}

const FOREIGN_TYPES = {
  string: 'STRING',
  timestamp: 'INT64',
  long: 'INT64',
  double: 'DOUBLE',
} as const;

function foreignType({ name, type }: NestedField) {
  const found = Object.entries(FOREIGN_TYPES).find(([own]) => own === type)?.[1];
  if (found === undefined) throw new Error(`column ${name}: expected a type of a tick`);
  return found;
}

/** avsc gives longs as numbers, the writer takes bigints. */
function toBigint(value: unknown): bigint | null {
  return typeof value === 'number' ? BigInt(value) : null;
}

function compress(input: Uint8Array): Uint8Array {
  return zstdCompressSync(input, { params: { [constants.ZSTD_c_compressionLevel]: 1 } });
}
