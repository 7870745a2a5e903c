import { describe, expect, it } from 'vitest';
import { checkExpression, typeExpression } from '#core/expression/check-expression.ts';
import { MAX_EXPRESSION_LENGTH } from '#core/expression/syntax/lexer.ts';
import type { Field } from '#core/schema/field.ts';

const FIELDS: readonly Field[] = [
  { name: 'a', type: { kind: 'long' }, optional: true, aliases: [], examples: [], allowNan: false },
];
const problem = (text: string) => {
  const check = checkExpression(text, FIELDS);
  return check.ok ? null : check.message;
};

describe('checkExpression', () => {
  it('gives the type of a valid expression', () => {
    expect(checkExpression('a + 1', FIELDS)).toEqual({ ok: true, type: { kind: 'long' } });
  });

  it('gives message and column of an invalid one', () => {
    expect(checkExpression('a + b', FIELDS)).toEqual({
      ok: false,
      message: 'unknown field "b"; did you mean "a"?',
      column: 5,
    });
  });

  it('refuses a rule that is no condition', () => {
    expect(checkExpression('a + 1', FIELDS, { expect: 'boolean' })).toEqual({
      ok: false,
      message: 'got long, expected a condition that is true or false',
      column: 3,
    });
  });

  it('accepts null as a rule', () => {
    expect(checkExpression('null', FIELDS, { expect: 'boolean' })).toEqual({
      ok: true,
      type: { kind: 'boolean' },
    });
  });

  it('counts columns in characters across lines', () => {
    expect(checkExpression('a +\n  b', FIELDS)).toMatchObject({ column: 7 });
  });

  it('lists the functions when none is close', () => {
    expect(problem('frobnicate(a)')).toContain('functions are upper, lower');
  });

  it('throws EXPRESSION_INVALID for back ends', () => {
    expect(() => typeExpression('a +', FIELDS)).toThrowError(
      expect.objectContaining({ code: 'EXPRESSION_INVALID', context: { column: 4 } }),
    );
  });
});

describe('limits', () => {
  it('refuses texts beyond the longest expression', () => {
    expect(problem(`a${' '.repeat(MAX_EXPRESSION_LENGTH)}`)).toContain('expected at most 10000');
  });

  it.each([
    ['parentheses', `${'('.repeat(4_000)}a${')'.repeat(4_000)}`],
    ['calls', `${'abs('.repeat(1_900)}a${')'.repeat(1_900)}`],
    ['signs', `${'- '.repeat(4_000)}a`],
    ['plus signs', `${'+'.repeat(9_000)}a`],
    ['negations', `${'not '.repeat(2_000)}true`],
    ['cases', `${'case when true then '.repeat(400)}1${' end'.repeat(400)}`],
    ['lists', `${'a in ('.repeat(1_000)}1${')'.repeat(1_000)}`],
    ['unclosed parentheses', '('.repeat(9_000)],
  ])('refuses deep nesting of %s', (_name, text) => {
    expect(problem(text)).toContain('nested deeper than 64 levels');
  });

  it.each([
    ['sums', Array.from({ length: 3_000 }, () => 'a').join('+')],
    ['conditions', Array.from({ length: 1_200 }, () => 'true').join(' or ')],
    ['list items', `a in (${Array.from({ length: 3_000 }, () => '1').join(',')})`],
    ['members', `a${'.b'.repeat(3_000)}`],
  ])('refuses too many %s', (_name, text) => {
    expect(problem(text)).toMatch(/more than 1000 operators and values/);
  });

  it('accepts 60 levels of parentheses', () => {
    expect(problem(`${'('.repeat(60)}a${')'.repeat(60)}`)).toBeNull();
  });
});
