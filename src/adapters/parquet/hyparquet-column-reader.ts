import {
  type AsyncBuffer,
  type FileMetaData,
  parquetMetadataAsync,
  parquetRead,
  type RowGroup,
} from 'hyparquet';
import { SluiceError } from '#core/errors.ts';
import type { NestedField } from '#core/iceberg/spec/schema.ts';
import type { Value } from '#core/schema/field.ts';
import type { ColumnBlock, ColumnReader } from '#ports/column-reader.ts';
import type { ObjectStore, StreamingObjectStore } from '#ports/object-store.ts';
import { checkedFile, checkFooter } from './check-pages.ts';
import { COMPRESSORS, PARSERS, withoutDecimals, withoutMaps } from './hyparquet-codecs.ts';
import { columnConverter, type ParquetNode, parquetNodes } from './parquet-values.ts';

const WHOLE_FILE_BYTES = 16 * 1024 * 1024;

/**
 * ColumnReader by hyparquet, which shares no code with our Parquet writer. Of a large file one row group is in
 * memory at a time, where the store can read from the middle of an object.
 */
export function createHyparquetColumnReader(
  store: ReadableStore,
  options: {
    /** A file up to this size is fetched whole: one request is cheaper than one per column. @default 16 MiB */
    readonly wholeFileBytes?: number;
  } = {},
): ColumnReader {
  const { wholeFileBytes = WHOLE_FILE_BYTES } = options;
  return {
    readBlocks: (file, fields) => {
      const open = () => openFile(store, file, wholeFileBytes);
      return naming(file.uri, readBlocks(open, fields));
    },
  };
}

type ReadableStore = Pick<ObjectStore, 'get'> & Partial<Pick<StreamingObjectStore, 'read'>>;

async function openFile(
  store: ReadableStore,
  { uri, sizeBytes }: { readonly uri: string; readonly sizeBytes: number },
  wholeFileBytes: number,
): Promise<AsyncBuffer> {
  return store.read === undefined || sizeBytes <= wholeFileBytes
    ? wholeFile(await store.get(uri))
    : partialFile(store.read.bind(store), { uri, sizeBytes });
}

async function* readBlocks(
  open: () => Promise<AsyncBuffer>,
  fields: readonly NestedField[],
): AsyncGenerator<ColumnBlock> {
  const file = await open();
  const metadata = withoutMaps(withoutDecimals(await parquetMetadataAsync(file)));
  checkFooter(metadata);
  const nodes = nodesById(metadata);
  let firstRow = 0;
  for (const group of metadata.row_groups) {
    const rowCount = Number(group.num_rows);
    const range = { firstRow, rowCount };
    if (rowCount > 0)
      yield { ...range, columns: await readGroup(file, metadata, { group, range, nodes, fields }) };
    firstRow += rowCount;
  }
}

/** Top-level columns by field id. */
function nodesById({ schema }: FileMetaData): ReadonlyMap<number, ParquetNode> {
  const nodes = parquetNodes(schema);
  if (nodes.length > 0 && nodes.every(({ element }) => element.field_id === undefined)) {
    throw new SluiceError(
      'FEATURE_UNSUPPORTED',
      'expected field ids in the schema of the file, got none; rewrite it with an engine that adds them',
    );
  }
  return new Map(nodes.map((node) => [node.element.field_id ?? -1, node]));
}

async function readGroup(
  file: AsyncBuffer,
  metadata: FileMetaData,
  work: {
    readonly group: RowGroup;
    readonly range: { readonly firstRow: number; readonly rowCount: number };
    readonly nodes: ReadonlyMap<number, ParquetNode>;
    readonly fields: readonly NestedField[];
  },
): Promise<readonly (readonly Value[])[]> {
  const { firstRow, rowCount } = work.range;
  const wanted = work.fields.map((field) => ({ field, node: work.nodes.get(field.id) ?? null }));
  const columns = [...new Set(wanted.flatMap(({ node }) => node?.element.name ?? []))];
  const raw = new Map<string, unknown[]>();
  if (columns.length > 0) {
    const checked = checkedFile(file, metadata, new Set(columns));
    await parquetRead({
      file: checked,
      metadata,
      columns,
      rowStart: firstRow,
      rowEnd: firstRow + rowCount,
      compressors: COMPRESSORS,
      parsers: PARSERS,
      utf8: false,
      onChunk: ({ columnName, columnData }) => {
        const values = raw.get(columnName) ?? [];
        for (let row = 0; row < columnData.length; row++) values.push(columnData[row]);
        raw.set(columnName, values);
      },
    });
    checked.requireChecked(work.group);
  }
  return wanted.map(({ field, node }) => {
    if (node === null) return new Array<Value>(rowCount).fill(null);
    const values = raw.get(node.element.name) ?? [];
    if (values.length !== rowCount) {
      throw new SluiceError(
        'FORMAT_CORRUPT',
        `column "${node.element.name}": expected ${rowCount} values in the row group, got ${values.length}`,
      );
    }
    const convert = columnConverter(field.type, node);
    return values.map(convert);
  });
}

function wholeFile(bytes: Uint8Array): AsyncBuffer {
  return {
    byteLength: bytes.byteLength,
    slice: (start, end) => Uint8Array.from(bytes.subarray(start, end)).buffer,
  };
}

function partialFile(
  read: StreamingObjectStore['read'],
  { uri, sizeBytes }: { readonly uri: string; readonly sizeBytes: number },
): AsyncBuffer {
  return {
    byteLength: sizeBytes,
    slice: async (start, end = sizeBytes) => {
      const bytes = new Uint8Array(end - start);
      let filled = 0;
      for await (const chunk of read(uri, { offset: start })) {
        const part = chunk.subarray(0, bytes.length - filled);
        bytes.set(part, filled);
        filled += part.length;
        if (filled === bytes.length) break;
      }
      return bytes.buffer.slice(0, filled);
    },
  };
}

async function* naming(
  uri: string,
  blocks: AsyncIterable<ColumnBlock>,
): AsyncGenerator<ColumnBlock> {
  try {
    yield* blocks;
  } catch (cause) {
    const problem = cause instanceof Error ? cause.message : String(cause);
    if (cause instanceof SluiceError) {
      if (cause.retryable || cause.message.includes(uri)) throw cause;
      throw new SluiceError(cause.code, `${uri}: ${problem}`, { cause });
    }
    throw new SluiceError('FORMAT_CORRUPT', `${uri}: cannot be read: ${problem}`, { cause });
  }
}
