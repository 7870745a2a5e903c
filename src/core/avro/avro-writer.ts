const INITIAL_BYTES = 1024;
/** Zig-zag varints above this are written with bigint arithmetic. */
const MAX_SMALL = 0x3fff_ffff;

/** Writes Avro binary into one growing buffer that is used again for every row. Source: Avro 1.12 §Binary Encoding. */
export class AvroWriter {
  #bytes = Buffer.allocUnsafeSlow(INITIAL_BYTES);
  #length = 0;

  /** Forgets what was written; the buffer stays. */
  reset(): void {
    this.#length = 0;
  }

  /** A copy of what was written since the last reset. */
  toBytes(): Uint8Array {
    return new Uint8Array(this.#bytes.subarray(0, this.#length));
  }

  writeBoolean(value: boolean): void {
    this.#bytes[this.#reserve(1)] = value ? 1 : 0;
  }

  writeFloat(value: number): void {
    const start = this.#reserve(4);
    this.#bytes.writeFloatLE(value, start);
  }

  writeDouble(value: number): void {
    const start = this.#reserve(8);
    this.#bytes.writeDoubleLE(value, start);
  }

  /** Zig-zag varint of a 32-bit integer. */
  writeInt(value: number): void {
    if (value > MAX_SMALL || value < -MAX_SMALL) {
      this.writeLong(BigInt(value));
      return;
    }
    this.#writeVarint(((value << 1) ^ (value >> 31)) >>> 0);
  }

  /** Zig-zag varint of a 64-bit integer; the caller has checked the range. */
  writeLong(value: bigint): void {
    let rest = BigInt.asUintN(64, (value << 1n) ^ (value >> 63n));
    const start = this.#reserve(10);
    let position = start;
    while (rest > 0x7fffffffn) {
      this.#bytes[position++] = Number(rest & 0x7fn) | 0x80;
      rest >>= 7n;
    }
    let small = Number(rest);
    while (small > 0x7f) {
      this.#bytes[position++] = (small & 0x7f) | 0x80;
      small >>>= 7;
    }
    this.#bytes[position++] = small;
    this.#length = position;
  }

  /** Length and content. */
  writeBytes(value: Uint8Array): void {
    this.writeInt(value.byteLength);
    this.writeFixed(value);
  }

  writeFixed(value: Uint8Array): void {
    const start = this.#reserve(value.byteLength);
    this.#bytes.set(value, start);
  }

  /** Length and UTF-8; the caller has checked that the text is well-formed. */
  writeString(value: string): void {
    const sizeBytes = Buffer.byteLength(value);
    this.writeInt(sizeBytes);
    const start = this.#reserve(sizeBytes);
    this.#bytes.write(value, start, 'utf8');
  }

  #writeVarint(value: number): void {
    const start = this.#reserve(5);
    let position = start;
    let rest = value;
    while (rest > 0x7f) {
      this.#bytes[position++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    this.#bytes[position++] = rest;
    this.#length = position;
  }

  /** Makes room for `count` more bytes and returns where they start. */
  #reserve(count: number): number {
    const start = this.#length;
    const needed = start + count;
    if (needed > this.#bytes.byteLength) {
      const grown = Buffer.allocUnsafeSlow(Math.max(needed, this.#bytes.byteLength * 2));
      grown.set(this.#bytes.subarray(0, start));
      this.#bytes = grown;
    }
    this.#length = needed;
    return start;
  }
}
