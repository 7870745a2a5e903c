import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { matchesPattern } from '#embedded/iam/match-pattern.ts';

const NONE = new Map<string, string>();

/** A placeholder as policies write it, kept apart from template literals. */
const variable = (name: string) => `$\{${name}}`;

describe('matchesPattern', () => {
  it.each([
    ['arn:aws:s3:::lake/*', 'arn:aws:s3:::lake/a/b', true],
    ['arn:aws:s3:::lake/*', 'arn:aws:s3:::lake/', true],
    ['arn:aws:s3:::lake/*', 'arn:aws:s3:::lake', false],
    ['arn:aws:s3:::lake', 'arn:aws:s3:::lakes', false],
    ['arn:aws:s3:::lake/a.b', 'arn:aws:s3:::lake/axb', false],
    ['arn:aws:s3:::lake/?', 'arn:aws:s3:::lake/x', true],
    ['arn:aws:s3:::lake/?', 'arn:aws:s3:::lake/xy', false],
    ['arn:aws:s3:::lake/*/data/*', 'arn:aws:s3:::lake/t/data/f\n1', true],
    ['*', '', true],
    ['Lake', 'lake', false],
    ['a(b)[c]+$', 'a(b)[c]+$', true],
  ])('%s and %s: %s', (pattern, text, expected) => {
    expect(matchesPattern(pattern, text, NONE)).toBe(expected);
  });

  it('fills in variables, in whose values wildcards mean nothing', () => {
    const context = new Map([['aws:principalaccount', 'a*']]);
    const pattern = `lake/${variable('aws:PrincipalAccount')}/*`;
    expect(matchesPattern(pattern, 'lake/a*/x', context)).toBe(true);
    expect(matchesPattern(pattern, 'lake/ab/x', context)).toBe(false);
    expect(matchesPattern(pattern, 'lake//x', NONE)).toBe(false);
    expect(matchesPattern(`lake/${variable('*')}`, 'lake/*', NONE)).toBe(true);
    expect(matchesPattern(`lake/${variable('*')}`, 'lake/x', NONE)).toBe(false);
  });

  it('takes every text for what it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string(), (text, other) => {
        const literal = text.replaceAll(/[*?$]/g, (character) => variable(character));
        expect(matchesPattern(literal, text, NONE)).toBe(true);
        expect(matchesPattern(literal, other, NONE)).toBe(text === other);
      }),
    );
  });
});
