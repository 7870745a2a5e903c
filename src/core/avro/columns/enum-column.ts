import type { Vector } from '#core/columns/vector.ts';
import type { Value } from '#core/schema/field.ts';
import { type Column, NullableColumn } from './column.ts';

/** Enums: numbers of a dictionary of all symbols that any decoder of the column knows, used or not. */
export class EnumColumn extends NullableColumn implements Column {
  readonly kind = 'dictionary';
  codes = new Int32Array(0);
  readonly #codeOf = new Map<string, number>();

  constructor(symbols: readonly string[]) {
    super();
    for (const symbol of symbols) this.codeOf(symbol);
  }

  /** The number of a symbol, a new one for a symbol that only an older schema has. */
  codeOf(symbol: string): number {
    const code = this.#codeOf.get(symbol) ?? this.#codeOf.size;
    this.#codeOf.set(symbol, code);
    return code;
  }

  allocate(capacity: number, keep: number): void {
    const codes = new Int32Array(capacity);
    codes.set(this.codes.subarray(0, keep));
    this.codes = codes;
    this.allocateValidity(capacity, keep);
  }

  fillValue(from: number, to: number, value: Value): void {
    this.codes.fill(this.codeOf(String(value)), from, to);
  }

  finish(length: number): Vector {
    const symbols = [...this.#codeOf.keys()].map((symbol) => Buffer.from(symbol));
    const starts = new Int32Array(symbols.length);
    const ends = new Int32Array(symbols.length);
    symbols.reduce((start, { byteLength }, code) => {
      starts[code] = start;
      ends[code] = start + byteLength;
      return start + byteLength;
    }, 0);
    const data = new Uint8Array(Buffer.concat(symbols));
    const items = { kind: 'bytes', length: symbols.length, validity: null } as const;
    const dictionary = { ...items, data, starts, ends };
    const { kind, codes } = this;
    return { kind, length, validity: this.finishValidity(length), codes, dictionary };
  }
}
