import { describe, expect, it } from 'vitest';
import { buildVector } from '#core/columns/build-vectors.ts';
import type { Vector } from '#core/columns/vector.ts';
import { hasCode } from '#core/errors.ts';
import type { PrimitiveType } from '#core/iceberg/spec/schema.ts';
import { gatherValues } from '#core/parquet/gather-values.ts';
import { narrowDecimals } from '#core/parquet/narrow-decimals.ts';
import { createScratch } from '#core/parquet/scratch.ts';
import { textsOf } from './items-of.ts';
import { shredVector } from './shred-values.ts';

interface Options {
  readonly rows?: readonly number[];
  readonly required?: boolean;
}

function gather(type: PrimitiveType, vector: Vector, { rows, required = false }: Options = {}) {
  const selection = {
    rows: rows === undefined ? null : Int32Array.from(rows),
    from: 0,
    to: rows?.length ?? vector.length,
  };
  const field = { id: 1, name: 'c', required, type };
  const [shredded] = shredVector(field, vector, selection);
  if (shredded === undefined) throw new Error('no leaf');
  const reject = (index: number, value?: bigint) => {
    throw new Error(`rejected ${index}: ${value}`);
  };
  const { leaf, entries } = shredded;
  const values = gatherValues(leaf, entries, { scratch: createScratch(), reject });
  return narrowDecimals(leaf, values, reject);
}

const field = (type: PrimitiveType) => ({ id: 1, name: 'c', required: false, type });
const bits = (values: unknown) => {
  const { buffer, byteOffset, byteLength } = values as Float64Array;
  return Buffer.from(buffer, byteOffset, byteLength).toString('hex');
};

const NUMBERS: readonly [PrimitiveType, number | bigint | boolean, number | bigint | boolean][] = [
  ['boolean', true, false],
  ['int', 7, -(2 ** 31)],
  ['long', -(2n ** 63n), 2n ** 40n + 1n],
  ['float', -0, 1.5],
  ['double', 0.1, -0],
  ['decimal(9, 2)', 999999999n, -999999999n],
  ['decimal(18, 2)', 10n ** 17n, -1n],
];

describe('gatherValues', () => {
  it.each(NUMBERS)('takes %s in the order of the selection, without missing ones', (type, a, b) => {
    const vector = buildVector(field(type), [a, null, b]);
    const whole = gather(type, buildVector(field(type), [b, a, b])).values;
    expect(gather(type, vector, { rows: [2, 1, 0, 1, 2] }).values).toEqual(whole);
  });

  it('makes 0 and 1 of booleans whatever their bytes are', () => {
    const vector: Vector = {
      kind: 'boolean',
      length: 3,
      validity: null,
      values: Uint8Array.of(0, 255, 2),
    };
    expect(gather('boolean', vector).values).toEqual(Uint8Array.of(0, 1, 1));
  });

  it('writes every NaN with the same bits and leaves the vector as it was', () => {
    const doubles = Float64Array.of(1, 0);
    new BigUint64Array(doubles.buffer)[1] = 0xfff8_0000_dead_beefn;
    const before = bits(doubles);
    const vector: Vector = { kind: 'float64', length: 2, validity: null, values: doubles };
    expect(bits(gather('double', vector).values)).toBe('000000000000f03f000000000000f87f');
    expect(bits(gather('double', vector, { rows: [1] }).values)).toBe('000000000000f87f');
    expect(bits(doubles)).toBe(before);
    const floats = new Float32Array(Uint32Array.of(0xffc0beef).buffer);
    expect(
      bits(gather('float', { kind: 'float32', length: 1, validity: null, values: floats }).values),
    ).toBe('0000c07f');
  });

  it('keeps wide decimals in as many bytes as their precision needs', () => {
    const vector = buildVector(field('decimal(19, 0)'), [-2n, null, 10n ** 19n - 1n]);
    const { type, values } = gather('decimal(19, 0)', vector);
    expect(type).toBe('FIXED_LEN_BYTE_ARRAY');
    if (type !== 'FIXED_LEN_BYTE_ARRAY') return;
    const items = Array.from({ length: values.length }, (_, index) =>
      Buffer.from(values.data.slice(values.starts[index], values.ends[index])).toString('hex'),
    );
    expect(items).toEqual(['fffffffffffffffffe', '008ac7230489e7ffff']);
  });

  it.each<[PrimitiveType, PrimitiveType, bigint, RegExp]>([
    ['decimal(9, 0)', 'decimal(18, 0)', 10n ** 9n, /rejected 1: 1000000000/],
    ['decimal(9, 0)', 'decimal(18, 0)', -(2n ** 32n), /rejected 1: -4294967296/],
    ['decimal(18, 0)', 'long' as PrimitiveType, -(10n ** 18n), /rejected 1: -1000000000000000000/],
    ['decimal(19, 0)', 'decimal(38, 0)', 10n ** 19n, /rejected 1: 10000000000000000000/],
    ['decimal(19, 0)', 'decimal(38, 0)', -(2n ** 80n), /rejected 1: undefined/],
    ['decimal(38, 0)', 'decimal(38, 0)', 10n ** 37n, /nothing/],
  ])('refuses a %s out of range', (type, builtAs, value, message) => {
    const vector = buildVector(field(builtAs), [5n, null, value]);
    if (message.source === 'nothing') expect(gather(type, vector).values).toHaveLength(2);
    else expect(() => gather(type, vector)).toThrow(message);
  });

  it('reads codes through their dictionary', () => {
    const dictionary = buildVector(field('string'), ['x', 'y']);
    if (dictionary.kind !== 'bytes') throw new Error('no bytes');
    const codes = Int32Array.of(1, -7, 0);
    const validity = Uint8Array.of(1, 0, 1);
    const vector: Vector = { kind: 'dictionary', length: 3, validity, codes, dictionary };
    const { values } = gather('string', vector);
    if (ArrayBuffer.isView(values)) throw new Error('no items');
    expect(textsOf(values)).toEqual(['y', 'x']);
  });

  it.each([-1, 2, 2 ** 31 - 1])('refuses code %i of a dictionary of 2', (code) => {
    const dictionary = buildVector(field('string'), ['x', 'y']);
    if (dictionary.kind !== 'bytes') throw new Error('no bytes');
    const codes = Int32Array.of(0, code);
    const vector: Vector = { kind: 'dictionary', length: 2, validity: null, codes, dictionary };
    expect(() => gather('string', vector)).toThrow(
      expect.toSatisfy((error) => hasCode(error, 'FORMAT_CORRUPT')),
    );
  });

  it.each([
    [-1, 1],
    [1, 0],
    [0, 3],
  ])('refuses an item from %i to %i of 2 bytes, unless it is missing', (start, end) => {
    const vector: Vector = {
      kind: 'bytes',
      length: 2,
      validity: null,
      data: Buffer.from('ab'),
      starts: Int32Array.of(0, start),
      ends: Int32Array.of(2, end),
    };
    expect(() => gather('string', vector)).toThrow(
      expect.toSatisfy((error) => hasCode(error, 'FORMAT_CORRUPT')),
    );
    const { values } = gather('string', { ...vector, validity: Uint8Array.of(1, 0) });
    expect(values).toHaveLength(1);
  });
});
