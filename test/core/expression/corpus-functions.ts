import { defineFunction } from '#core/expression/extension/define-function.ts';
import { createFunctionTable } from '#core/expression/extension/function-table.ts';

/** What the conformance corpus calls as `fn:name(…)`. */
export const CORPUS_FUNCTIONS = createFunctionTable({
  repeat: defineFunction({
    args: ['string', 'long'],
    returns: 'string',
    call: (text, times) => text.repeat(Number(times)),
  }),
  is_even: defineFunction({
    args: ['long'],
    returns: 'boolean',
    call: (number) => number % 2n === 0n,
  }),
  half: defineFunction({ args: ['double'], returns: 'double', call: (number) => number / 2 }),
  third: defineFunction({ args: ['double'], returns: 'float', call: (number) => number / 3 }),
  answer: defineFunction({ args: [], returns: 'long', call: () => 42n }),
  next_day: defineFunction({ args: ['date'], returns: 'date', call: (days) => days + 1 }),
  plus_second: defineFunction({
    args: ['timestamp'],
    returns: 'timestamp',
    call: (micros) => micros + 1_000_000n,
  }),
  plus_cent: defineFunction({
    args: ['decimal(19, 2)'],
    returns: 'decimal(19, 2)',
    call: (cents) => cents + 1n,
  }),
  nothing_of: defineFunction({ args: ['string'], returns: 'string', call: () => null }),
  throws: defineFunction({
    args: ['string'],
    returns: 'string',
    call(text) {
      throw new TypeError(`about ${text}`);
    },
  }),
  throws_text: defineFunction({
    args: ['string'],
    returns: 'string',
    call(text) {
      throw text;
    },
  }),
  gives: defineFunction({
    args: ['string', 'string'],
    returns: 'string',
    call: (_text, kind) => WRONG_RESULTS[kind] as string,
  }),
  quotient: defineFunction({
    args: ['double', 'double'],
    returns: 'double',
    call: (dividend, divisor) => dividend / divisor,
  }),
  as_int: defineFunction({ args: ['double'], returns: 'int', call: (number) => number }),
  square: defineFunction({ args: ['long'], returns: 'long', call: (number) => number * number }),
  long_of: defineFunction({
    args: ['double'],
    returns: 'long',
    call: (number) => number as unknown as bigint,
  }),
  digits_of: defineFunction({
    args: ['long'],
    returns: 'decimal(5, 2)',
    call: (unscaled) => unscaled,
  }),
});

const WRONG_RESULTS: Readonly<Record<string, unknown>> = {
  number: 1,
  object: {},
  // Its rejection must end nothing but the row.
  get promise() {
    return Promise.reject(new Error('nobody waits for this'));
  },
  'half a pair': '\ud83d',
  'long text': 'x'.repeat(4 * 1024 * 1024 + 1),
};
