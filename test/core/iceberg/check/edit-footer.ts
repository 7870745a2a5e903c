import {
  readThriftStruct,
  type ThriftStruct,
  type ThriftValue,
} from '#core/iceberg/check/thrift-reader.ts';
import {
  manifestOf,
  objectAt,
  present,
  type TableFiles,
  withEntry,
  withObject,
} from './sound-table.ts';

const TAIL_BYTES = 8;
/** A struct whose fields can be changed. */
export type EditableStruct = Map<number, ThriftValue>;

/** Changes the footer of the newest manifest's first data file, and makes the manifest say its new size. */
export function withFooter(table: TableFiles, edit: (footer: EditableStruct) => void): TableFiles {
  const path = present(manifestOf(table, 'newest').entries[0]).file.filePath;
  const file = Buffer.from(objectAt(table, path));
  const length = file.readUInt32LE(file.length - TAIL_BYTES);
  const start = file.length - TAIL_BYTES - length;
  const footer = editable(readThriftStruct(file.subarray(start, start + length)));
  edit(footer as EditableStruct);
  const encoded = Buffer.from(encodeStruct(footer as EditableStruct));
  const tail = Buffer.alloc(TAIL_BYTES);
  tail.writeUInt32LE(encoded.length);
  tail.write('PAR1', 4, 'latin1');
  const bytes = Buffer.concat([file.subarray(0, start), encoded, tail]);
  const resized = withEntry(table, 'newest', (entry) => ({
    file: { ...entry.file, fileSizeBytes: BigInt(bytes.length) },
  }));
  return withTotalSize(withObject(resized, path, bytes), bytes.length - file.length);
}

/** Structs below a list field. */
export function structs(parent: EditableStruct, id: number): readonly EditableStruct[] {
  return present(parent.get(id)) as unknown as readonly EditableStruct[];
}

export function struct(parent: EditableStruct, id: number): EditableStruct {
  return present(parent.get(id)) as unknown as EditableStruct;
}

/** Summaries carry sizes: they follow the file. */
function withTotalSize(table: TableFiles, change: number): TableFiles {
  const snapshots = table.metadata.snapshots.map((snapshot, index, all) => {
    if (index !== all.length - 1) return snapshot;
    const moved = (key: string) => ({ [key]: String(Number(snapshot.summary[key]) + change) });
    const sizes = { ...moved('total-files-size'), ...moved('added-files-size') };
    return { ...snapshot, summary: { ...snapshot.summary, ...sizes } };
  });
  return { ...table, metadata: { ...table.metadata, snapshots } };
}

function editable(value: ThriftValue): ThriftValue {
  if (Array.isArray(value)) return value.map(editable);
  if (!(value instanceof Map)) return value;
  return new Map([...(value as ThriftStruct)].map(([id, item]) => [id, editable(item)]));
}

function encodeStruct(fields: ThriftStruct): number[] {
  const out: number[] = [];
  let last = 0;
  for (const [id, value] of [...fields].sort(([a], [b]) => a - b)) {
    const type = typeOf(value);
    out.push(((id - last) << 4) | (value === false ? 2 : type), ...encodeValue(value));
    last = id;
  }
  return [...out, 0];
}

function typeOf(value: ThriftValue): number {
  if (typeof value === 'boolean') return 1;
  if (typeof value === 'bigint') return 6;
  if (value instanceof Uint8Array) return 8;
  return Array.isArray(value) ? 9 : 12;
}

function encodeValue(value: ThriftValue): readonly number[] {
  if (typeof value === 'boolean') return [];
  if (typeof value === 'bigint') return varint(BigInt.asUintN(64, (value << 1n) ^ (value >> 63n)));
  if (value instanceof Uint8Array) return [...varint(BigInt(value.length)), ...value];
  if (value instanceof Map) return encodeStruct(value as ThriftStruct);
  const items = value as readonly ThriftValue[];
  const type = items[0] === undefined ? 12 : typeOf(items[0]);
  const head =
    items.length < 15
      ? [(items.length << 4) | type]
      : [0xf0 | type, ...varint(BigInt(items.length))];
  return [...head, ...items.flatMap(encodeValue)];
}

function varint(value: bigint): readonly number[] {
  const out: number[] = [];
  let rest = value;
  for (; rest > 0x7fn; rest >>= 7n) out.push(Number(rest & 0x7fn) | 0x80);
  return [...out, Number(rest)];
}
