import {
  type FileMetaData,
  parquetMetadata,
  parquetReadObjects,
  type SchemaElement,
} from 'hyparquet';
import { SluiceError } from '#core/errors.ts';
import type { Row, Value } from '#core/schema/field.ts';
import type { ObjectStore } from '#ports/object-store.ts';
import type { TableReader } from '#ports/table-reader.ts';
import { checkFooter, checkPages } from './check-pages.ts';
import {
  COMPRESSORS,
  isDecimal,
  PARSERS,
  unscaledOf,
  withoutDecimals,
} from './hyparquet-codecs.ts';

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
        if (cause instanceof SluiceError) {
          throw new SluiceError(cause.code, `${fileUri}: ${cause.message}`, { cause });
        }
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
  checkFooter(metadata);
  checkPages({ offset: 0, bytes: new Uint8Array(file) }, metadata, new Set(columns));
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

function arrayBufferOf(bytes: Uint8Array): ArrayBuffer {
  const { buffer, byteOffset, byteLength } = bytes;
  const isWhole = byteOffset === 0 && byteLength === buffer.byteLength;
  if (isWhole && buffer instanceof ArrayBuffer) return buffer;
  return Uint8Array.from(bytes).buffer;
}
