import { deltaLengthByteArray } from 'hyparquet/src/delta.js';
import { describe, expect, it } from 'vitest';
import {
  maxDeltaBytes,
  writeDeltaBinaryPacked,
} from '#core/parquet/encoding/delta-binary-packed.ts';
import { writeDeltaLength } from '#core/parquet/encoding/delta-length.ts';
import { itemsOf, usedMemory } from '../items-of.ts';

function encode(texts: readonly string[]): Uint8Array {
  const lengths = Int32Array.from(texts, (text) => Buffer.byteLength(text));
  const range = { from: 0, to: texts.length };
  const buffer = usedMemory(maxDeltaBytes(texts.length, 4));
  const encodedLengths = buffer.subarray(
    0,
    writeDeltaBinaryPacked(lengths, range, { out: buffer, at: 0 }),
  );
  const out = usedMemory(3 + encodedLengths.length + Buffer.byteLength(texts.join('')));
  const end = writeDeltaLength(itemsOf(texts), range, { encodedLengths, out, at: 3 });
  expect(end).toBe(out.length);
  return out.slice(3);
}

describe('writeDeltaLength', () => {
  it('writes lengths, then data, as in the example of the specification', () => {
    const texts = ['Hello', 'World', 'Foobar', 'ABCDEF'];
    // Lengths 5, 5, 6, 6: header, minimum 0, one miniblock of 1 bit per delta 0, 1, 0.
    const lengths = ['8001', '04', '04', '0a', '00', '01000000', '02000000'].join('');
    expect(Buffer.from(encode(texts)).toString('hex')).toBe(
      lengths + Buffer.from(texts.join('')).toString('hex'),
    );
  });

  it('is read back by a foreign decoder', () => {
    const texts = Array.from({ length: 1000 }, (_, row) => 'é'.repeat(row % 37));
    const bytes = encode(texts);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const output: Uint8Array[] = new Array(texts.length);
    deltaLengthByteArray({ view, offset: 0 }, texts.length, output);
    expect(output.map((item) => Buffer.from(item).toString())).toEqual(texts);
  });
});
