/**
 * The end of a Parquet file.
 *
 * ```
 * file   := "PAR1" row-group* FileMetaData (thrift) length, 4 bytes little-endian "PAR1"
 * schema := root element, then every node depth first
 * ```
 *
 * Source: parquet-format README.md §File format; parquet.thrift.
 */
import type { ColumnChunk } from './column-chunk.ts';
import { CODEC_IDS, concatBytes, ENCODING_IDS, PAGE_TYPE_IDS } from './page.ts';
import { CONVERTED_TYPE_IDS, PHYSICAL_TYPE_IDS } from './physical-type.ts';
import { leavesOf, type SchemaNode } from './schema-node.ts';
import { statisticsStruct } from './statistics.ts';
import {
  encodeThrift,
  i16,
  i32,
  i64,
  list,
  string,
  struct,
  type ThriftValue,
} from './thrift-compact.ts';

/** "PAR1" */
export const PARQUET_MAGIC = Uint8Array.of(0x50, 0x41, 0x52, 0x31);

/** parquet.thrift `FieldRepetitionType`. */
const REPETITION_IDS = { REQUIRED: 0, OPTIONAL: 1, REPEATED: 2 } as const;

/** Writers say 1 whatever they use: what 2 means was never settled (parquet.thrift `FileMetaData`). */
const FILE_VERSION = 1;

/** Name of the root element; readers ignore it. */
const ROOT_NAME = 'table';

/** A row group and where it lies in the file. */
export interface StoredRowGroup {
  readonly rowCount: number;
  readonly fileOffset: number;
  readonly chunks: readonly ColumnChunk[];
}

export interface FooterContent {
  readonly rowCount: number;
  readonly rowGroups: readonly StoredRowGroup[];
  readonly keyValues: Readonly<Record<string, string>>;
  readonly createdBy: string;
}

/** Metadata, its length and the closing magic. */
export function encodeFooter(nodes: readonly SchemaNode[], content: FooterContent): Uint8Array {
  const metadata = encodeThrift(
    struct({
      1: i32(FILE_VERSION),
      2: list([
        struct({ 4: string(ROOT_NAME), 5: i32(nodes.length) }),
        ...nodes.flatMap(schemaElements),
      ]),
      3: i64(content.rowCount),
      4: list(content.rowGroups.map(rowGroupStruct)),
      5: list(
        Object.entries(content.keyValues).map(([key, value]) =>
          struct({ 1: string(key), 2: string(value) }),
        ),
      ),
      6: string(content.createdBy),
      // TYPE_ORDER for every leaf: without it readers must ignore min_value and max_value.
      7: list(leavesOf(nodes).map(() => struct({ 1: struct({}) }))),
    }),
  );
  return concatBytes([
    metadata,
    new Uint8Array(Int32Array.of(metadata.length).buffer),
    PARQUET_MAGIC,
  ]);
}

function schemaElements(node: SchemaNode): ThriftValue[] {
  switch (node.kind) {
    case 'leaf': {
      const { physicalType, typeLength, convertedType, logicalType, decimal } = node.storage;
      return [
        struct({
          1: i32(PHYSICAL_TYPE_IDS[physicalType]),
          2: optionalI32(typeLength),
          ...nodeFields(node),
          6: optionalI32(convertedType),
          7: optionalI32(decimal?.scale),
          8: optionalI32(decimal?.precision),
          10: logicalType,
        }),
      ];
    }
    case 'struct':
      return [
        struct({ ...nodeFields(node), 5: i32(node.children.length) }),
        ...node.children.flatMap(schemaElements),
      ];
    case 'list':
      return [
        groupElement(node, CONVERTED_TYPE_IDS.LIST, { 3: struct({}) }),
        repeatedElement('list', 1),
        ...schemaElements(node.element),
      ];
    case 'map':
      return [
        groupElement(node, CONVERTED_TYPE_IDS.MAP, { 2: struct({}) }),
        repeatedElement('key_value', 2),
        ...schemaElements(node.key),
        ...schemaElements(node.value),
      ];
  }
}

function nodeFields(node: SchemaNode): Record<number, ThriftValue> {
  return {
    3: i32(node.required ? REPETITION_IDS.REQUIRED : REPETITION_IDS.OPTIONAL),
    4: string(node.name),
    9: i32(node.fieldId),
  };
}

/** The annotated group of a list or map, which has the repeated group as its one child. */
function groupElement(
  node: SchemaNode,
  convertedType: number,
  logicalType: Record<number, ThriftValue>,
): ThriftValue {
  return struct({
    ...nodeFields(node),
    5: i32(1),
    6: i32(convertedType),
    10: struct(logicalType),
  });
}

/** The repeated group in the middle has no counterpart in Iceberg, hence no field id. */
function repeatedElement(name: string, childCount: number): ThriftValue {
  return struct({ 3: i32(REPETITION_IDS.REPEATED), 4: string(name), 5: i32(childCount) });
}

function optionalI32(value: number | undefined): ThriftValue | undefined {
  return value === undefined ? undefined : i32(value);
}

function rowGroupStruct(rowGroup: StoredRowGroup, ordinal: number): ThriftValue {
  const { chunks, fileOffset } = rowGroup;
  let chunkOffset = fileOffset;
  const columns = chunks.map((chunk) => {
    const column = columnChunkStruct(chunk, chunkOffset);
    chunkOffset += chunk.storedBytes;
    return column;
  });
  return struct({
    1: list(columns),
    2: i64(chunks.reduce((bytes, chunk) => bytes + chunk.uncompressedBytes, 0)),
    3: i64(rowGroup.rowCount),
    5: i64(fileOffset),
    6: i64(chunkOffset - fileOffset),
    // The field has 16 bits and is optional.
    7: ordinal < 2 ** 15 ? i16(ordinal) : undefined,
  });
}

function columnChunkStruct(chunk: ColumnChunk, offset: number): ThriftValue {
  const { leaf, dictionaryPageBytes } = chunk;
  const hasDictionary = dictionaryPageBytes > 0;
  const encodings = new Set<number>([ENCODING_IDS[chunk.encoding]]);
  if (hasDictionary) encodings.add(ENCODING_IDS.PLAIN);
  if (leaf.maxDefinitionLevel > 0) encodings.add(ENCODING_IDS.RLE);
  const metadata = struct({
    1: i32(PHYSICAL_TYPE_IDS[leaf.storage.physicalType]),
    2: list([...encodings].map(i32)),
    3: list(leaf.pathInSchema.map(string)),
    4: i32(CODEC_IDS[chunk.codec]),
    5: i64(chunk.valueCount),
    6: i64(chunk.uncompressedBytes),
    7: i64(chunk.storedBytes),
    9: i64(offset + dictionaryPageBytes),
    11: hasDictionary ? i64(offset) : undefined,
    12: statisticsStruct(leaf, chunk.statistics),
    13: list(encodingStatistics(chunk)),
  });
  // file_offset 0: no copy of the column metadata outside the footer.
  return struct({ 2: i64(0), 3: metadata });
}

/** Lets readers see that all data pages are dictionary-encoded, so that they can prune by dictionary. */
function encodingStatistics(chunk: ColumnChunk): ThriftValue[] {
  const dataPages = struct({
    1: i32(PAGE_TYPE_IDS.DATA_PAGE),
    2: i32(ENCODING_IDS[chunk.encoding]),
    3: i32(chunk.dataPageCount),
  });
  if (chunk.dictionaryPageBytes === 0) return [dataPages];
  const dictionaryPage = struct({
    1: i32(PAGE_TYPE_IDS.DICTIONARY_PAGE),
    2: i32(ENCODING_IDS.PLAIN),
    3: i32(1),
  });
  return [dictionaryPage, dataPages];
}
