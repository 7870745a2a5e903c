import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findJsonProblem } from '#cli/json-problem.ts';

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** JSON with a few characters taken out, put in or replaced. */
const damagedJson = fc
  .tuple(
    fc.json(),
    fc.array(
      fc.tuple(
        fc.nat(),
        fc.nat(2),
        fc.constantFrom(
          '"',
          '{',
          '}',
          ']',
          ',',
          ':',
          '\\',
          '0',
          '-',
          'e',
          ' ',
          '\n',
          '\u0000',
          '\u007f',
          't',
        ),
      ),
      { maxLength: 3 },
    ),
  )
  .map(([text, edits]) =>
    edits.reduce((damaged, [at, removed, inserted]) => {
      const place = at % (damaged.length + 1);
      return damaged.slice(0, place) + inserted + damaged.slice(place + removed);
    }, text),
  );

describe('findJsonProblem', () => {
  it('finds a problem exactly where JSON.parse throws', () => {
    const property = fc.property(fc.oneof(damagedJson, fc.string()), (text) => {
      expect(findJsonProblem(text) === null).toBe(isJson(text));
    });
    fc.assert(property, { numRuns: 2000, seed: 20260131 });
  });

  it('names a place before which the text can still become JSON', () => {
    const property = fc.property(fc.json(), fc.nat(), (text, cut) => {
      const torn = text.slice(0, cut % (text.length + 1));
      const problem = findJsonProblem(torn);
      const end = torn.split('\n');
      const isAtEnd =
        problem === null ||
        (problem.line === end.length && problem.column === (end.at(-1)?.length ?? 0) + 1);
      // Only a word or number that is cut in the middle is wrong at its own start.
      expect(isAtEnd || /(?:[tfn][a-z]*|-|[\d.]+[.eE+-]*|\\u?[0-9a-f]*)$/i.test(torn)).toBe(true);
    });
    fc.assert(property, { seed: 20260131 });
  });

  it.each([
    ['', 1, 1, 'expected a value, got the end'],
    ['{"a": 1,\n "b": [1,2,}', 2, 12, 'expected a value, got "}"'],
    ['{"a" 1}', 1, 6, 'expected a colon, got "1"'],
    ['{a: 1}', 1, 2, 'expected a name in double quotes, got "a"'],
    ["{'a': 1}", 1, 2, 'expected a name in double quotes, got "\'"'],
    ['{"a": 1,}', 1, 9, 'expected a name in double quotes, got "}"'],
    ['[1 2]', 1, 4, 'expected a comma or ], got "2"'],
    ['{"a": 1 "b"', 1, 9, 'expected a comma or }, got "\\""'],
    ['"a\nb"', 1, 3, 'expected the end of the text, ", got "\\n"'],
    ['"\\x"', 1, 2, 'expected the end of the text, ", got "\\\\"'],
    ['[1]\n]', 2, 1, 'expected the end, got "]"'],
    ['01', 1, 2, 'expected the end, got "1"'],
    ['{"emoji": 😀}', 1, 11, 'expected a value, got "😀"'],
  ])('%j', (text, line, column, message) => {
    expect(findJsonProblem(text)).toEqual({ line, column, message });
  });

  it('does not run out of stack on deep nesting', () => {
    expect(findJsonProblem('['.repeat(1_000_000))?.message).toMatch(/at most 1000 levels/);
  });
});
