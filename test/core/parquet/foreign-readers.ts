/** Two readers that share no code with the writer: hyparquet (JavaScript) and DuckDB (C++). */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { zstdDecompressSync } from 'node:zlib';
import {
  DuckDBBlobValue,
  type DuckDBConnection,
  DuckDBDateValue,
  DuckDBDecimalValue,
  DuckDBInstance,
  DuckDBListValue,
  DuckDBMapValue,
  DuckDBStructValue,
  DuckDBTimestampValue,
  type DuckDBValue,
} from '@duckdb/node-api';
import { type FileMetaData, parquetMetadata, parquetReadObjects } from 'hyparquet';
import type { IcebergType, NestedField } from '#core/iceberg/spec/schema.ts';
import type { Row, Value } from '#core/schema/field.ts';

/** Footer as hyparquet understands it. */
export function readFooter(bytes: Uint8Array): FileMetaData {
  return parquetMetadata(toArrayBuffer(bytes));
}

/** All rows, in row representation. */
export async function readWithHyparquet(
  bytes: Uint8Array,
  fields: readonly NestedField[],
): Promise<Row[]> {
  const file = toArrayBuffer(bytes);
  const metadata = parquetMetadata(file);
  for (const element of metadata.schema) {
    // Without the annotation the unscaled value comes back; with it a rounded double.
    if (element.converted_type === 'DECIMAL') {
      element.converted_type = undefined;
      element.logical_type = undefined;
    }
  }
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  const rows = await parquetReadObjects({
    file,
    metadata,
    utf8: false,
    compressors: { ZSTD: (input) => zstdDecompressSync(input) },
    parsers: {
      dateFromDays: (days) => days,
      timestampFromMicroseconds: (micros) => micros,
      stringFromBytes: (utf8) => utf8 && decoder.decode(utf8),
    },
  });
  return rows.map((row) => toRow(fields, (field) => fromHyparquet(field.type, row[field.name])));
}

export interface DuckDb {
  /** All rows of a Parquet file, in row representation. */
  readonly read: (bytes: Uint8Array, fields: readonly NestedField[]) => Promise<Row[]>;
  /** Rows of a statement in which `$file` stands for the file, as JSON values. */
  readonly query: (bytes: Uint8Array, sql: string) => Promise<Record<string, unknown>[]>;
  readonly close: () => Promise<void>;
}

/** An in-memory DuckDB and a temporary directory; `close` removes both. */
export async function openDuckDb(): Promise<DuckDb> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
  const connection = await instance.connect();
  const directory = await mkdtemp(join(tmpdir(), 'sluice-parquet-'));
  let fileCount = 0;
  const run = async (bytes: Uint8Array, sql: string) => {
    fileCount += 1;
    const path = join(directory, `${fileCount}.parquet`);
    await writeFile(path, bytes);
    try {
      return await runSql(connection, sql.replaceAll('$file', `'${path}'`));
    } finally {
      await rm(path);
    }
  };
  return {
    read: async (bytes, fields) => {
      const rows = (await run(bytes, 'SELECT * FROM read_parquet($file)')).getRowObjects();
      return rows.map((row) =>
        toRow(fields, (field) => fromDuckDb(field.type, row[field.name] ?? null)),
      );
    },
    query: async (bytes, sql) => (await run(bytes, sql)).getRowObjectsJson(),
    close: async () => {
      connection.closeSync();
      instance.closeSync();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

function runSql(connection: DuckDBConnection, sql: string) {
  return connection.runAndReadAll(sql);
}

function toArrayBuffer(bytes: Uint8Array): ArrayBuffer {
  return new Uint8Array(bytes).buffer;
}

function toRow(fields: readonly NestedField[], read: (field: NestedField) => Value): Row {
  return Object.fromEntries(fields.map((field) => [field.name, read(field)]));
}

function fromHyparquet(type: IcebergType, value: unknown): Value {
  if (value === null || value === undefined) return null;
  if (typeof type === 'string') return fromHyparquetPrimitive(type, value);
  switch (type.type) {
    case 'struct': {
      const row = value as Record<string, unknown>;
      return toRow(type.fields, (field) => fromHyparquet(field.type, row[field.name]));
    }
    case 'list':
      return (value as unknown[]).map((item) => fromHyparquet(type.element, item));
    case 'map':
      return new Map(
        Object.entries(value).map(([key, item]) => [key, fromHyparquet(type.value, item)]),
      );
  }
}

function fromHyparquetPrimitive(type: string, value: unknown): Value {
  if (!type.startsWith('decimal')) return value as Value;
  if (!(value instanceof Uint8Array)) return BigInt(value as number | bigint);
  const magnitude = value.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
  return BigInt.asIntN(8 * value.length, magnitude);
}

function fromDuckDb(type: IcebergType, value: DuckDBValue): Value {
  if (value instanceof DuckDBDecimalValue) return value.value;
  if (value instanceof DuckDBDateValue) return value.days;
  if (value instanceof DuckDBTimestampValue) return value.micros;
  if (value instanceof DuckDBBlobValue) return Uint8Array.from(value.bytes);
  if (value instanceof DuckDBListValue && typeof type === 'object' && type.type === 'list') {
    return value.items.map((item) => fromDuckDb(type.element, item));
  }
  if (value instanceof DuckDBMapValue && typeof type === 'object' && type.type === 'map') {
    return new Map(
      value.entries.map(({ key, value: item }) => [
        fromDuckDb(type.key, key) as string,
        fromDuckDb(type.value, item),
      ]),
    );
  }
  if (value instanceof DuckDBStructValue && typeof type === 'object' && type.type === 'struct') {
    return toRow(type.fields, (field) => fromDuckDb(field.type, value.entries[field.name] ?? null));
  }
  return value as Value;
}
