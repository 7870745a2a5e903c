import type { AvroType, LogicalType } from '#core/avro/avro-type.ts';
import { encodeFixedTwosComplement, encodeTwosComplement } from '#core/avro/decimal-bytes.ts';
import { below, type Draw, pick } from '#test/fuzz/mutate.ts';

const DOUBLES = [0, -0, 1.5, -1e300, 5e-324, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53];
const LONGS = [
  0n,
  1n,
  -1n,
  63n,
  64n,
  -65n,
  2n ** 31n,
  -(2n ** 31n),
  2n ** 53n + 1n,
  2n ** 63n - 1n,
  -(2n ** 63n),
];
const TEXTS = ['', 'a', 'AAPL', 'añ𝄞\u0000', 'k'.repeat(70), '\ufeffbom', '__proto__', '€€€€'];
const MAX_DEPTH = 6;

/** Writes one value of a type as Avro, with edge values, in forms that only a foreign writer would choose. */
export function randomDatum(draw: Draw, type: AvroType): Uint8Array {
  const out: number[] = [];
  new DatumWriter(draw, out).write(type, 0);
  return Uint8Array.from(out);
}

class DatumWriter {
  readonly #draw: Draw;
  readonly #out: number[];

  constructor(draw: Draw, out: number[]) {
    this.#draw = draw;
    this.#out = out;
  }

  write(type: AvroType, depth: number): void {
    switch (type.kind) {
      case 'null':
        return;
      case 'boolean':
        this.#out.push(below(this.#draw, 2));
        return;
      case 'int':
        this.#long(BigInt.asIntN(32, this.#anyLong()));
        return;
      case 'long':
        this.#long(
          type.logical?.name === 'timestamp-millis' ? this.#anyLong() % 2n ** 45n : this.#anyLong(),
        );
        return;
      case 'float': {
        const bytes = Buffer.alloc(4);
        bytes.writeFloatLE(pick(this.#draw, DOUBLES));
        this.#out.push(...bytes);
        return;
      }
      case 'double': {
        const bytes = Buffer.alloc(8);
        bytes.writeDoubleLE(pick(this.#draw, [...DOUBLES, this.#draw()]));
        this.#out.push(...bytes);
        return;
      }
      case 'string':
        this.#sized(Buffer.from(this.#text()));
        return;
      case 'bytes':
        this.#bytes(type);
        return;
      case 'fixed':
        this.#fixed(type);
        return;
      case 'enum':
        this.#long(BigInt(below(this.#draw, type.symbols.length)));
        return;
      default:
        this.#nested(type, depth);
    }
  }

  #nested(
    type: Extract<AvroType, { kind: 'union' | 'record' | 'array' | 'map' }>,
    depth: number,
  ): void {
    switch (type.kind) {
      case 'union': {
        const missing = type.branches.findIndex(({ kind }) => kind === 'null');
        const index =
          depth >= MAX_DEPTH && missing >= 0 ? missing : below(this.#draw, type.branches.length);
        this.#long(BigInt(index));
        this.write(type.branches[index] as AvroType, depth + 1);
        return;
      }
      case 'record':
        for (const { type: inside } of type.fields) this.write(inside, depth + 1);
        return;
      case 'array':
        this.#blocks(depth, (writer) => writer.write(type.items, depth + 1));
        return;
      case 'map':
        this.#blocks(depth, (writer) => {
          writer.#sized(Buffer.from(this.#text()));
          writer.write(type.values, depth + 1);
        });
    }
  }

  #blocks(depth: number, writeItem: (writer: DatumWriter) => void): void {
    for (let blocks = depth >= MAX_DEPTH ? 0 : below(this.#draw, 3); blocks > 0; blocks--) {
      const items = 1 + below(this.#draw, this.#draw() < 0.05 ? 12 : 3);
      const block: number[] = [];
      const inside = new DatumWriter(this.#draw, block);
      for (let item = 0; item < items; item++) writeItem(inside);
      const sized = this.#draw() < 0.3;
      this.#long(BigInt(sized ? -items : items));
      if (sized) this.#long(BigInt(block.length));
      for (const byte of block) this.#out.push(byte);
    }
    this.#long(0n);
  }

  #bytes(type: { readonly logical: LogicalType | null }): void {
    if (type.logical?.name !== 'decimal') {
      this.#sized(this.#draw() < 0.9 ? Buffer.from(this.#text()) : Buffer.of(0xc3, 0x28));
      return;
    }
    const unscaled = this.#unscaled(type.logical.precision);
    const padded = encodeFixedTwosComplement(pick(this.#draw, [17, 20, 64]), unscaled);
    this.#sized(
      this.#draw() < 0.1 ? padded : unscaled === 0n ? Buffer.of() : encodeTwosComplement(unscaled),
    );
  }

  #fixed(type: Extract<AvroType, { kind: 'fixed' }>): void {
    if (type.logical?.name !== 'decimal') {
      for (let left = type.sizeBytes; left > 0; left--) this.#out.push(below(this.#draw, 256));
      return;
    }
    const digits = Math.min(type.logical.precision, Math.floor(type.sizeBytes * 2.4));
    this.#out.push(
      ...encodeFixedTwosComplement(type.sizeBytes, this.#unscaled(Math.max(1, digits))),
    );
  }

  /** Up to the largest of a precision; now and then the first one beyond. */
  #unscaled(precision: number): bigint {
    const limit = 10n ** BigInt(precision);
    const magnitude = pick(this.#draw, [
      0n,
      1n,
      limit - 1n,
      limit / 3n,
      BigInt(Math.floor(this.#draw() * 10 ** precision)) % limit,
    ]);
    const beyond = this.#draw() < 0.01 ? limit : magnitude;
    return this.#draw() < 0.5 ? beyond : -beyond;
  }

  #text(): string {
    return this.#draw() < 0.5 ? pick(this.#draw, TEXTS) : `v${below(this.#draw, 30)}`;
  }

  #anyLong(): bigint {
    return this.#draw() < 0.5
      ? pick(this.#draw, LONGS)
      : BigInt(Math.floor((this.#draw() - 0.5) * 2 ** (1 + below(this.#draw, 62))));
  }

  #sized(bytes: Uint8Array): void {
    this.#long(BigInt(bytes.length));
    this.#out.push(...bytes);
  }

  /** A zig-zag varint, now and then longer than it has to be. */
  #long(value: bigint): void {
    let rest = BigInt.asUintN(64, (value << 1n) ^ (value >> 63n));
    const groups: number[] = [];
    for (; rest >= 0x80n; rest >>= 7n) groups.push(Number(rest & 0x7fn) | 0x80);
    groups.push(Number(rest));
    if (groups.length < 10 && this.#draw() < 0.02) {
      groups[groups.length - 1] = (groups[groups.length - 1] ?? 0) | 0x80;
      groups.push(...Array.from({ length: below(this.#draw, 10 - groups.length) }, () => 0x80), 0);
    }
    this.#out.push(...groups);
  }
}
