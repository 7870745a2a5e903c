import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeSingleValue, encodeSingleValue } from '#core/iceberg/spec/single-value.ts';

describe('a single value, encoded and decoded', () => {
  it('equals any decimal', () => {
    const limit = 10n ** 38n - 1n;
    fc.assert(
      fc.property(fc.bigInt({ min: -limit, max: limit }), (value) => {
        expect(
          decodeSingleValue('decimal(38, 0)', encodeSingleValue('decimal(38, 0)', value)),
        ).toBe(value);
      }),
    );
  });

  it('takes no byte more than a decimal needs', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 120n), max: 2n ** 120n }), (value) => {
        const { length } = encodeSingleValue('decimal(38, 0)', value);
        expect(BigInt.asIntN(8 * length, value)).toBe(value);
        expect(length === 1 || BigInt.asIntN(8 * (length - 1), value) !== value).toBe(true);
      }),
    );
  });

  it('equals any long, double and string', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
        fc.double(),
        fc.string({ unit: 'binary' }),
        (long, double, text) => {
          expect(decodeSingleValue('long', encodeSingleValue('long', long))).toBe(long);
          expect(decodeSingleValue('double', encodeSingleValue('double', double))).toBe(double);
          expect(decodeSingleValue('string', encodeSingleValue('string', text))).toBe(text);
        },
      ),
    );
  });
});
