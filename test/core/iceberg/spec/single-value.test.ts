import { describe, expect, it } from 'vitest';
import { hasCode } from '#core/errors.ts';
import type { PrimitiveType } from '#core/iceberg/spec/schema.ts';
import {
  decodeSingleValue,
  encodeSingleValue,
  type SingleValue,
} from '#core/iceberg/spec/single-value.ts';

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
const fromHex = (text: string) => Uint8Array.from(Buffer.from(text, 'hex'));

/** Type, value, bytes as Iceberg v2 §Appendix D lays them out. */
const VECTORS: readonly [PrimitiveType, SingleValue, string][] = [
  ['boolean', false, '00'],
  ['boolean', true, '01'],
  ['int', 34, '22000000'],
  ['int', -(2 ** 31), '00000080'],
  ['date', 17486, '4e440000'],
  ['long', 34n, '2200000000000000'],
  ['long', -1n, 'ffffffffffffffff'],
  ['timestamp', 1510871468000001n, '01c3262d215e0500'],
  ['float', -4.5, '000090c0'],
  ['double', 6, '0000000000001840'],
  ['double', -0, '0000000000000080'],
  ['string', 'iceberg', '69636562657267'],
  ['string', '', ''],
  ['string', '\ufeff😀', 'efbbbff09f9880'],
  ['binary', Uint8Array.of(0, 255), '00ff'],
  ['decimal(9, 2)', 0n, '00'],
  ['decimal(9, 2)', 1420n, '058c'],
  ['decimal(9, 2)', 127n, '7f'],
  ['decimal(9, 2)', 128n, '0080'],
  ['decimal(9, 2)', -128n, '80'],
  ['decimal(9, 2)', -129n, 'ff7f'],
  ['decimal(9, 2)', -1n, 'ff'],
  ['decimal(38, 0)', 10n ** 38n - 1n, '4b3b4ca85a86c47a098a223fffffffff'],
  ['decimal(38, 0)', -(10n ** 38n - 1n), 'b4c4b357a5793b85f675ddc000000001'],
];

const codeOf = (run: () => unknown) => {
  try {
    run();
    return null;
  } catch (error) {
    for (const code of ['SCHEMA_INCOMPATIBLE', 'FORMAT_CORRUPT', 'FEATURE_UNSUPPORTED'] as const) {
      if (hasCode(error, code)) return code;
    }
    throw error;
  }
};

describe('encodeSingleValue', () => {
  it.each(VECTORS)('encodes %s %s as %s', (type, value, expected) => {
    expect(hex(encodeSingleValue(type, value))).toBe(expected);
  });

  it.each<[PrimitiveType, SingleValue]>([
    ['boolean', 1],
    ['int', 2 ** 31],
    ['int', 1.5],
    ['int', 1n],
    ['date', '2020-01-01'],
    ['long', 2n ** 63n],
    ['long', 1],
    ['timestamp', -(2n ** 63n) - 1n],
    ['double', 1n],
    ['float', '1'],
    ['string', Uint8Array.of(1)],
    ['string', '\ud800'],
    ['binary', 'x'],
    ['decimal(9, 2)', 1],
  ])('refuses %s %s', (type, value) => {
    expect(codeOf(() => encodeSingleValue(type, value))).toBe('SCHEMA_INCOMPATIBLE');
  });

  it('copies binary, so that a later write to the input changes nothing', () => {
    const input = Uint8Array.of(1, 2);
    const encoded = encodeSingleValue('binary', input);
    input[0] = 9;
    expect(hex(encoded)).toBe('0102');
  });

  it('refuses a type outside the table', () => {
    expect(codeOf(() => encodeSingleValue('uuid' as PrimitiveType, 'x'))).toBe(
      'FEATURE_UNSUPPORTED',
    );
  });
});

describe('decodeSingleValue', () => {
  it.each(VECTORS)('decodes %s to %s from %s', (type, value, bytes) => {
    expect(decodeSingleValue(type, fromHex(bytes))).toEqual(value);
  });

  it('reads any non-zero byte as true', () => {
    expect(decodeSingleValue('boolean', fromHex('02'))).toBe(true);
  });

  it('reads a bound from before int became long', () => {
    expect(decodeSingleValue('long', fromHex('feffffff'))).toBe(-2n);
  });

  it('reads a bound from before float became double', () => {
    expect(decodeSingleValue('double', fromHex('000090c0'))).toBe(-4.5);
  });

  it('reads a decimal with more sign bytes than needed', () => {
    expect(decodeSingleValue('decimal(9, 2)', fromHex('ffffff80'))).toBe(-128n);
  });

  it.each<[PrimitiveType, string]>([
    ['boolean', ''],
    ['int', '2200'],
    ['date', '2200000000000000'],
    ['long', '22000000000000'],
    ['timestamp', '22000000'],
    ['float', '0000000000000000'],
    ['double', '00'],
    ['string', 'ff'],
    ['decimal(9, 2)', ''],
  ])('refuses %s from the bytes "%s"', (type, bytes) => {
    expect(codeOf(() => decodeSingleValue(type, fromHex(bytes)))).toBe('FORMAT_CORRUPT');
  });

  it('refuses a type outside the table', () => {
    expect(codeOf(() => decodeSingleValue('fixed[2]' as PrimitiveType, fromHex('0000')))).toBe(
      'FEATURE_UNSUPPORTED',
    );
  });
});
