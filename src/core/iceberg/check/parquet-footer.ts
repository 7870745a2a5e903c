/**
 * What the end of a Parquet file says, as far as Iceberg says it again in a manifest.
 * Source: parquet-format, README.md §File format and parquet.thrift.
 */
import { SluiceError } from '../../errors.ts';
import { readThriftStruct, type ThriftStruct, type ThriftValue } from './thrift-reader.ts';

export interface ParquetFooter {
  readonly rowCount: bigint;
  /** Depth first, without the root. */
  readonly elements: readonly ParquetElement[];
  readonly rowGroups: readonly ParquetRowGroup[];
  readonly keyValues: ReadonlyMap<string, string>;
  /** One per leaf; without them readers must not use min_value and max_value. */
  readonly columnOrderCount: number;
}

/** One element of the schema; a text per property, so that two can be compared at sight. */
export interface ParquetElement {
  readonly name: string;
  readonly fieldId: number | null;
  readonly repetition: 'required' | 'optional' | 'repeated';
  /** Null for a group. */
  readonly physicalType: string | null;
  /** Bytes of a FIXED_LEN_BYTE_ARRAY, else null. */
  readonly typeLength: number | null;
  readonly logicalType: string | null;
  readonly childCount: number;
}

export interface ParquetRowGroup {
  readonly rowCount: bigint;
  /** Where its first page starts. */
  readonly fileOffset: bigint;
  readonly columns: readonly ParquetColumn[];
}

export interface ParquetColumn {
  readonly path: readonly string[];
  readonly physicalType: string;
  readonly valueCount: bigint;
  readonly storedBytes: bigint;
  readonly nullCount: bigint | null;
  /** PLAIN, without the length of byte arrays. */
  readonly min: Uint8Array | null;
  readonly max: Uint8Array | null;
}

const MAGIC = 'PAR1';
const TAIL_BYTES = 8;
const PHYSICAL_TYPES = [
  'BOOLEAN',
  'INT32',
  'INT64',
  'INT96',
  'FLOAT',
  'DOUBLE',
  'BYTE_ARRAY',
  'FIXED_LEN_BYTE_ARRAY',
];
const REPETITIONS = ['required', 'optional', 'repeated'] as const;

/** Reads the footer of a whole file. Throws FORMAT_CORRUPT. */
export function readParquetFooter(file: Uint8Array): ParquetFooter {
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.byteLength);
  const isFramed =
    bytes.length >= MAGIC.length + TAIL_BYTES &&
    bytes.toString('latin1', 0, 4) === MAGIC &&
    bytes.toString('latin1', bytes.length - 4) === MAGIC;
  if (!isFramed) throw corrupt('expected "PAR1" at both ends');
  const length = bytes.readUInt32LE(bytes.length - TAIL_BYTES);
  const start = bytes.length - TAIL_BYTES - length;
  if (start < MAGIC.length) throw corrupt(`${length} bytes of metadata in ${bytes.length}`);
  const root = readThriftStruct(bytes.subarray(start, start + length));
  const [rootElement, ...elements] = structsOf(root, 2).map(readElement);
  if (rootElement === undefined) throw corrupt('expected a root element');
  return {
    rowCount: longOf(root, 3),
    elements,
    rowGroups: structsOf(root, 4).map(readRowGroup),
    keyValues: new Map(structsOf(root, 5).map((pair) => [textOf(pair, 1), textOf(pair, 2)])),
    columnOrderCount: structsOf(root, 7).length,
  };
}

function readElement(element: ThriftStruct): ParquetElement {
  const type = element.get(1);
  const fieldId = element.get(9);
  const typeLength = element.get(2);
  const physicalType = type === undefined ? null : physicalTypeOf(type);
  return {
    name: textOf(element, 4),
    fieldId: fieldId === undefined ? null : Number(fieldId),
    repetition: REPETITIONS[Number(element.get(3) ?? 0)] ?? 'required',
    physicalType,
    typeLength:
      physicalType === 'FIXED_LEN_BYTE_ARRAY' && typeLength !== undefined
        ? Number(typeLength)
        : null,
    logicalType: logicalTypeOf(element),
    childCount: Number(element.get(5) ?? 0),
  };
}

/** Source: parquet.thrift, union LogicalType. */
function logicalTypeOf(element: ThriftStruct): string | null {
  const union = element.get(10);
  if (!(union instanceof Map)) return null;
  const [[id, value] = []] = [...union];
  if (id === undefined || !(value instanceof Map)) return null;
  if (id === 5) return `DECIMAL(${value.get(2)}, ${value.get(1)})`;
  if (id === 8) {
    const unit = value.get(2);
    const units = ['', 'MILLIS', 'MICROS', 'NANOS'];
    const name = unit instanceof Map ? units[Number([...unit.keys()][0])] : undefined;
    return `TIMESTAMP(${name}, ${value.get(1) === true ? 'UTC' : 'local'})`;
  }
  const names: Readonly<Record<number, string>> = { 1: 'STRING', 2: 'MAP', 3: 'LIST', 6: 'DATE' };
  return names[id] ?? `type ${id}`;
}

function readRowGroup(group: ThriftStruct): ParquetRowGroup {
  const columns = structsOf(group, 1).map((chunk) => structOf(chunk, 3));
  const [first] = columns;
  const dataOffset = first === undefined ? 0n : longOf(first, 9);
  const dictionaryOffset = first?.get(11);
  return {
    rowCount: longOf(group, 3),
    fileOffset: dictionaryOffset === undefined ? dataOffset : BigInt(dictionaryOffset as bigint),
    columns: columns.map(readColumn),
  };
}

function readColumn(column: ThriftStruct): ParquetColumn {
  const path = column.get(3);
  const statistics = column.get(12);
  const own: ThriftStruct = statistics instanceof Map ? statistics : new Map();
  const nullCount = own.get(3);
  const bytes = (id: number): Uint8Array | null => {
    const value = own.get(id);
    return value instanceof Uint8Array ? value : null;
  };
  return {
    path: Array.isArray(path) ? path.map((part) => Buffer.from(part as Uint8Array).toString()) : [],
    physicalType: physicalTypeOf(column.get(1)),
    valueCount: longOf(column, 5),
    storedBytes: longOf(column, 7),
    nullCount: typeof nullCount === 'bigint' ? nullCount : null,
    max: bytes(5),
    min: bytes(6),
  };
}

function physicalTypeOf(value: ThriftValue | undefined): string {
  const name = typeof value === 'bigint' ? PHYSICAL_TYPES[Number(value)] : undefined;
  if (name === undefined) throw corrupt('expected a physical type');
  return name;
}

function structsOf(parent: ThriftStruct, id: number): readonly ThriftStruct[] {
  const list = parent.get(id) ?? [];
  if (!Array.isArray(list)) throw corrupt(`expected a list in field ${id}`);
  return list.map((item) => {
    if (item instanceof Map) return item;
    throw corrupt(`expected structs in field ${id}`);
  });
}

function structOf(parent: ThriftStruct, id: number): ThriftStruct {
  const value = parent.get(id);
  if (value instanceof Map) return value;
  throw corrupt(`expected a struct in field ${id}`);
}

function longOf(parent: ThriftStruct, id: number): bigint {
  const value = parent.get(id);
  if (typeof value === 'bigint') return value;
  throw corrupt(`expected a number in field ${id}`);
}

function textOf(parent: ThriftStruct, id: number): string {
  const value = parent.get(id);
  if (value instanceof Uint8Array) return Buffer.from(value).toString('utf8');
  throw corrupt(`expected a text in field ${id}`);
}

function corrupt(problem: string): SluiceError {
  return new SluiceError('FORMAT_CORRUPT', `parquet footer: ${problem}`);
}
