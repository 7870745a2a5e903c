import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileTableExpression } from '#embedded/glue/table-expression.ts';

describe('compileTableExpression', () => {
  it.each([
    ['trades', 'trades', true],
    ['trades', 'trades2', false],
    ['TRADES', 'trades', true],
    ['trade*', 'trades', true],
    ['trade.*', 'trade', true],
    ['*', '', true],
    ['t.ades', 'trades', true],
    ['t.ades', 'tades', false],
    ['a|b*', 'bcd', true],
    ['a|b*', 'ab', false],
    ['*a*b*', 'xxaxxbxx', true],
  ])('%s on %s: %s', (expression, name, matches) => {
    expect(compileTableExpression(expression)(name)).toBe(matches);
  });

  it('agrees with a regular expression of the same meaning', () => {
    const pattern = fc.array(fc.constantFrom('a', 'b', '*', '.', '|'), {
      minLength: 1,
      maxLength: 8,
    });
    const name = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 8 });
    fc.assert(
      fc.property(pattern, name, (parts, text) => {
        const expression = parts.join('');
        const alternatives = expression
          .split('|')
          .map((part) => part.replaceAll('.*', '*').replaceAll('*', '[^]*'));
        const reference = alternatives.some((part) => new RegExp(`^(?:${part})$`).test(text));
        expect(compileTableExpression(expression)(text)).toBe(reference);
      }),
    );
  });

  it('is fast on patterns that backtracking matchers choke on', () => {
    const matches = compileTableExpression('*a'.repeat(60));
    expect(matches('a'.repeat(59))).toBe(false);
    expect(matches(`${'a'.repeat(250)}b`)).toBe(false);
  });
});
