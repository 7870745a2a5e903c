import { describe, expect, it } from 'vitest';
import { copyOfItem, measureItems, writeItems } from '#core/parquet/byte-items.ts';
import { dictionaryItemsOf, itemsOf, usedMemory } from './items-of.ts';

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

describe('writeItems', () => {
  it('writes items back to back, wherever they lie', () => {
    const out = usedMemory(10);
    const end = writeItems(itemsOf(['ab', '', 'cde']), { from: 0, to: 3 }, { out, at: 1 });
    expect(hex(out)).toBe(`a5${Buffer.from('abcde').toString('hex')}a5a5a5a5`);
    expect(end).toBe(6);
  });

  it('copies items that follow one another in the source', () => {
    const data = Buffer.from('abcdefgh');
    const places = { starts: Int32Array.of(0, 3, 3, 5), ends: Int32Array.of(3, 3, 5, 8) };
    const items = { ...itemsOf(['', '', '', '']), data, ...places };
    const out = usedMemory(8);
    expect(writeItems(items, { from: 0, to: 4 }, { out, at: 0 })).toBe(8);
    expect(Buffer.from(out).toString()).toBe('abcdefgh');
  });

  it('writes a range of the codes of a dictionary', () => {
    const out = usedMemory(4);
    writeItems(dictionaryItemsOf(['a', 'b', 'a', 'c']), { from: 1, to: 4 }, { out, at: 0 });
    expect(Buffer.from(out.slice(0, 3)).toString()).toBe('bac');
  });

  it('reads data that does not start at its buffer', () => {
    const items = itemsOf(['abcdefgh']);
    const shifted = Buffer.alloc(items.data.length + 3);
    shifted.set(items.data, 3);
    const out = usedMemory(8);
    writeItems({ ...items, data: shifted.subarray(3) }, { from: 0, to: 1 }, { out, at: 0 });
    expect(Buffer.from(out).toString()).toBe('abcdefgh');
  });
});

describe('measureItems', () => {
  it('gives each length and their sum', () => {
    const lengths = new Int32Array(3);
    expect(measureItems(itemsOf(['ab', '', 'cde']), lengths)).toBe(5);
    expect(Array.from(lengths)).toEqual([2, 0, 3]);
  });

  it('refuses more bytes than a chunk may have', () => {
    const items = itemsOf(['', '', '']);
    const ends = Int32Array.from(items.starts, (start) => start + 2 ** 30);
    expect(() => measureItems({ ...items, ends }, new Int32Array(3))).toThrow(
      /got 3221225484 bytes in one row group, expected at most 2147483647; lower rowGroupRows/,
    );
  });
});

describe('copyOfItem', () => {
  it('shares no memory with the data', () => {
    const items = itemsOf(['ab']);
    const copy = copyOfItem(items, 0);
    items.data.fill(0);
    expect(Buffer.from(copy).toString()).toBe('ab');
  });
});
