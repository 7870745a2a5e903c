import zlib from 'node:zlib';
import avsc from 'avsc';
import { SluiceError } from '../errors.ts';
import { AvroCursor, avroCorrupt } from './avro-cursor.ts';
import { type AvroSchema, compileDatumReader, type RecordKey } from './datum-reader.ts';

/*
 * Avro object container files, whole and in memory.
 *
 *   file  => magic meta sync block*
 *   magic => 'O' 'b' 'j' 0x01
 *   meta  => map<bytes>            // avro.schema, avro.codec, further keys
 *   block => count:long size:long data[size] sync
 *   sync  => 16 bytes, the same in the header and after every block
 *
 * Source: Avro 1.12 §Object Container Files.
 */
const MAGIC = Buffer.from('Obj\x01', 'latin1');
export const SYNC_MARKER_BYTES = 16;
/** Uncompressed bytes after which a block is closed. */
const BLOCK_BYTES = 256 * 1024;
/** Readers refuse a block that inflates beyond this: 64 times the manifest size writers aim at. */
const MAX_INFLATED_BLOCK_BYTES = 512 * 1024 * 1024;

export interface ObjectContainer {
  readonly schema: AvroSchema;
  /** Keys of the header without the `avro.` ones. */
  readonly metadata: ReadonlyMap<string, string>;
  readonly records: readonly unknown[];
}

/**
 * Encodes records under a schema. The schema JSON goes into the header as given: avsc would drop
 * `field-id`, `element-id` and `logicalType`, by which Iceberg readers resolve columns.
 * Longs are bigint (safe numbers are accepted), bytes and fixed are Buffers. The caller supplies the
 * sync marker, so equal input gives equal bytes. Throws TABLE_INVALID when a record does not fit.
 */
export function encodeObjectContainer(
  schema: AvroSchema,
  records: readonly unknown[],
  options: {
    readonly metadata: Readonly<Record<string, string>>;
    readonly syncMarker: Uint8Array;
    readonly codec?: 'null' | 'deflate';
  },
): Uint8Array {
  const { metadata, syncMarker, codec = 'deflate' } = options;
  if (syncMarker.length !== SYNC_MARKER_BYTES) {
    throw new RangeError(`expected a sync marker of 16 bytes, got ${syncMarker.length}`);
  }
  const parts: Uint8Array[] = [
    MAGIC,
    encodeHeader({ 'avro.schema': JSON.stringify(schema), 'avro.codec': codec, ...metadata }),
    syncMarker,
  ];
  for (const block of encodeBlocks(schema, records)) {
    const data = codec === 'deflate' ? zlib.deflateRawSync(block.data) : block.data;
    parts.push(LONG.toBuffer(block.count), LONG.toBuffer(data.length), data, syncMarker);
  }
  return Buffer.concat(parts);
}

/**
 * Decodes a container file; see DatumReader for the values. Codecs: null, deflate, zstandard.
 * Throws FORMAT_CORRUPT, and FEATURE_UNSUPPORTED for another codec.
 */
export function decodeObjectContainer(
  bytes: Uint8Array,
  options: { readonly recordKey?: RecordKey } = {},
): ObjectContainer {
  const cursor = new AvroCursor(bytes);
  if (!MAGIC.equals(cursor.take(MAGIC.length))) {
    throw avroCorrupt('expected an object container file ("Obj" 1)');
  }
  const header = readHeader(cursor);
  const syncMarker = cursor.take(SYNC_MARKER_BYTES);
  const schema = parseHeaderSchema(header.get('avro.schema'));
  const codec = header.get('avro.codec') ?? 'null';
  const read = compileDatumReader(schema, options.recordKey ?? nameOfField);
  const records: unknown[] = [];
  while (cursor.remaining > 0) {
    const count = cursor.readLong();
    const data = inflate(cursor.take(cursor.readLength()), codec);
    if (!Buffer.from(syncMarker).equals(cursor.take(SYNC_MARKER_BYTES))) {
      throw avroCorrupt('sync marker after a block differs from the header');
    }
    const block = new AvroCursor(data);
    if (count < 0n || count > BigInt(data.length)) {
      throw avroCorrupt(`block announces ${count} records in ${data.length} bytes`);
    }
    for (let index = 0; index < Number(count); index++) records.push(read(block));
    if (block.remaining > 0) throw avroCorrupt(`${block.remaining} bytes follow a block's records`);
  }
  const metadata = new Map([...header].filter(([key]) => !key.startsWith('avro.')));
  return { schema, metadata, records };
}

const HEADER = avsc.Type.forSchema({ type: 'map', values: 'bytes' });
const LONG = avsc.Type.forSchema('long');

/** 64-bit longs without loss: avsc's own long stops at 2^53. */
const BIGINT_LONG = avsc.types.LongType.__with({
  fromBuffer: (buffer: Buffer) => buffer.readBigInt64LE(),
  toBuffer: (value: bigint | number) => {
    const buffer = Buffer.alloc(8);
    buffer.writeBigInt64LE(BigInt(value));
    return buffer;
  },
  fromJSON: (value: bigint | number | string) => BigInt(value),
  toJSON: (value: bigint | number) => value.toString(),
  isValid: (value: unknown) =>
    typeof value === 'bigint' ? BigInt.asIntN(64, value) === value : Number.isSafeInteger(value),
  compare: (a: bigint, b: bigint) => (a < b ? -1 : a > b ? 1 : 0),
});

function encodeHeader(entries: Readonly<Record<string, string>>): Uint8Array {
  const map: Record<string, Buffer> = {};
  for (const [key, value] of Object.entries(entries)) map[key] = Buffer.from(value, 'utf8');
  return HEADER.toBuffer(map);
}

function* encodeBlocks(
  schema: AvroSchema,
  records: readonly unknown[],
): Generator<{ readonly count: number; readonly data: Uint8Array }> {
  const type = typeOf(schema);
  let pending: Uint8Array[] = [];
  let pendingBytes = 0;
  for (const record of records) {
    const datum = encodeDatum(type, record);
    pending.push(datum);
    pendingBytes += datum.length;
    if (pendingBytes < BLOCK_BYTES) continue;
    yield { count: pending.length, data: Buffer.concat(pending) };
    pending = [];
    pendingBytes = 0;
  }
  if (pending.length > 0) yield { count: pending.length, data: Buffer.concat(pending) };
}

/** A commit writes the same schemas again and again; avsc takes longer to compile one than to encode its records. */
const MAX_TYPES = 100;
const typesByText = new Map<string, avsc.Type>();

function typeOf(schema: AvroSchema): avsc.Type {
  const text = JSON.stringify(schema);
  const known = typesByText.get(text);
  if (known !== undefined) return known;
  const type = avsc.Type.forSchema(withoutAnnotations(schema), {
    registry: { long: BIGINT_LONG },
    wrapUnions: false,
  });
  if (typesByText.size >= MAX_TYPES) typesByText.clear();
  typesByText.set(text, type);
  return type;
}

/** avsc takes its own long for `{"type":"long", …}`; without annotations it takes the registered one. */
function withoutAnnotations(schema: AvroSchema): Parameters<typeof avsc.Type.forSchema>[0] {
  const text = JSON.stringify(schema, (_key, value: unknown) => {
    const type = (value as { readonly type?: unknown } | null)?.type;
    const isAnnotated = typeof value === 'object' && type === 'long' && !('name' in Object(value));
    return isAnnotated ? 'long' : value;
  });
  return JSON.parse(text);
}

function encodeDatum(type: { toBuffer(value: unknown): Uint8Array }, record: unknown): Uint8Array {
  try {
    return type.toBuffer(record);
  } catch (cause) {
    throw new SluiceError('TABLE_INVALID', 'avro: a record does not fit its schema', { cause });
  }
}

function readHeader(cursor: AvroCursor): Map<string, string> {
  const header = new Map<string, string>();
  for (let count = cursor.readBlockCount(); count > 0; count = cursor.readBlockCount()) {
    for (let index = 0; index < count; index++)
      header.set(cursor.readString(), cursor.readString());
  }
  return header;
}

function parseHeaderSchema(text: string | undefined): AvroSchema {
  if (text === undefined) throw avroCorrupt('header has no avro.schema');
  try {
    return JSON.parse(text) as AvroSchema;
  } catch (cause) {
    throw new SluiceError('FORMAT_CORRUPT', 'avro: avro.schema is not JSON', { cause });
  }
}

function inflate(data: Uint8Array, codec: string): Uint8Array {
  if (codec === 'null') return data;
  if (codec !== 'deflate' && codec !== 'zstandard') {
    throw new SluiceError(
      'FEATURE_UNSUPPORTED',
      `avro: expected codec null, deflate or zstandard, got "${codec}"`,
    );
  }
  const limit = { maxOutputLength: MAX_INFLATED_BLOCK_BYTES };
  try {
    return codec === 'deflate'
      ? zlib.inflateRawSync(data, limit)
      : zlib.zstdDecompressSync(data, limit);
  } catch (cause) {
    throw new SluiceError('FORMAT_CORRUPT', `avro: a ${codec} block does not decompress`, {
      cause,
    });
  }
}

function nameOfField(field: { readonly [attribute: string]: unknown }): string {
  return String(field['name']);
}
