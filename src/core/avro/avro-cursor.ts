import { SluiceError } from '../errors.ts';

const MAX_INT = 0x7fff_ffff;
const MIN_INT = -0x8000_0000;
/** Records nest at most this deep; deeper input is an attack on the stack, not data. */
const MAX_RECORD_DEPTH = 64;
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export function avroCorrupt(message: string): SluiceError {
  return new SluiceError('FORMAT_CORRUPT', `avro: ${message}`);
}

/** Reads Avro binary from a byte array; every read is checked against its end. Source: Avro 1.12 §Binary Encoding. */
export class AvroCursor {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #position = 0;
  #depth = 0;

  constructor(bytes: Uint8Array) {
    // A plain view: slice() of a Buffer would share memory instead of copying.
    this.#bytes = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get remaining(): number {
    return this.#bytes.length - this.#position;
  }

  /** The next bytes, as a view of the input. */
  take(length: number): Uint8Array {
    const start = this.#advance(length);
    return this.#bytes.subarray(start, start + length);
  }

  readByte(): number {
    return this.#view.getUint8(this.#advance(1));
  }

  readBoolean(): boolean {
    const byte = this.readByte();
    if (byte > 1) throw avroCorrupt(`expected a boolean of 0 or 1, got ${byte}`);
    return byte === 1;
  }

  readFloat(): number {
    return this.#view.getFloat32(this.#advance(4), true);
  }

  readDouble(): number {
    return this.#view.getFloat64(this.#advance(8), true);
  }

  /** Zig-zag varint of up to 64 bits. */
  readLong(): bigint {
    let low = 0;
    let scale = 1;
    // Seven groups are 49 bits: exact in a double, and nearly every long of a manifest is that short.
    for (let group = 0; group < 7; group++) {
      const byte = this.readByte();
      low += (byte & 0x7f) * scale;
      if (byte < 0x80) return unzigzag(BigInt(low));
      scale *= 128;
    }
    let value = BigInt(low);
    for (let shift = 49n; shift <= 63n; shift += 7n) {
      const byte = this.readByte();
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return unzigzag(checkedUint64(value));
    }
    throw avroCorrupt('expected a varint of at most 10 bytes');
  }

  readInt(): number {
    const value = Number(this.readLong());
    if (value > MAX_INT || value < MIN_INT) throw avroCorrupt(`int ${value} is outside 32 bits`);
    return value;
  }

  /**
   * A count or length that announces at least one byte per unit. Checked before anything is
   * allocated: a flipped bit must not become an endless loop or an exhausted heap.
   */
  readLength(): number {
    const length = this.readLong();
    if (length < 0n || length > BigInt(this.remaining)) {
      throw avroCorrupt(`length ${length} does not fit the ${this.remaining} bytes left`);
    }
    return Number(length);
  }

  /** Item count of an array or map block; 0 ends it. A negative count is followed by the block's size in bytes. */
  readBlockCount(): number {
    const count = this.readLong();
    if (count < 0n) this.readLength();
    const items = count < 0n ? -count : count;
    if (items > BigInt(this.remaining)) {
      throw avroCorrupt(`block of ${items} items does not fit the ${this.remaining} bytes left`);
    }
    return Number(items);
  }

  readBytes(): Uint8Array {
    return this.take(this.readLength()).slice();
  }

  readString(): string {
    const bytes = this.take(this.readLength());
    try {
      return utf8.decode(bytes);
    } catch (cause) {
      throw new SluiceError('FORMAT_CORRUPT', 'avro: expected UTF-8 in a string', { cause });
    }
  }

  /** Runs a record's reader one level deeper. */
  nested<T>(read: () => T): T {
    this.#depth++;
    if (this.#depth > MAX_RECORD_DEPTH) throw avroCorrupt('records nest too deep');
    const value = read();
    this.#depth--;
    return value;
  }

  #advance(length: number): number {
    const start = this.#position;
    if (length > this.#bytes.length - start) {
      throw avroCorrupt(`expected ${length} more bytes at offset ${start}, got ${this.remaining}`);
    }
    this.#position = start + length;
    return start;
  }
}

function unzigzag(value: bigint): bigint {
  return (value >> 1n) ^ -(value & 1n);
}

function checkedUint64(value: bigint): bigint {
  if (value >= 1n << 64n) throw avroCorrupt('varint is outside 64 bits');
  return value;
}
