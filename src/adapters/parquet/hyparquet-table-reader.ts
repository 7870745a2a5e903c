import zlib from 'node:zlib';
import {
  type FileMetaData,
  type ParquetParsers,
  parquetMetadata,
  parquetReadObjects,
  type SchemaElement,
} from 'hyparquet';
import { SluiceError } from '#core/errors.ts';
import type { Row, Value } from '#core/schema/field.ts';
import type { ObjectStore } from '#ports/object-store.ts';
import type { TableReader } from '#ports/table-reader.ts';

/**
 * TableReader by hyparquet, which shares no code with our Parquet writer. It fetches whole files: those
 * it is used for are small, and a second request costs more time than the other columns.
 * Throws FEATURE_UNSUPPORTED for a nested column.
 */
export function createHyparquetTableReader(store: Pick<ObjectStore, 'get'>): TableReader {
  return {
    readRows: async (fileUri, columns) => {
      const bytes = await store.get(fileUri);
      try {
        return await readRows(arrayBufferOf(bytes), columns);
      } catch (cause) {
        if (cause instanceof SluiceError) throw cause;
        const problem = cause instanceof Error ? cause.message : String(cause);
        throw new SluiceError('FORMAT_CORRUPT', `${fileUri}: cannot be read: ${problem}`, {
          cause,
        });
      }
    },
  };
}

async function readRows(file: ArrayBuffer, columns: readonly string[]): Promise<readonly Row[]> {
  const metadata = parquetMetadata(file);
  const elements = new Map(topLevelElements(metadata).map((element) => [element.name, element]));
  const converters = columns.map((name) => ({ name, convert: converterOf(elements.get(name)) }));
  const rows: Record<string, unknown>[] = await parquetReadObjects({
    file,
    metadata: withoutDecimals(metadata),
    columns: columns.filter((name) => elements.has(name)),
    compressors: COMPRESSORS,
    parsers: PARSERS,
    utf8: false,
  });
  return rows.map((row) =>
    Object.fromEntries(converters.map(({ name, convert }) => [name, convert(row[name])])),
  );
}

/** The schema is a tree in depth-first order, the root first. Source: parquet.thrift, `FileMetaData.schema`. */
function topLevelElements({ schema }: FileMetaData): readonly SchemaElement[] {
  const elements: SchemaElement[] = [];
  let pending = 0;
  for (const element of schema.slice(1)) {
    if (pending === 0) elements.push(element);
    else pending--;
    pending += element.num_children ?? 0;
  }
  return elements;
}

/** hyparquet rounds decimals to doubles; without their annotation they come as they are stored. */
function withoutDecimals(metadata: FileMetaData): FileMetaData {
  return {
    ...metadata,
    schema: metadata.schema.map((element) => {
      if (!isDecimal(element)) return element;
      const { converted_type: _converted, logical_type: _logical, ...raw } = element;
      return raw;
    }),
  };
}

function isDecimal({ converted_type, logical_type }: SchemaElement): boolean {
  return converted_type === 'DECIMAL' || logical_type?.type === 'DECIMAL';
}

/** From what hyparquet gives for a column to the value of a row; a missing column is null. */
function converterOf(element: SchemaElement | undefined): (raw: unknown) => Value {
  if (element === undefined) return () => null;
  if (element.type === undefined || element.repetition_type === 'REPEATED') {
    throw new SluiceError(
      'FEATURE_UNSUPPORTED',
      `column "${element.name}": expected a primitive column, got a nested one; read it with SQL`,
    );
  }
  return isDecimal(element) ? unscaledOf : plainValue;
}

function plainValue(raw: unknown): Value {
  if (raw instanceof Uint8Array) return raw.slice();
  return (raw ?? null) as Value;
}

/** INT32, INT64, or big-endian two's complement bytes. Source: parquet-format LogicalTypes.md §DECIMAL. */
function unscaledOf(raw: unknown): Value {
  if (typeof raw === 'number' || typeof raw === 'bigint') return BigInt(raw);
  if (!(raw instanceof Uint8Array)) return null;
  const digits = Buffer.from(raw).toString('hex');
  return BigInt.asIntN(raw.length * 8, BigInt(digits === '' ? 0 : `0x${digits}`));
}

const PARSERS: Partial<ParquetParsers> = {
  timestampFromMilliseconds: (millis) => millis * 1000n,
  timestampFromMicroseconds: (micros) => micros,
  timestampFromNanoseconds: (nanos) => nanos / 1000n,
  dateFromDays: (days) => days,
  // Buffer keeps a leading byte order mark, which TextDecoder drops: it may be part of an identity.
  stringFromBytes: (bytes) =>
    Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8'),
};

const COMPRESSORS = {
  ZSTD: (input: Uint8Array, sizeBytes: number) =>
    zlib.zstdDecompressSync(input, { maxOutputLength: Math.max(1, sizeBytes) }),
  GZIP: (input: Uint8Array, sizeBytes: number) =>
    zlib.gunzipSync(input, { maxOutputLength: Math.max(1, sizeBytes) }),
};

function arrayBufferOf(bytes: Uint8Array): ArrayBuffer {
  const { buffer, byteOffset, byteLength } = bytes;
  const isWhole = byteOffset === 0 && byteLength === buffer.byteLength;
  if (isWhole && buffer instanceof ArrayBuffer) return buffer;
  return Uint8Array.from(bytes).buffer;
}
