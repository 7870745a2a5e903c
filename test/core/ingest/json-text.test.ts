import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hasCode } from '#core/errors.ts';
import {
  isJsonNumber,
  isJsonObject,
  type Json,
  MAX_JSON_DEPTH,
  parseJson,
} from '#core/ingest/json-text.ts';

/** As JSON.parse gives it: doubles, objects. */
function plain(json: Json): unknown {
  if (isJsonNumber(json)) return Number(json.number);
  if (Array.isArray(json)) return json.map(plain);
  if (!isJsonObject(json)) return json;
  return Object.fromEntries([...json].map(([key, value]) => [key, plain(value)]));
}

function problemOf(text: string): string {
  try {
    parseJson(text);
  } catch (error) {
    if (hasCode(error, 'FORMAT_CORRUPT')) return error.message;
    throw error;
  }
  return 'none';
}

describe('parseJson', () => {
  it('reads what JSON.parse reads', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(plain(parseJson(text))).toEqual(JSON.parse(text));
      }),
    );
  });

  it('accepts exactly the texts that JSON.parse accepts', () => {
    const fragment = fc.constantFrom(
      ...[
        '{',
        '}',
        '[',
        ']',
        ',',
        ':',
        '"a"',
        '"',
        '\\',
        '\\u00e9',
        '1',
        '-',
        '0',
        '01',
        '.5',
        '1.',
        'e',
        '1e5',
        'E+',
        'true',
        'nul',
        'null',
        ' ',
        '\n',
        '\u00a0',
        '\u0001',
        'NaN',
      ],
    );
    fc.assert(
      fc.property(fc.array(fragment, { maxLength: 9 }), (fragments) => {
        const text = fragments.join('');
        let accepted = true;
        try {
          JSON.parse(text);
        } catch {
          accepted = false;
        }
        expect(problemOf(text) === 'none').toBe(accepted);
      }),
      { numRuns: 3_000 },
    );
  });

  it('keeps every digit of a number', () => {
    const numbers = ['0.1', '9007199254740993', '-0', '1e400', '12.340', '0.30000000000000004'];
    expect(parseJson(`[${numbers.join()}]`)).toEqual(numbers.map((number) => ({ number })));
  });

  it('sees a key that stands twice', () => {
    expect(parseJson('{"a":1,"a":1,"b":2}')).toEqual(
      new Map<string, Json>([
        ['a', { repeated: true }],
        ['b', { number: '2' }],
      ]),
    );
  });

  it('takes __proto__ for a key like any other', () => {
    const json = parseJson('{"__proto__":{"admin":true}}');
    expect(json).toEqual(new Map([['__proto__', new Map([['admin', true]])]]));
    expect(({} as Record<string, unknown>)['admin']).toBeUndefined();
  });

  it.each([
    ['', 'line 1, column 1: expected a value, got the end'],
    ['{"a":1,}', 'line 1, column 8: expected a key in double quotes, got "}"'],
    ['[1,\n 2 3]', 'line 2, column 4: expected "," or "]", got "3"'],
    ['{"a" 1}', 'line 1, column 6: expected ":", got "1"'],
    ['{"a":1} x', 'line 1, column 9: expected the end, got "x"'],
    ['"abc', 'line 1, column 1: a string has no end'],
    ['"a\nb"', 'line 1, column 1: a string has an invalid escape or a control character'],
    ['["\\x"]', 'line 1, column 2: a string has an invalid escape or a control character'],
    ['{"price":NaN}', 'line 1, column 10: expected a value, got "N"'],
    ['[Infinity]', 'line 1, column 2: expected a value, got "I"'],
    ['[1e5.5]', 'line 1, column 5: expected "," or "]", got "."'],
  ])('refuses %j with its place', (text, message) => {
    expect(problemOf(text)).toBe(message);
  });

  it('refuses nesting that would exhaust the stack', () => {
    const nested = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`;
    expect(problemOf(nested(MAX_JSON_DEPTH))).toBe('none');
    expect(problemOf(nested(MAX_JSON_DEPTH + 1))).toContain('nests deeper than 64 levels');
    expect(problemOf('[{"a":'.repeat(200_000))).toContain('nests deeper than 64 levels');
  });

  it('takes time in proportion to the text, whatever is in it', () => {
    const hostile = [
      `"${'\\\\'.repeat(1_000_000)}"`,
      `"${'\\"'.repeat(1_000_000)}"`,
      `[${'"",'.repeat(500_000)}""]`,
      `${' '.repeat(2_000_000)}1`,
      `"${'\\'.repeat(2_000_000)}`,
    ];
    const startedMs = performance.now();
    for (const text of hostile) problemOf(text);
    expect(performance.now() - startedMs).toBeLessThan(5_000);
  });
});
