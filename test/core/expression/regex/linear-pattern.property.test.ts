import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compilePattern } from '#core/expression/regex/linear-pattern.ts';
import { PatternError } from '#core/expression/regex/pattern-error.ts';

/**
 * Patterns in the syntax both engines share and mean alike. No code points above U+FFFF: V8 finds \B inside a
 * surrogate pair.
 */
const { pattern } = fc.letrec<{ pattern: string }>((tie) => {
  const part = tie('pattern') as fc.Arbitrary<string>;
  const atom = fc.constantFrom(
    'a',
    'b',
    'c',
    '.',
    '[ab]',
    '[^a]',
    '\\d',
    '\\w',
    '\\W',
    '\\b',
    '\\B',
    '^',
    '$',
    '[a-c\\d]',
    '\\p{Lu}',
    'é',
    '',
  );
  const repeat = fc.constantFrom('', '*', '+', '?', '{0,2}', '{2}', '{1,}', '*?', '+?');
  return {
    pattern: fc.oneof(
      { maxDepth: 4, depthSize: 'small' },
      atom,
      fc.tuple(part, part).map(([left, right]) => `${left}${right}`),
      fc.tuple(part, part).map(([left, right]) => `(?:${left}|${right})`),
      fc.tuple(part, repeat).map(([inner, count]) => `(${inner})${count}`),
    ),
  };
});
const text = fc
  .array(fc.constantFrom('a', 'b', 'c', 'A', '1', ' ', '\n', 'é'), { maxLength: 8 })
  .map((parts) => parts.join(''));

describe('compilePattern', () => {
  it('agrees with the back-tracking engine on what both understand', () => {
    let matched = 0;
    fc.assert(
      fc.property(pattern, text, (source, subject) => {
        // "s" stays off: a dot is no line feed; JavaScript also excludes \r and the separators, which no text has here.
        const expected = new RegExp(source, 'u').test(subject);
        expect(compilePattern(source).test(subject)).toBe(expected);
        if (expected) matched++;
      }),
      { seed: 41, numRuns: 6_000 },
    );
    expect(matched).toBeGreaterThan(1_000);
  });

  it('compiles any text or says why not', () => {
    const piece = fc.constantFrom(
      'a',
      '(',
      ')',
      '[',
      ']',
      '{',
      '}',
      '*',
      '+',
      '?',
      '|',
      '\\',
      '^',
      '$',
      '-',
      ',',
      '1',
      '9',
      'p',
      'x',
      ':',
      '<',
      '=',
      '!',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 15 }), (pieces) => {
        try {
          compilePattern(pieces.join('')).test('aa1');
        } catch (error) {
          if (!(error instanceof PatternError)) throw error;
        }
      }),
      { seed: 42, numRuns: 20_000 },
    );
  });
});

describe('hostile patterns', () => {
  it.each(['(a+)+$', '(a*)*b', '(a|aa)+$', '(.*a){12}$', '^(([a-z])+.)+[A-Z]([a-z])+$'])(
    'matches %s against 20,000 letters in linear time',
    (source) => {
      const compiled = compilePattern(source);
      const subject = `${'a'.repeat(20_000)}!`;
      const start = performance.now();
      expect(compiled.test(subject)).toBe(false);
      // A back-tracking engine would not finish; the bound leaves room for a slow machine.
      expect(performance.now() - start).toBeLessThan(3_000);
    },
  );

  it.each([
    ['repeated repetitions', '((a{100}){100}){100}'],
    ['repetitions of nothing', '((((){1000}){1000}){1000}){1000}'],
    ['deep groups', `${'('.repeat(5_000)}${')'.repeat(5_000)}`],
    ['a long pattern', 'a'.repeat(5_000)],
  ])('refuses %s', (_name, source) => {
    expect(() => compilePattern(source)).toThrowError(PatternError);
  });

  it('ends on loops that consume nothing', () => {
    expect(compilePattern('(a*)*$').test('b')).toBe(true);
    expect(compilePattern('(|a)+b').test('aab')).toBe(true);
    expect(compilePattern('(^)*x').test('yx')).toBe(true);
  });
});
