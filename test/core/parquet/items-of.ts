import type { ByteItems } from '#core/parquet/byte-items.ts';

/** Strings or byte arrays as items with gaps between them, in reverse order of their data. */
export function itemsOf(
  values: readonly (string | Uint8Array)[],
  prefixBytes: 0 | 4 = 4,
): ByteItems {
  const parts = values.map((value) => Buffer.from(value));
  const starts = new Int32Array(parts.length);
  const ends = new Int32Array(parts.length);
  const data = Buffer.alloc(
    parts.reduce((bytes, part) => bytes + part.length + 3, 5),
    0xee,
  );
  let at = 5;
  for (let index = parts.length - 1; index >= 0; index -= 1) {
    const part = parts[index] ?? Buffer.alloc(0);
    part.copy(data, at);
    starts[index] = at;
    ends[index] = at + part.length;
    at += part.length + 3;
  }
  const items = { length: parts.length, data, starts, ends, indexes: null, from: 0 };
  return { ...items, isDistinct: false, prefixBytes };
}

/** The same as codes of a dictionary that has one entry more, first and unused, and the others backwards. */
export function dictionaryItemsOf(values: readonly string[]): ByteItems {
  const entries = ['unused', ...[...new Set(values)].reverse()];
  return {
    ...itemsOf(entries),
    length: values.length,
    indexes: Int32Array.from(values, (value) => entries.indexOf(value, 1)),
    isDistinct: true,
  };
}

export function textsOf(items: ByteItems): string[] {
  return Array.from({ length: items.length }, (_, index) => {
    const place = items.indexes === null ? items.from + index : (items.indexes[index] ?? -1);
    return Buffer.from(items.data.slice(items.starts[place], items.ends[place])).toString();
  });
}

/** Memory that was used before: what is not written shows. */
export function usedMemory(length: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(length).fill(0xa5);
}
