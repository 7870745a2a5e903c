import { defineFunction } from '#core/expression/extension/define-function.ts';

/**
 * Functions for what expressions cannot say: `fn:<name>(…)` in mappings and quality rules (docs/expressions.md,
 * "Functions of your own"). They are pure and synchronous, and import from this folder only.
 */
export const functions = {
  /** True for digits whose last one is their Luhn check digit: card numbers, IMEI, many customer numbers. Source: ISO/IEC 7812-1. */
  luhn_valid: defineFunction({
    args: ['string'],
    returns: 'boolean',
    call(digits) {
      if (!/^\d{2,40}$/.test(digits)) return false;
      let sum = 0;
      for (const [index, digit] of [...digits].reverse().entries()) {
        const doubled = index % 2 === 1 ? Number(digit) * 2 : Number(digit);
        sum += doubled > 9 ? doubled - 9 : doubled;
      }
      return sum % 10 === 0;
    },
  }),
};
