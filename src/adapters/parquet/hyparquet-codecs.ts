import zlib from 'node:zlib';
import type { FileMetaData, ParquetParsers, SchemaElement } from 'hyparquet';
import type { Value } from '#core/schema/field.ts';

/** How hyparquet is to give values: as core/schema/field.ts has them. */
export const PARSERS: Partial<ParquetParsers> = {
  timestampFromMilliseconds: (millis) => millis * 1000n,
  timestampFromMicroseconds: (micros) => micros,
  timestampFromNanoseconds: (nanos) => nanos / 1000n,
  dateFromDays: (days) => days,
  // Buffer keeps a leading byte order mark, which TextDecoder drops: it may be part of an identity.
  stringFromBytes: (bytes) =>
    Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8'),
};

export const COMPRESSORS = {
  ZSTD: (input: Uint8Array, sizeBytes: number) =>
    zlib.zstdDecompressSync(input, { maxOutputLength: Math.max(1, sizeBytes) }),
  GZIP: (input: Uint8Array, sizeBytes: number) =>
    zlib.gunzipSync(input, { maxOutputLength: Math.max(1, sizeBytes) }),
};

/** hyparquet rounds decimals to doubles; without their annotation they come as they are stored. */
export function withoutDecimals(metadata: FileMetaData): FileMetaData {
  return withoutAnnotations(metadata, isDecimal);
}

/** hyparquet makes objects of maps, which lose the order and some keys; without the annotation they come as lists of pairs. */
export function withoutMaps(metadata: FileMetaData): FileMetaData {
  return withoutAnnotations(
    metadata,
    ({ converted_type, logical_type }) =>
      converted_type === 'MAP' ||
      converted_type === 'MAP_KEY_VALUE' ||
      logical_type?.type === 'MAP',
  );
}

export function isDecimal({ converted_type, logical_type }: SchemaElement): boolean {
  return converted_type === 'DECIMAL' || logical_type?.type === 'DECIMAL';
}

/** INT32, INT64, or big-endian two's complement bytes. Source: parquet-format LogicalTypes.md §DECIMAL. */
export function unscaledOf(raw: unknown): Value {
  if (typeof raw === 'number' || typeof raw === 'bigint') return BigInt(raw);
  if (!(raw instanceof Uint8Array)) return null;
  const digits = Buffer.from(raw).toString('hex');
  return BigInt.asIntN(raw.length * 8, BigInt(digits === '' ? 0 : `0x${digits}`));
}

function withoutAnnotations(
  metadata: FileMetaData,
  isDropped: (element: SchemaElement) => boolean,
): FileMetaData {
  return {
    ...metadata,
    schema: metadata.schema.map((element) => {
      if (!isDropped(element)) return element;
      const { converted_type: _converted, logical_type: _logical, ...raw } = element;
      return raw;
    }),
  };
}
